#include "daemon/rule_watch.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>

#include "match/rule_loader.hpp"

namespace nodeportd {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kQuiet{500};

}  // namespace

RuleWatch::RuleWatch(boost::asio::io_context& io, std::function<void()> changed)
    : events_(io), quiet_(io), changed_(std::move(changed)) {}

Result<void> RuleWatch::listen() {
  if (events_.is_open()) return {};
  if (inotify_.fd() < 0) inotify_ = Inotify();
  const int copy = inotify_.fd() < 0 ? -1 : ::dup(inotify_.fd());
  if (copy < 0) return fail_errno(errno, "inotify");
  boost::system::error_code error;
  events_.assign(copy, error);
  if (error) {
    (void)::close(copy);
    return fail(ErrorKind::io, "inotify: " + error.message());
  }
  wait();
  return {};
}

Result<void> RuleWatch::add(const std::string& path) {
  if (Result<void> listening = listen(); !listening) return listening;
  const fs::path place = fs::absolute(path);
  std::error_code error;
  if (fs::is_directory(place, error)) return add_folder(place.string(), "");
  Result<void> added = add_folder(place.parent_path().string(), place.filename().string());
  const fs::path target = fs::canonical(place, error);
  if (!added || error || target == place) return added;
  return add_folder(target.parent_path().string(), target.filename().string());
}

Result<void> RuleWatch::add_folder(const std::string& folder, const std::string& file) {
  const Result<int> watch = inotify_.watch_contents(folder);
  if (!watch) return fail(watch.error());
  const auto [from, to] = files_.equal_range(*watch);
  if (std::any_of(from, to, [&](const auto& each) { return each.second == file; })) return {};
  files_.emplace(*watch, file);
  return {};
}

bool RuleWatch::concerns(const KernelEvent& event) const {
  if (event.kind == KernelEvent::Kind::released) return false;
  if (event.name.starts_with("..") || event.name.empty()) return true;
  const auto [from, to] = files_.equal_range(event.watch);
  return std::any_of(from, to, [&](const auto& each) {
    return each.second.empty() ? is_rule_file(event.name) : each.second == event.name;
  });
}

void RuleWatch::wait() {
  using Descriptor = boost::asio::posix::stream_descriptor;
  events_.async_wait(Descriptor::wait_read, [this](const boost::system::error_code& error) {
    if (error) return;
    const std::vector<KernelEvent> events = inotify_.read_events();
    for (const KernelEvent& event : events) {
      if (event.kind == KernelEvent::Kind::released) files_.erase(event.watch);
    }
    if (std::any_of(events.begin(), events.end(),
                    [this](const KernelEvent& event) { return concerns(event); })) {
      quiet_.expires_after(kQuiet);
      // A copy: what it calls may make another watch in place of this one.
      quiet_.async_wait([changed = changed_](const boost::system::error_code& stopped) {
        if (!stopped) changed();
      });
    }
    wait();
  });
}

}  // namespace nodeportd
