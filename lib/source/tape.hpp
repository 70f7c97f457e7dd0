#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace nodeportd {

// Bytes that come in their order alone: a pipe, or a gzip file (told by its first two bytes, as
// many members as there are), which is unpacked on the way. Output is bounded, for a few kilobytes
// can unpack to hours of work: past 1 GiB to 200 times the input, and to 64 GiB in any case.
class Tape {
 public:
  // Reads `fd` from where it stands. `name` is for messages.
  Tape(Fd fd, std::string name);
  Tape(Tape&&) noexcept;
  Tape& operator=(Tape&&) noexcept;
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;
  ~Tape();

  // Fills `bytes` from `offset` (unpacked) on and returns how many there were: fewer at the end,
  // and before damage, which is met by reading on from there. The block read last can be read
  // again; anything before it only where the descriptor can be rewound. A broken, cut or over-bound
  // gzip file is malformed.
  [[nodiscard]] Result<std::size_t> read_at(std::uint64_t offset, std::span<char> bytes);
  // Whether the end was reached, so that what was read last ends there if it is fewer than asked.
  [[nodiscard]] bool has_ended() const { return ended_; }

 private:
  struct Inflater;

  [[nodiscard]] Result<std::size_t> read(std::span<char> bytes);
  [[nodiscard]] Result<std::size_t> read_raw(std::span<char> bytes);
  [[nodiscard]] Result<std::size_t> inflate_some(std::span<char> bytes);
  [[nodiscard]] Result<void> refill();
  [[nodiscard]] Result<void> rewind();
  [[nodiscard]] Result<void> skip_to(std::uint64_t offset);
  [[nodiscard]] Result<void> detect();

  Fd fd_;
  std::string name_;
  bool detected_ = false;
  bool input_ended_ = false;
  bool ended_ = false;
  std::unique_ptr<Inflater> inflater_;
  std::vector<char> input_;  // read and not yet used
  std::size_t input_at_ = 0;
  std::uint64_t input_total_ = 0;
  std::uint64_t position_ = 0;  // of the next byte to come
  std::vector<char> recent_;    // the bytes before it
};

}  // namespace nodeportd
