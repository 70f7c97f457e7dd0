#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "model/literals.hpp"

namespace nodeportd {

// Finds the few records that can match a rule, at near memory speed and without allocating.
// SOUND: a record that it drops can match no rule. Safe from any number of threads.
class Scan {
 public:
  // A rule without literals (or with one that is too short or not of letters) may match anything,
  // so then every record passes.
  explicit Scan(const std::vector<Literals>& rules);

  [[nodiscard]] bool may_match(std::string_view record) const;

 private:
  // Two letters of a word that are rare in audit logs: only where both stand is it compared.
  struct Word {
    std::string text;  // lower case
    std::size_t rarest = 0;
    std::size_t second = 0;
  };
  // Only where the first word stands are the others looked for: all of one of the lists, or none
  // if a list is empty.
  struct Search {
    Word first;
    std::vector<std::vector<Word>> others;
  };

  [[nodiscard]] static Word prepare(std::string text);
  [[nodiscard]] static bool contains(std::string_view record, const Word& word);
  [[nodiscard]] static bool finds(std::string_view record, const Search& search);
  void add(const Words& words);
  void drop_covered();

  std::vector<Search> searches_;
  bool passes_all_ = false;
};

}  // namespace nodeportd
