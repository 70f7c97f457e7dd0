// What writers, rotators and operators do.

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "unit/source/log_world.hpp"

namespace nodeportd::test {
namespace {

namespace fs = std::filesystem;

// More than one is never needed where the file system gives freed numbers out again at once.
constexpr int kInodesTried = 4;
std::uint64_t inode_of(const std::string& path) {
  const Result<FileId> id = file_id_of(path);
  return id ? id->inode : 0;
}

// Small ones, some that fill a batch with a few, and one that is larger than a batch.
std::size_t size_of_line(std::uint32_t size, std::uint32_t number) {
  return size == 11 ? 2'000 : size < 4 ? size : (size * 7 + number * 13) % 90;
}

}  // namespace

// --------------------------------------------------------------------- the writer

void LogWorld::begin_log(const std::string& path) {
  write_text(path, "");
  truth_.create(path);
  truth_.files.at(path)->names.insert(scene_.log());  // by which it is followed
}

void LogWorld::write(std::uint32_t lines, std::uint32_t size) {
  finish_half();
  if (!is_there(home_)) begin_log(home_);
  for (std::uint32_t i = 0; i < lines; ++i) {
    const std::string line = truth_.next_line(size_of_line(size, i));
    append_text(home_, line + "\n");
    truth_.wrote(home_, line);
  }
}

void LogWorld::begin_half(std::uint32_t size) {
  finish_half();
  if (!is_there(home_)) begin_log(home_);
  half_line_ = truth_.next_line(size_of_line(size, 0));
  append_text(home_, half_line_.substr(0, half_line_.size() / 2));
  half_ = half_line_.substr(half_line_.size() / 2) + "\n";
}

void LogWorld::finish_half() {
  if (half_.empty()) return;
  append_text(home_, half_);
  truth_.wrote(home_, half_line_);
  half_.clear();
}

// What is written to a file that was read and let go of is nobody's.
void LogWorld::write_late(const Act& act) {
  finish_half();
  const std::string path = rotated(act.pick, true);
  if (path.empty()) return;
  const std::uint64_t inode = inode_of(path);
  const bool is_up = scene_.source != nullptr;
  bool is_followed = is_up && has_open(inode);
  for (const FileMark& mark : scene_.supply.marks()) {
    if (is_up || mark.offset == 0 || mark.inode != inode) continue;
    is_followed |= truth_.files.at(path)->names.contains(mark.path);
  }
  if (!is_followed) return;
  for (std::uint32_t i = 0; i < act.count; ++i) {
    const std::string line = truth_.next_line(size_of_line(act.pick, i));
    append_text(path, line + "\n");
    truth_.wrote(path, line);
  }
}

// -------------------------------------------------------------------- the rotator

std::string LogWorld::rotated(std::uint32_t pick, bool plain_only) const {
  std::vector<std::string> there;
  for (const std::string& path : rotated_) {
    if (is_there(path)) there.push_back(path);
    if (!plain_only && is_there(path + ".gz")) there.push_back(path + ".gz");
  }
  return there.empty() ? "" : there[there.size() - 1 - pick % there.size()];
}

void LogWorld::rotate_once() {
  scene_.clock.advance(std::chrono::milliseconds(1));
  std::string stamp = format_time(scene_.clock.wall()).substr(0, 23);
  std::replace(stamp.begin(), stamp.end(), ':', '-');
  scene_.clock.advance(std::chrono::milliseconds(1));
  if (is_there(home_)) {
    const std::string name = home_.substr(0, home_.size() - 4) + '-' + stamp + ".log";
    fs::rename(home_, name);
    truth_.renamed(home_, name);
    rotated_.push_back(name);
  }
  begin_log(home_);
}

void LogWorld::rotate(const Act& act) {
  finish_half();
  for (std::uint32_t i = 0; i < act.count; ++i) {
    rotate_once();
    write(act.pick % (i + 2), act.pick);
  }
}

void LogWorld::pack(const Act& act) {
  finish_half();
  const std::string path = rotated(act.pick, true);
  if (path.empty()) return;
  Scene::compress(path);
  truth_.packed(path);
}

void LogWorld::remove_rotated(const Act& act) {
  finish_half();
  const std::string path = rotated(act.pick, false);
  if (path.empty()) return;
  truth_.removes(path, true, grasp());
  fs::remove(path);
}

void LogWorld::remove_log() {
  finish_half();
  if (!is_there(home_)) return;
  truth_.removes(home_, false, grasp());
  fs::remove(home_);
}

void LogWorld::truncate(const Act& act) {
  finish_half();
  if (!is_there(home_)) return;
  truth_.empties(home_, "", grasp());
  fs::resize_file(home_, 0);
  write(act.count, act.pick);
}

void LogWorld::copy_truncate(const Act& act) {
  finish_half();
  if (!is_there(home_)) return;
  const std::string copy = home_ + ".1";
  if (is_there(copy)) {
    truth_.removes(copy, false, grasp());
    fs::remove(copy);
  }
  fs::copy_file(home_, copy);
  truth_.copied(home_, copy);
  write(act.count, act.pick);
  truth_.empties(home_, copy, grasp());
  fs::resize_file(home_, 0);
  write(act.pick % 3, act.pick);
}

// A file system gives the number of a removed file to the next new one, once nobody has it open.
void LogWorld::reuse_inode(const Act& act) {
  finish_half();
  const std::string old = act.pick % 2 == 0 ? home_ : rotated(act.pick / 2, false);
  if (old.empty() || !is_there(old)) return;
  const std::uint64_t inode = inode_of(old);
  truth_.removes(old, old != home_, grasp());
  fs::remove(old);
  const bool is_rotation = old != home_ && is_there(home_);
  if (is_rotation) {
    rotate_once();
    truth_.files.erase(home_);
    fs::remove(home_);
  }
  std::vector<std::string> tried;
  for (int i = 0; i < kInodesTried; ++i) {
    tried.push_back(scene_.dir / ("new" + std::to_string(++names_)));
    write_text(tried.back(), "");
    if (inode_of(tried.back()) == inode) break;
  }
  fs::rename(tried.back(), home_);
  tried.pop_back();
  for (const std::string& path : tried) fs::remove(path);
  truth_.create(home_);
  truth_.files.at(home_)->names.insert(scene_.log());
  write(act.count, act.pick);
}

// ------------------------------------------------------------------- the operator

// What the link leads to, and what that was rotated to, unless it was moved to where a link led.
void LogWorld::abandon_target() {
  is_deaf_ = true;  // to the folder where the link leads now, until it is looked at
  if (is_there(home_)) truth_.abandons(home_, grasp());
  if (home_ == scene_.log()) return;
  if (is_there(home_ + ".1")) truth_.abandons(home_ + ".1", grasp());
  for (const std::string& path : rotated_) {
    if (!is_rotated_from(path, home_)) continue;
    for (const std::string& form : {path, path + ".gz"}) {
      if (is_there(form)) truth_.abandons(form, grasp());
    }
  }
}

void LogWorld::swap_link(const Act& act) {
  finish_half();
  const std::string target = scene_.dir / ("days/day" + std::to_string(++names_) + ".log");
  abandon_target();
  if (is_there(home_)) {
    if (home_ == scene_.log()) {
      const std::string moved = scene_.dir / ("days/day" + std::to_string(++names_) + ".log");
      fs::rename(home_, moved);
      truth_.renamed(home_, moved);
      home_ = moved;
    }
    targets_.push_back(home_);
  }
  begin_log(target);
  home_ = target;
  write(act.count, act.pick);
  fs::create_symlink(target, scene_.dir / "link");
  fs::rename(scene_.dir / "link", scene_.log());
}

// Only to a file that is open: one that was let go of is read anew when it comes back, which is
// right for a file under the log's name of which nothing is known.
void LogWorld::swap_back(const Act& act) {
  finish_half();
  if (scene_.source == nullptr || targets_.empty()) return;
  read();
  const std::string target = targets_[act.pick % targets_.size()];
  if (target == home_ || !is_there(target) || !has_open(inode_of(target))) return;
  abandon_target();
  if (is_there(home_)) targets_.push_back(home_);
  home_ = target;
  fs::create_symlink(target, scene_.dir / "link");
  fs::rename(scene_.dir / "link", scene_.log());
  write(act.count, act.pick);
}

void LogWorld::deny(const Act& act) {
  if (::geteuid() != 0) return;  // the writer could not write to it any more
  const std::string path = act.pick % 2 == 0 ? home_ : rotated(act.pick / 2, false);
  if (path.empty() || !is_there(path)) return;
  truth_.files.at(path)->is_denied = truth_.files.at(path)->was_denied = true;
  fs::permissions(path, fs::perms::none);
}

void LogWorld::permit() {
  for (const auto& [path, file] : truth_.files) {
    if (!std::exchange(file->is_denied, false)) continue;
    fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
  }
}

// Neighbours in the kernel's queue are never alike, so it joins none of them.
void LogWorld::overflow() {
  if (scene_.source == nullptr) return;
  std::ifstream bound("/proc/sys/fs/inotify/max_queued_events");
  long events = 16'384;
  bound >> events;
  const std::string one = scene_.dir / "x";
  const std::string other = scene_.dir / "y";
  write_text(one, "");
  for (long i = 0; i < events; i += 4) {
    fs::rename(one, other);
    fs::rename(other, one);
  }
  fs::remove(one);
  is_deaf_ = true;
}

}  // namespace nodeportd::test
