#pragma once

#include <string>
#include <string_view>

namespace nodeportd {

// What to do about a text that yaml-cpp refuses, for who wrote it: `fault` is what yaml-cpp calls
// it, `line` and `before` the line that it points into and the one before, `column` where, from 0.
// A fault that has no words of ours keeps yaml-cpp's.
[[nodiscard]] std::string words_of_yaml_fault(const std::string& fault, std::string_view line,
                                              std::string_view before, std::size_t column);

}  // namespace nodeportd
