#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace nodeportd {

// Where the tokens of a JSON text begin: a bracket, a colon, a comma, the opening quote of a
// string, or whatever else is neither that nor white space. This is simdjson's first stage, run by
// the best kernel that the machine has, and no token is judged by it. One thread.
class TokenIndex {
 public:
  static constexpr std::size_t kTextMax = 512UL * 1024;  // bytes

  TokenIndex();
  TokenIndex(const TokenIndex&) = delete;
  TokenIndex& operator=(const TokenIndex&) = delete;
  ~TokenIndex();

  // The offsets of the tokens, in rising order, one at least; the text's size stands behind the
  // last. They hold until the next call. nullopt where the text has no token, is longer than
  // kTextMax, is not UTF-8, or has a string that does not end or that holds a control character.
  // Reads no byte behind the text.
  [[nodiscard]] std::optional<std::span<const std::uint32_t>> of(std::string_view text);

 private:
  struct Kernel;
  std::unique_ptr<Kernel> kernel_;
};

}  // namespace nodeportd
