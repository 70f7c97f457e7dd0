#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "model/position.hpp"
#include "source/log_file.hpp"

namespace nodeportd {

// The bytes by which a file is known again: the first that were read of it and the last.
class Footprint {
 public:
  static constexpr std::size_t kHeadMax = 1024;
  static constexpr std::size_t kTailMax = 256;

  // `bytes` were read, behind all before.
  void pass(std::string_view bytes);
  // The bytes just before the offset.
  [[nodiscard]] const std::string& tail() const { return tail_; }
  // Writes the two digests.
  void sign(FileMark& mark) const;

  // The footprint of what `mark` had read, if `file` has that at the same places, whatever it is
  // called; nullopt if it is another file. A mark that has read nothing fits every file.
  [[nodiscard]] static Result<std::optional<Footprint>> find(LogFile& file, const FileMark& mark);

 private:
  std::string head_;
  std::string tail_;
  mutable std::optional<Digest> head_digest_;  // once it was asked for
};

}  // namespace nodeportd
