#include "tools/rotating_log.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <set>
#include <vector>

#include "base/files.hpp"
#include "base/time_text.hpp"

namespace nodeportd::test {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kGzip = ".gz";

// `2006-01-02T15-04-05.000`
std::string stamp(WallTime time) {
  std::string text = format_time(time).substr(0, 23);
  std::replace(text.begin(), text.end(), ':', '-');
  return text;
}

// Writes `path`.gz and then removes `path`: for a moment both are there.
void compress(const fs::path& path) {
  const Fd source(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const Fd target(::open((path.string() + std::string(kGzip)).c_str(),
                         O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600));
  if (!source.is_open() || !target.is_open()) return;
  gzFile zip = ::gzdopen(::dup(target.get()), "wb1");
  if (zip == nullptr) return;
  std::vector<char> buffer(256UL * 1024);
  for (;;) {
    const auto size = ::read(source.get(), buffer.data(), buffer.size());
    if (size <= 0) break;
    (void)::gzwrite(zip, buffer.data(), static_cast<unsigned>(size));
  }
  if (::gzclose(zip) == Z_OK) fs::remove(path);
}

}  // namespace

RotatingLog::RotatingLog(Options options)
    : options_(std::move(options)),
      prefix_(fs::path(options_.path).stem().string() + '-'),
      extension_(fs::path(options_.path).extension().string()),
      thread_([this] { mill(); }) {}

RotatingLog::~RotatingLog() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

Result<void> RotatingLog::open() {
  auto file = open_file(options_.path, O_WRONLY | O_APPEND);
  if (!file && file.error().kind == ErrorKind::not_found) {
    file = open_file(options_.path, O_CREAT | O_TRUNC | O_WRONLY);
  }
  if (!file) return fail(file.error());
  file_ = std::move(*file);
  return {};
}

Result<void> RotatingLog::write(std::string_view bytes) {
  return write_all(file_.get(), bytes);
}

std::string RotatingLog::backup_path(WallTime now) {
  const fs::path folder = fs::path(options_.path).parent_path();
  last_rotation_ = std::max(now, last_rotation_ + std::chrono::milliseconds(1));
  for (;; last_rotation_ += std::chrono::milliseconds(1)) {
    const fs::path path = folder / (prefix_ + stamp(last_rotation_) + extension_);
    if (!fs::exists(path) && !fs::exists(path.string() + std::string(kGzip))) return path.string();
  }
}

Result<void> RotatingLog::rotate(WallTime now) {
  file_.reset();
  const std::string backup = backup_path(now);
  if (std::rename(options_.path.c_str(), backup.c_str()) != 0) {
    return fail_errno(errno, "rename " + options_.path);
  }
  auto file = open_file(options_.path, O_CREAT | O_TRUNC | O_WRONLY);
  if (!file) return fail(file.error());
  file_ = std::move(*file);
  {
    const std::lock_guard lock(mutex_);
    ++rotations_;
  }
  changed_.notify_one();
  return {};
}

void RotatingLog::mill() {
  std::unique_lock lock(mutex_);
  for (std::uint64_t done = 0;;) {
    changed_.wait(lock, [&] { return stopping_ || rotations_ != done; });
    if (rotations_ == done) return;
    done = rotations_;
    lock.unlock();
    mill_once();
    lock.lock();
  }
}

void RotatingLog::mill_once() const {
  const fs::path folder = fs::path(options_.path).parent_path();
  std::set<std::string> names;  // without `.gz`; the oldest first
  for (const auto& entry : fs::directory_iterator(folder.empty() ? "." : folder)) {
    std::string name = entry.path().filename().string();
    if (!name.starts_with(prefix_)) continue;
    if (name.ends_with(kGzip)) name.resize(name.size() - kGzip.size());
    if (name.ends_with(extension_)) names.insert(std::move(name));
  }
  std::error_code ignored;
  for (; options_.keep > 0 && names.size() > options_.keep; names.erase(names.begin())) {
    const fs::path path = folder / *names.begin();
    fs::remove(path, ignored);
    fs::remove(path.string() + std::string(kGzip), ignored);
  }
  if (!options_.compress) return;
  for (const std::string& name : names) {
    if (fs::exists(folder / name)) compress(folder / name);
  }
}

}  // namespace nodeportd::test
