#include "daemon/run/rule_watch.hpp"

#include <sys/stat.h>
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
constexpr int kLinksMax = 40;  // as the kernel

// Whether nobody is about to write and close what was created there: a link is what it is, and a
// further name of a file has its content. Else its closing will be told.
bool is_complete(const std::string& path) {
  struct stat status = {};
  if (::lstat(path.c_str(), &status) != 0) return false;
  return !S_ISREG(status.st_mode) || status.st_nlink > 1;
}

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

// A link may be made to lead elsewhere, so each is watched by name, then what it leads to.
Result<void> RuleWatch::add(const std::string& path) {
  if (Result<void> listening = listen(); !listening) return listening;
  fs::path place = fs::absolute(path);
  if (!place.has_filename()) place = place.parent_path();
  Result<void> added;
  for (int links = 0; links < kLinksMax; ++links) {
    std::error_code error;
    const bool is_link = fs::is_symlink(place, error);
    const bool is_folder = !is_link && fs::is_directory(place, error);
    Result<void> watched =
        is_folder ? add_folder(place.string(), "")
                  : add_folder(place.parent_path().string(), place.filename().string());
    if (!watched && added) added = std::move(watched);
    if (!is_link) break;
    place = place.parent_path() / fs::read_symlink(place, error);
    if (!place.has_filename()) place = place.parent_path();
  }
  return added;
}

Result<void> RuleWatch::add_folder(const std::string& folder, const std::string& file) {
  const Result<int> watch = inotify_.watch_contents(folder);
  if (!watch) return fail(watch.error());
  const auto [from, to] = files_.equal_range(*watch);
  if (std::any_of(from, to, [&](const auto& each) { return each.second.file == file; })) {
    return {};
  }
  files_.emplace(*watch, Watched{folder, file});
  return {};
}

bool RuleWatch::concerns(const KernelEvent& event) const {
  if (event.kind == KernelEvent::Kind::released) return false;
  if (event.name.starts_with("..") || event.name.empty()) return true;
  const auto [from, to] = files_.equal_range(event.watch);
  return std::any_of(from, to, [&](const auto& each) {
    const auto& [folder, file] = each.second;
    if (file.empty() ? !is_rule_file(event.name) : file != event.name) return false;
    return event.kind != KernelEvent::Kind::created || is_complete(folder + '/' + event.name);
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
