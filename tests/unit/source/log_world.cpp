#include "unit/source/log_world.hpp"

#include <sys/stat.h>

#include <filesystem>

#include "support/unprivileged.hpp"

namespace nodeportd::test {
namespace {

namespace fs = std::filesystem;

// A turn of the source hands on a batch at least: no sequence has as much to read.
constexpr int kTurnsMax = 10'000;

}  // namespace

bool has_open(std::uint64_t inode) {
  for (const fs::directory_entry& each : fs::directory_iterator("/proc/self/fd")) {
    struct stat status{};
    const bool is_file = ::stat(each.path().c_str(), &status) == 0 && S_ISREG(status.st_mode);
    if (is_file && status.st_ino == inode) return true;
  }
  return false;
}

bool is_rotated_from(const std::string& path, const std::string& log) {
  return path.starts_with(log.substr(0, log.size() - 4) + '-');
}

LogWorld::LogWorld(Swallows swallows)
    : swallows_(std::move(swallows)), scene_(3), home_(scene_.log()) {
  scene_.options.batch_bytes = 512;
  scene_.options.inputs[0].max_line = 4096;
  fs::create_directory(scene_.dir / "days");
  begin_log(home_);
  scene_.supply.hold = true;
  scene_.open();
}

void LogWorld::act(const Act& act) {
  switch (act.deed) {
    case Deed::write:
      return write(act.count, act.pick);
    case Deed::half:
      return begin_half(act.pick);
    case Deed::rotate:
      return rotate(act);
    case Deed::late:
      return write_late(act);
    case Deed::pack:
      return pack(act);
    case Deed::remove_rotated:
      return remove_rotated(act);
    case Deed::remove_log:
      return remove_log();
    case Deed::truncate:
      return truncate(act);
    case Deed::copy_truncate:
      return copy_truncate(act);
    case Deed::reuse_inode:
      return reuse_inode(act);
    case Deed::swap_link:
      return swap_link(act);
    case Deed::swap_back:
      return swap_back(act);
    case Deed::deny:
      return deny(act);
    case Deed::permit:
      return permit();
    case Deed::overflow:
      return overflow();
    case Deed::read:
      return read();
    case Deed::read_some:
      return read_some();
    case Deed::look:
      return pass_time(std::chrono::seconds(10));
    case Deed::wait:
      return pass_time(std::chrono::seconds(61));
    case Deed::kill:
      return kill(act.count);
    case Deed::stop:
      return stop();
    case Deed::start:
      return start();
  }
}

std::vector<std::string> LogWorld::verdict() {
  finish_half();
  permit();
  start();
  // While nothing at all is there the follower waits, and tells nothing.
  write(1, 0);
  // Twice: a file may wait for the look that finds the one before it.
  for (int i = 0; i < 3; ++i) {
    read();
    pass_time(std::chrono::seconds(10));
  }
  std::vector<std::string> wrong = truth_.verdict();
  if (!rests_) wrong.emplace_back("the source comes to no rest");
  return wrong;
}

// ------------------------------------------------------------------- the follower

Grasp LogWorld::grasp() const {
  return {.is_up = scene_.source != nullptr,
          .is_deaf = is_deaf_,
          .has_open = has_open,
          .marks = scene_.supply.marks()};
}

void LogWorld::drain() {
  const Unprivileged modes_hold;
  int turns = 0;
  while (scene_.source->step() && ++turns < kTurnsMax) {
  }
  rests_ = rests_ && turns < kTurnsMax;
}

void LogWorld::read() {
  scene_.supply.hold = false;
  read_some();
  scene_.supply.hold = true;
}

// All instances of inotify that root may have can be taken, by another test that runs now.
bool LogWorld::is_unwatched() const {
  return scene_.source->counters().unwatched.get() > 0;
}

void LogWorld::read_some() {
  if (scene_.source == nullptr) return;
  scene_.supply.release();
  const Grasp before = grasp();
  for (const auto& [path, file] : truth_.files) {
    if (file->is_denied && path != home_) truth_.denied(path, before);
  }
  drain();
  is_deaf_ = is_unwatched();
  hear();
}

void LogWorld::pass_time(std::chrono::seconds time) {
  scene_.clock.advance(time);
  read_some();
}

void LogWorld::hear() {
  auto& history = scene_.supply.history;
  for (; heard_ < history.size(); ++heard_) {
    if (swallows_ && swallows_(history[heard_])) {
      history[heard_].lines.clear();
      history[heard_].records.clear();
    }
    truth_.came(history[heard_]);
  }
}

void LogWorld::kill(std::uint32_t batches) {
  if (scene_.source == nullptr) return;
  auto& history = scene_.supply.history;
  for (; batches > 0 && !history.empty(); --batches) {
    truth_.came_not(history.back());
    history.pop_back();
  }
  stop();
}

void LogWorld::stop() {
  if (scene_.source == nullptr) return;
  scene_.source.reset();
  scene_.supply.reset();
  scene_.supply.forget_history();
  heard_ = 0;
}

void LogWorld::start() {
  if (scene_.source != nullptr) return;
  Truth::Findable findable{
      .log = home_, .rotated = {}, .copies = {home_ + ".1", scene_.log() + ".1"}};
  for (const std::string& path : rotated_) {
    if (!is_rotated_from(path, scene_.log()) && !is_rotated_from(path, home_)) continue;
    findable.rotated.insert(path);
    findable.rotated.insert(path + ".gz");
  }
  truth_.starts(scene_.supply.marks(), findable);
  truth_.begins_anew();
  const Unprivileged modes_hold;
  scene_.open();
  is_deaf_ = is_unwatched();
}

std::vector<std::string> wrong_after(const Sequence& sequence, const LogWorld::Swallows& swallows) {
  LogWorld world(swallows);
  for (const Act& act : sequence) world.act(act);
  return world.verdict();
}

}  // namespace nodeportd::test
