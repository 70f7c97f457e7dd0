#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11's own name
class App;
}  // namespace CLI

namespace nodeportd {

// What the shell offers after a word.
struct Offer {
  enum class Kind : std::uint8_t { nothing, files, words };
  Kind kind = Kind::nothing;
  std::vector<std::string> words;
};

struct OfferedOption {
  std::vector<std::string> names;  // `-c`, `--config`
  std::string about;
  bool takes_value = false;
  Offer value;
};

// A verb with the verbs and options that may follow it.
struct OfferedVerb {
  std::string path;  // `deadletters resend`; empty: the program
  std::string name;
  std::string about;
  std::vector<OfferedOption> options;
  Offer operand;
  std::vector<OfferedVerb> verbs;
};

// Read off the command line's own description: there is no other list to keep.
[[nodiscard]] OfferedVerb completion_tree(const CLI::App& app);

}  // namespace nodeportd
