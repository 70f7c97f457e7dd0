#pragma once

#include <re2/filtered_re2.h>
#include <re2/re2.h>

#include <cstddef>
#include <string>
#include <vector>

namespace nodeportd {

// Texts that stand in whatever a regular expression matches, all of them or some: RE2 keeps to
// itself how they are joined by `and` and `or`, and answers questions instead.
class RegexAtoms {
 public:
  explicit RegexAtoms(const re2::RE2& pattern);

  // None where RE2 finds none, or too many of them to be asked about. Of their ASCII letters, which
  // are lower-case, each stands in the text in either case. In the place of what the text may spell
  // in another way stands a blank.
  [[nodiscard]] const std::vector<std::string>& texts() const { return texts_; }

  // Whether each text that matches holds one of the atoms that are `chosen` (a flag for each), or
  // several.
  [[nodiscard]] bool needs_one_of(const std::vector<bool>& chosen) const;

 private:
  re2::FilteredRE2 filter_;
  std::vector<std::string> texts_;
};

}  // namespace nodeportd
