#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "match/detection.hpp"
#include "model/match.hpp"

namespace nodeportd {

// Why a rule matches an event or does not. All that holds or fails here was asked of the detection
// itself. Owns its text.

struct ItemExplanation {
  std::string asked;               // `verb: "create"`
  std::vector<std::string> found;  // values of the field as JSON, at most kFoundMax, each shortened
  std::size_t found_more = 0;      // values beyond these
  bool held = false;
};

struct SelectionExplanation {
  std::string name;
  bool held = false;
  std::vector<std::vector<ItemExplanation>> alternatives;  // holds with all items of one
};

struct RuleExplanation {
  enum class Verdict : std::uint8_t {
    no_match,
    told,
    suppressed,  // by an exception
    yields,      // another rule speaks in its place
  };

  std::uint32_t rule = 0;  // index into the rule catalog
  Verdict verdict = Verdict::no_match;
  std::string condition;
  std::vector<SelectionExplanation> selections;
  std::uint32_t exception = Match::kNoException;
  std::vector<std::uint32_t> yields_to;
};

// `no_match`, `told`, `suppressed`, `yields`.
[[nodiscard]] std::string_view to_text(RuleExplanation::Verdict verdict);

constexpr std::size_t kFoundMax = 5;

[[nodiscard]] std::vector<SelectionExplanation> explain(const Detection& detection,
                                                        const Value& root);

}  // namespace nodeportd
