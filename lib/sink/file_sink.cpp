#include "sink/file_sink.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "base/files.hpp"
#include "sink/format.hpp"

namespace nodeportd {
namespace {

using std::chrono::milliseconds;

// A pipe that has any room has room for this much, so that a write of it does not block.
constexpr std::size_t kStreamChunk = 4096;
constexpr milliseconds kStreamPatience{5000};
constexpr milliseconds kStopLatency{100};

// A new name is on disk only once its directory is.
void sync_directory(const std::string& path) {
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  const Result<Fd> dir = open_file(parent.empty() ? "." : parent.string(), O_RDONLY | O_DIRECTORY);
  if (dir) (void)::fsync(dir->get());
}

Result<void> rename_file(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) return fail_errno(errno, from + " to " + to);
  return {};
}

// What root creates, by `nodeportd test-sink` for one, belongs to whom the folder belongs to: the
// daemon of another account could not write its own file else. Root without the right to give
// files away keeps it.
void give_to_owner_of_folder(int fd, const std::string& path) {
  if (::geteuid() != 0) return;
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  struct stat folder{};
  if (::stat(parent.empty() ? "." : parent.c_str(), &folder) != 0) return;
  if (::fchown(fd, folder.st_uid, folder.st_gid) != 0) return;
}

}  // namespace

FileSink::FileSink(FileSinkOptions options) : options_(std::move(options)) {}

FileSink::~FileSink() {
  close();
}

bool FileSink::names_stream() const {
  return options_.path == "-" || options_.path == "/dev/stdout" || options_.path == "/dev/stderr";
}

Result<void> FileSink::prepare() {
  if (fd_.is_open() && was_replaced()) close();
  if (!fd_.is_open()) {
    if (Result<void> opened = open(); !opened) return opened;
  }
  if (!is_stream_) {
    if (Result<void> measured = measure(); !measured) return measured;
    if (options_.rotate_size > 0 && end_.size >= options_.rotate_size) {
      const Result<void> rotated = rotate();
      trouble_ = rotated ? "" : "cannot rotate: " + rotated.error().text;
      if (!fd_.is_open()) return rotated;
    }
  }
  return end_torn_line();
}

Result<void> FileSink::open() {
  if (names_stream()) {
    // Opening /dev/stdout anew fails when it is a socket, as under systemd.
    const int standard = options_.path == "/dev/stderr" ? STDERR_FILENO : STDOUT_FILENO;
    fd_ = Fd(::fcntl(standard, F_DUPFD_CLOEXEC, 3));
    if (!fd_.is_open()) return fail_errno(errno, options_.path);
    is_stream_ = true;
    return {};
  }
  Result<Fd> opened = open_or_create();
  if (!opened) return fail(opened.error());
  struct stat status{};
  if (::fstat(opened->get(), &status) != 0) return fail_errno(errno, options_.path);
  if (!S_ISREG(status.st_mode) && !S_ISCHR(status.st_mode)) {
    return fail(ErrorKind::config, options_.path + ": is no file and no character device");
  }
  is_stream_ = S_ISCHR(status.st_mode);
  fd_ = std::move(*opened);
  return is_stream_ ? Result<void>{} : measure();
}

Result<Fd> FileSink::open_or_create() const {
  // Without O_NONBLOCK opening a FIFO would wait for its reader; a regular file does not care.
  constexpr int kFlags = O_RDWR | O_APPEND | O_NONBLOCK | O_NOCTTY;
  Result<Fd> existing = open_file(options_.path, kFlags);
  if (existing || existing.error().kind != ErrorKind::not_found) return existing;
  Result<Fd> created = open_file(options_.path, kFlags | O_CREAT, options_.mode);
  if (!created) {
    if (created.error().kind != ErrorKind::not_found) return created;
    return fail(ErrorKind::not_found, options_.path + ": its directory does not exist");
  }
  give_to_owner_of_folder(created->get(), options_.path);
  if (::fchmod(created->get(), options_.mode) != 0) return fail_errno(errno, options_.path);
  if (options_.fsync != FileSinkOptions::Fsync::never) sync_directory(options_.path);
  return created;
}

Result<void> FileSink::measure() {
  struct stat status{};
  if (::fstat(fd_.get(), &status) != 0) return fail_errno(errno, options_.path);
  end_ = {status.st_dev, status.st_ino, static_cast<std::uint64_t>(status.st_size)};
  return {};
}

bool FileSink::was_replaced() const {
  if (is_stream_) return false;
  struct stat status{};
  if (::stat(options_.path.c_str(), &status) != 0) return true;
  return status.st_dev != end_.device || status.st_ino != end_.inode;
}

// Killed between any two of these, the next start finds the file by its inode and creates the new.
Result<void> FileSink::rotate() {
  const auto rotated_name = [&](unsigned i) { return options_.path + '.' + std::to_string(i); };
  for (unsigned i = options_.rotate_keep; i > 1; --i) {
    const Result<void> moved = rename_file(rotated_name(i - 1), rotated_name(i));
    if (!moved && moved.error().kind != ErrorKind::not_found) return moved;
  }
  if (Result<void> moved = rename_file(options_.path, rotated_name(1)); !moved) return moved;
  close();
  return open();
}

Result<void> FileSink::end_torn_line() {
  if (is_stream_) {
    if (!is_torn_) return {};
  } else {
    if (end_.size == 0) return {};
    char last = 0;
    if (::pread(fd_.get(), &last, 1, static_cast<off_t>(end_.size - 1)) != 1) {
      return fail_errno(errno, options_.path);
    }
    if (last == '\n') return {};
  }
  const Written written = write("\n");
  if (!written.why.empty()) return fail(ErrorKind::io, written.why);
  is_torn_ = false;
  return is_stream_ ? Result<void>{} : measure();
}

std::vector<Outcome> FileSink::deliver(std::span<const Alert> alerts) {
  std::vector<Outcome> outcomes(alerts.size());
  const auto retry_from = [&](std::size_t first, const std::string& why) {
    for (std::size_t i = first; i < outcomes.size(); ++i) {
      outcomes[i] = {.kind = Outcome::Kind::retry, .why = why, .retry_after = {}};
    }
    return outcomes;
  };
  if (!fd_.is_open()) return retry_from(0, options_.path + ": is not open");

  std::string text;
  std::vector<std::size_t> ends;
  for (const Alert& alert : alerts) {
    text += to_json(alert) + '\n';
    ends.push_back(text.size());
  }
  const Written written = write(text);
  if (written.bytes > 0) is_dirty_ = true;
  if (!is_stream_) {
    if (const Result<void> measured = measure(); !measured) {
      return retry_from(0, measured.error().text);
    }
  }
  if (options_.fsync == FileSinkOptions::Fsync::each && is_dirty_) {
    if (const Result<void> synced = sync(); !synced) return retry_from(0, synced.error().text);
  }
  // A line that lacks nothing but its newline is whole: the newline is what prepare() adds.
  const auto whole = std::upper_bound(ends.begin(), ends.end(), written.bytes + 1) - ends.begin();
  is_torn_ = written.bytes > 0 && text[written.bytes - 1] != '\n';
  return retry_from(static_cast<std::size_t>(whole), written.why);
}

FileSink::Written FileSink::write(std::string_view bytes) {
  Written written;
  while (written.bytes < bytes.size()) {
    std::string_view chunk = bytes.substr(written.bytes);
    if (is_stream_) {
      chunk = chunk.substr(0, kStreamChunk);
      written.why = await_room();
      if (!written.why.empty()) return written;
    }
    const ssize_t put = ::write(fd_.get(), chunk.data(), chunk.size());
    if (put < 0 && (errno == EINTR || (is_stream_ && errno == EAGAIN))) continue;
    if (put < 0) {
      written.why = fail_errno(errno, options_.path).value().text;
      return written;
    }
    written.bytes += static_cast<std::size_t>(put);
  }
  return written;
}

// Waits until a stream takes a chunk; returns why it does not. Standard output may be a pipe whose
// reader sleeps.
std::string FileSink::await_room() {
  pollfd room{.fd = fd_.get(), .events = POLLOUT, .revents = 0};
  for (milliseconds waited{0}; waited < kStreamPatience; waited += kStopLatency) {
    if (stopped_.load()) return options_.path + ": stopping";
    if (::poll(&room, 1, static_cast<int>(kStopLatency.count())) > 0) return {};
  }
  return options_.path + ": its reader takes nothing";
}

std::optional<MonoTime> FileSink::tend(MonoTime now) {
  if (options_.fsync != FileSinkOptions::Fsync::interval || !is_dirty_) return std::nullopt;
  if (!sync_due_) sync_due_ = now + options_.fsync_interval;
  if (now < *sync_due_) return sync_due_;
  const Result<void> synced = sync();
  trouble_ = synced ? "" : synced.error().text;
  sync_due_.reset();
  if (synced) return std::nullopt;
  sync_due_ = now + options_.fsync_interval;
  return sync_due_;
}

Result<void> FileSink::sync() {
  int failed = 0;
  // A network file system may be interrupted, which loses nothing.
  do {
    failed = is_stream_ ? 0 : ::fdatasync(fd_.get());
  } while (failed != 0 && errno == EINTR);
  if (failed != 0) return fail_errno(errno, options_.path + ": fsync");
  is_dirty_ = false;
  return {};
}

std::string FileSink::mark() const {
  return is_stream_ || end_ == FileEnd{} ? std::string{} : to_text(end_);
}

bool FileSink::is_found_from(const std::string& mark) const {
  const std::optional<FileEnd> end = parse_file_end(mark);
  return is_stream_ || (end && end->device == end_.device && end->inode == end_.inode);
}

Result<std::vector<std::string>> FileSink::recover(const std::string& mark) {
  std::vector<std::string> keys;
  if (const std::optional<FileEnd> end = parse_file_end(mark); end && !names_stream()) {
    Result<std::vector<std::string>> found = keys_written_since(options_.path, *end);
    if (!found) return found;
    keys = std::move(*found);
  }
  if (const Result<void> prepared = prepare(); !prepared) return fail(prepared.error());
  return keys;
}

Result<void> FileSink::reopen() {
  close();
  return prepare();
}

void FileSink::close() {
  // What rotation took out of our hands is not synced by anybody else.
  if (fd_.is_open() && is_dirty_ && options_.fsync != FileSinkOptions::Fsync::never) (void)sync();
  fd_.reset();
  is_dirty_ = false;
  sync_due_.reset();
}

}  // namespace nodeportd
