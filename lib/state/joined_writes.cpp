#include "state/joined_writes.hpp"

#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <string>
#include <string_view>

namespace nodeportd {
namespace {

// https://www.sqlite.org/fileformat2.html#walformat: a header, then the page; bytes 4 to 7 of the
// header are not 0 in a transaction's last frame.
constexpr std::size_t kFrameHeader = 24;
constexpr std::size_t kJoinedMax = std::size_t{1} << 17U;

// The frames of one COMMIT.
class Frames {
 public:
  void start() {
    is_joining_ = true;
    text_.clear();
  }
  void stop() {
    is_joining_ = false;
    text_.clear();
  }

  // As pwrite(2).
  ssize_t write(int fd, std::string_view bytes, off_t at) {
    if (!is_joining_) return put(fd, bytes, at);
    const bool follows = !text_.empty() && fd == fd_ && at == end();
    const bool is_header = bytes.size() == kFrameHeader;
    if (is_header && (text_.empty() || (follows && !is_page_due_))) {
      if (text_.empty()) begin(fd, at);
      is_last_ = bytes.substr(4, 4) != std::string_view("\0\0\0\0", 4);
    } else if (!(follows && is_page_due_)) {
      // No frame that continues ours: what is kept goes first, so that the order stays.
      if (!flush()) return -1;
      return put(fd, bytes, at);
    }
    text_ += bytes;
    is_page_due_ = is_header;
    if (!is_header && (is_last_ || text_.size() >= kJoinedMax)) {
      if (is_last_) is_joining_ = false;
      if (!flush()) return -1;
    }
    return static_cast<ssize_t>(bytes.size());
  }

 private:
  [[nodiscard]] off_t end() const { return begin_ + static_cast<off_t>(text_.size()); }

  void begin(int fd, off_t at) {
    fd_ = fd;
    begin_ = at;
  }

  // False with errno, and whatever was kept is gone: the COMMIT fails.
  bool flush() {
    std::string_view rest = text_;
    off_t at = begin_;
    while (!rest.empty()) {
      const ssize_t written = put(fd_, rest, at);
      if (written <= 0) break;
      rest.remove_prefix(static_cast<std::size_t>(written));
      at += written;
    }
    const bool is_done = rest.empty();
    text_.clear();
    is_page_due_ = false;
    return is_done;
  }

  static ssize_t put(int fd, std::string_view bytes, off_t at) {
    ssize_t written = -1;
    do {
      written = ::pwrite(fd, bytes.data(), bytes.size(), at);
    } while (written < 0 && errno == EINTR);
    return written;
  }

  bool is_joining_ = false;
  bool is_page_due_ = false;  // of the last header
  bool is_last_ = false;      // the frame that was begun last
  int fd_ = -1;
  off_t begin_ = 0;
  std::string text_;  // frames that lie one behind the other from begin_ on
};

// A connection is used by one thread at a time, and a COMMIT is one call: its frames are the
// thread's. SQLite's system calls know nothing of the connection that they are made for.
thread_local Frames frames;

ssize_t joined_pwrite(int fd, const void* bytes, std::size_t size, off_t at) {
  return frames.write(fd, {static_cast<const char*>(bytes), size}, at);
}

}  // namespace

void JoinedWrites::install() {
  static std::once_flag installed;
  std::call_once(installed, [] {
    sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
    if (vfs == nullptr || vfs->iVersion < 3 || vfs->xSetSystemCall == nullptr) return;
    // Which of the two it uses was decided when it was built; a name that it lacks is an error that
    // changes nothing.
    for (const char* name : {"pwrite", "pwrite64"}) {
      (void)vfs->xSetSystemCall(vfs, name, reinterpret_cast<sqlite3_syscall_ptr>(joined_pwrite));
    }
  });
}

JoinedWrites::JoinedWrites() {
  frames.start();
}

JoinedWrites::~JoinedWrites() {
  frames.stop();
}

}  // namespace nodeportd
