#include "match/regex_atoms.hpp"

#include <algorithm>

namespace nodeportd {
namespace {

constexpr int kAtomMin = 4;             // bytes; nothing shorter is of use to the scan
constexpr std::size_t kAtomsMax = 512;  // the questions asked grow with the square

// Two characters beyond ASCII have a lower case within it, the Kelvin sign (`k`) and the long s,
// and RE2's atoms hold that. They are there if case is ignored or the pattern names them.
bool may_hold_kelvin_or_long_s(const re2::RE2& pattern) {
  return !pattern.options().case_sensitive() ||
         re2::RE2::PartialMatch(pattern.pattern(), R"(\(\?[a-zA-Z-]*i|[^\x00-\x7F]|\\[0-7xpP])");
}

}  // namespace

RegexAtoms::RegexAtoms(const re2::RE2& pattern) : filter_(kAtomMin) {
  int id = 0;
  if (filter_.Add(pattern.pattern(), pattern.options(), &id) != re2::RE2::NoError) return;
  filter_.Compile(&texts_);
  if (texts_.size() > kAtomsMax) texts_.clear();
  if (!may_hold_kelvin_or_long_s(pattern)) return;
  for (std::string& text : texts_) {
    std::replace(text.begin(), text.end(), 'k', ' ');
    std::replace(text.begin(), text.end(), 's', ' ');
  }
}

bool RegexAtoms::needs_one_of(const std::vector<bool>& chosen) const {
  std::vector<int> others;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    if (!chosen[i]) others.push_back(static_cast<int>(i));
  }
  std::vector<int> potentials;
  filter_.AllPotentials(others, &potentials);
  return potentials.empty();
}

}  // namespace nodeportd
