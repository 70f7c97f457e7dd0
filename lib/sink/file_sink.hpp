#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/fd.hpp"
#include "sink/file_end.hpp"
#include "sink/sink.hpp"

namespace nodeportd {

struct FileSinkOptions {
  enum class Fsync : std::uint8_t {
    each,      // before a delivery counts as made
    interval,  // at most `fsync_interval` later
    never,     // whenever the kernel writes back
  };

  std::string path;      // `-`: standard output; a character device (`/dev/stderr`) is taken too
  unsigned mode = 0600;  // of a file that we create, whatever the umask
  std::uint64_t rotate_size = 0;  // bytes, reached at the end of a delivery; 0: never
  unsigned rotate_keep = 5;       // rotated files that stay: path.1 (the newest), path.2 …
  Fsync fsync = Fsync::interval;
  std::chrono::milliseconds fsync_interval{1000};
};

// Appends alerts as JSON lines. Exactly once under SIGKILL: no line is written before mark(),
// which says where the file ends, is kept; so recover() knows where to look for what was written
// and not settled. A line that could not be written whole (no space, killed) is ended by a newline
// and written again; nothing is ever cut off, since a shorter file makes `tail -F` and log shippers
// read it all again. A failed fsync writes again too: rather twice than never.
//
// A file that was renamed or removed under us is noticed before the next delivery: reopen() only
// makes it sooner. The process must ignore SIGPIPE and SIGXFSZ.
class FileSink final : public Sink {
 public:
  explicit FileSink(FileSinkOptions options);
  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;
  ~FileSink() override;

  [[nodiscard]] Result<void> prepare() override;
  [[nodiscard]] std::vector<Outcome> deliver(std::span<const Alert> alerts) override;
  [[nodiscard]] std::optional<MonoTime> tend(MonoTime now) override;
  [[nodiscard]] std::string trouble() const override { return trouble_; }
  [[nodiscard]] std::string mark() const override;
  [[nodiscard]] bool is_found_from(const std::string& mark) const override;
  [[nodiscard]] Result<std::vector<std::string>> recover(const std::string& mark) override;
  [[nodiscard]] Result<void> reopen() override;
  void stop() override { stopped_.store(true); }

 private:
  struct Written {
    std::size_t bytes = 0;
    std::string why;  // empty: all of it
  };

  [[nodiscard]] bool names_stream() const;
  [[nodiscard]] Result<void> open();
  [[nodiscard]] Result<Fd> open_or_create() const;
  [[nodiscard]] Result<void> measure();
  [[nodiscard]] bool was_replaced() const;
  [[nodiscard]] Result<void> rotate();
  [[nodiscard]] Result<void> end_torn_line();
  [[nodiscard]] Written write(std::string_view bytes);
  [[nodiscard]] std::string await_room();
  [[nodiscard]] Result<void> sync();
  void close();

  const FileSinkOptions options_;
  Fd fd_;
  bool is_stream_ = false;  // nothing to look into again: no mark, no rotation, no fsync
  bool is_torn_ = false;    // of a stream, which cannot be read back
  FileEnd end_;
  bool is_dirty_ = false;  // written, not synced
  std::optional<MonoTime> sync_due_;
  std::string trouble_;
  std::atomic<bool> stopped_{false};
};

}  // namespace nodeportd
