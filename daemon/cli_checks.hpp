#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace nodeportd {

// What is wrong with a word of the command line, or nothing: CLI11's own checks take `nan` for a
// number in every range, and say what they miss in words of programmers.

[[nodiscard]] std::string check_number(const std::string& text, std::int64_t least,
                                       std::int64_t most);
[[nodiscard]] std::string check_seconds(const std::string& text);  // of `status --watch`
[[nodiscard]] std::string check_batch_size(const std::string& text);
[[nodiscard]] std::string check_one_of(const std::string& text,
                                       const std::vector<std::string>& words);
// `FILE` or `FILE:LINE`.
[[nodiscard]] std::string check_place(const std::string& text);

}  // namespace nodeportd
