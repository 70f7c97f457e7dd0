#include "daemon/scan_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <map>

#include "daemon/table.hpp"
#include "match/exposure_path.hpp"

namespace nodeportd {
namespace {

constexpr std::size_t kShownMax = 60;  // characters: a cell of the table
constexpr std::size_t kCountMax = 10;  // of them for ` | 63 more`

constexpr const char* kNoLiterals = "none: every line is parsed";
constexpr const char* kAnyCarrier = "any";
// Where each carrier has what all writes of Services hold: see docs/CARRIERS.md.
constexpr const char* kCarriersOfWrites = "any: objectRef and verb; GKE: methodName";

// Those that share their first word as one: `services + (create | delete)`.
std::vector<std::string> alternatives_of(const Literals& literals) {
  std::map<std::string, std::vector<std::string>> others;  // by first word; empty: it is enough
  for (const Words& words : literals) {
    const auto [found, is_new] = others.try_emplace(words.front());
    if (words.size() == 1) found->second.clear();
    if (words.size() == 1 || (!is_new && found->second.empty())) continue;
    found->second.push_back(fmt::format("{}", fmt::join(words.begin() + 1, words.end(), " + ")));
  }
  std::vector<std::string> alternatives;
  for (const auto& [first, rests] : others) {
    std::string& text = alternatives.emplace_back(first);
    if (rests.size() == 1) text += fmt::format(" + {}", rests.front());
    if (rests.size() > 1) text += fmt::format(" + ({})", fmt::join(rests, " | "));
  }
  return alternatives;
}

std::string to_text(const Literals& literals) {
  if (literals.empty()) return kNoLiterals;
  const std::vector<std::string> alternatives = alternatives_of(literals);
  std::string text = fmt::format("{}", fmt::join(alternatives, " | "));
  if (text.size() <= kShownMax) return text;
  text = alternatives.front();
  for (std::size_t i = 1; i < alternatives.size(); ++i) {
    const std::string longer = text + " | " + alternatives[i];
    if (longer.size() > kShownMax - kCountMax) {
      return text + fmt::format(" | {} more", alternatives.size() - i);
    }
    text = longer;
  }
  return text;
}

const char* carriers_of(const Literals& literals) {
  const Literals writes = exposure_literals();
  const bool is_of_writes = std::find_first_of(literals.begin(), literals.end(), writes.begin(),
                                               writes.end()) != literals.end();
  return is_of_writes ? kCarriersOfWrites : kAnyCarrier;
}

}  // namespace

void print_literals(const RuleSet& rules) {
  Table table({"rule", "literals", "carrier"});
  const std::vector<Literals> all = rules.literals();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool is_rule = i < rules.size();
    table.add({is_rule ? rules.catalog()[i].name : "(history of Services)", to_text(all[i]),
               carriers_of(all[i])});
  }
  table.print(stdout);
}

std::vector<std::string> warnings_of_rules_without_literals(const RuleSet& rules) {
  std::vector<std::string> warnings;
  const std::vector<Literals> all = rules.literals();
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (!all[i].empty()) continue;
    warnings.push_back("rule '" + rules.catalog()[i].name +
                       "' has no literal, so every line of the logs is parsed, at two to three "
                       "times the CPU; a required value with 4 or more letters in a row helps");
  }
  return warnings;
}

}  // namespace nodeportd
