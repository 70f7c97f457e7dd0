#include "sink/timed_io.hpp"

#include "base/units.hpp"

namespace nodeportd {

void TimedIo::allow(std::chrono::milliseconds patience) {
  patience_ = patience;
  deadline_ = clock_.mono() + patience;
}

void TimedIo::stop() {
  stopped_.store(true);
  asio::post(io_, [] {});  // so that run_one_until() returns
}

bool TimedIo::turn() {
  if (out_of_time()) return false;
  (void)io_.run_one_until(deadline_);
  return true;
}

error_code TimedIo::out_of_time() const {
  if (stopped_.load()) return asio::error::operation_aborted;
  if (clock_.mono() >= deadline_) return asio::error::timed_out;
  return {};
}

error_code TimedIo::pause(std::chrono::milliseconds delay) {
  asio::steady_timer timer(io_, delay);
  return await([&](auto handler) { timer.async_wait(std::move(handler)); },
               [&] { timer.cancel(); });
}

error_code TimedIo::resolve(const std::string& host) {
  error_code not_an_address;
  const asio::ip::address address = asio::ip::make_address(host, not_an_address);
  if (!not_an_address) {
    found_ = {address};
    return {};
  }
  if (!looking_up_) {
    looking_up_ = true;
    resolver_.async_resolve(host, "", [this](error_code error, const auto& entries) {
      looking_up_ = false;
      lookup_error_ = error;
      found_.clear();
      for (const auto& entry : entries) found_.push_back(entry.endpoint().address());
    });
  }
  io_.restart();
  while (looking_up_ && turn()) {
  }
  return looking_up_ ? out_of_time() : lookup_error_;
}

std::string TimedIo::why(const error_code& error) const {
  if (stopped_.load()) return "stopping";
  if (error == asio::error::timed_out) return "no answer within " + format_duration(patience_);
  return error.message();
}

}  // namespace nodeportd
