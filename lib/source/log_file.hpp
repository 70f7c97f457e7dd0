#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "source/tape.hpp"

namespace nodeportd {

// What the kernel calls a file by. An inode number is used anew once its file is gone.
struct FileId {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  auto operator<=>(const FileId&) const = default;
};

// The file that `path` leads to now; not_found, or io with the reason.
[[nodiscard]] Result<FileId> file_id_of(const std::string& path);

// An open log, plain or packed. One thread.
class LogFile {
 public:
  enum class Form {
    plain,   // a file that is being written
    detect,  // packed if it begins as gzip does
  };
  // Regular files alone: opening a FIFO could wait for ever or wake its writer, a device could do
  // anything. Errors: not_found; malformed: no regular file; full: no descriptor or memory is
  // left, which passes; io: may not be read.
  [[nodiscard]] static Result<LogFile> open(const std::string& path, Form form);
  // A pipe, read from where it stands.
  [[nodiscard]] static LogFile of_pipe(Fd fd, std::string name);

  [[nodiscard]] FileId id() const { return id_; }
  [[nodiscard]] bool is_packed() const { return tape_ != nullptr; }
  // To be watched; closed with this object.
  [[nodiscard]] int descriptor() const { return fd_.get(); }

  struct Extent {
    std::uint64_t size = 0;   // on disk
    std::uint64_t links = 0;  // 0: no name is left, and the bytes live as long as we hold them
  };
  [[nodiscard]] Result<Extent> extent() const;

  // As many bytes from `offset` (unpacked) on as there are, at most `bytes`.
  [[nodiscard]] Result<std::size_t> read_at(std::uint64_t offset, std::span<char> bytes);
  // Whether fewer than were asked for mean the end: in a packed file they may mean damage.
  [[nodiscard]] bool has_ended() const { return tape_ == nullptr || tape_->has_ended(); }

 private:
  LogFile() = default;

  std::string name_;
  FileId id_;
  Fd fd_;                       // of a plain file
  std::unique_ptr<Tape> tape_;  // of any other
};

}  // namespace nodeportd
