#pragma once

#include <string>

namespace CLI {  // NOLINT(readability-identifier-naming): the library's
class App;
class ParseError;
}  // namespace CLI

namespace nodeportd {

// What is wrong with a command line and which help tells more, on one line: `no verb 'chek': did
// you mean 'check'? See nodeportd --help`. CLI11's own words miss that a word is unknown where
// another is missing, and name several in reversed order.
[[nodiscard]] std::string usage_fault(const CLI::App& app, const CLI::ParseError& error);

}  // namespace nodeportd
