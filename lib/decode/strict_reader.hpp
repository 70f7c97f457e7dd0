#pragma once

#include <cstddef>
#include <memory_resource>
#include <optional>
#include <string_view>
#include <vector>

#include "decode/token_index.hpp"
#include "model/event.hpp"

namespace nodeportd {

// Reads what nearly every record is, and fast: one object or list of well-formed JSON in UTF-8, of
// modest size and depth. Whatever else a text may be is not for this reader to judge: it leaves
// that to TolerantReader, with which it agrees on all that it reads. Copies nothing but strings
// that hold escapes. One thread.
class StrictReader {
 public:
  static constexpr std::size_t kDepthMax = 64;

  // The value that `text` consists of, white space around it left out; nullopt: ask the other
  // reader. Children lie in `arena`, all else in the text: the value holds as long as both do.
  [[nodiscard]] std::optional<Value> read(std::string_view text, std::pmr::memory_resource& arena);

  // Gives back what a giant took. What was read still holds.
  void release();

 private:
  TokenIndex index_;
  std::vector<Member> pending_;  // values whose container is still open
};

}  // namespace nodeportd
