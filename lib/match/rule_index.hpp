#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "match/field_path.hpp"
#include "match/rule_loader.hpp"
#include "model/event.hpp"

namespace nodeportd {

// Tells which rules are worth asking about an event. Most rules require some field to hold one of
// a few plain texts (`requestObject.spec.type: NodePort`); they are filed under these, so that a
// hundred rules about other values cost one look at the field. Immutable, for any thread.
class RuleIndex {
 public:
  explicit RuleIndex(const std::vector<CompiledRule>& rules);

  // Indices of rules, rising. No other rule matches the event as the apiserver reads it, whatever
  // the history of its Service turns out to be.
  using Candidates = boost::container::small_vector<std::uint32_t, 32>;
  [[nodiscard]] Candidates candidates(const Value& root) const;

 private:
  struct IgnoringCase {
    using is_transparent = void;  // NOLINT(readability-identifier-naming): the library's name
    bool operator()(std::string_view a, std::string_view b) const;
  };
  using RulesOfText = std::map<std::string, std::vector<std::uint32_t>, IgnoringCase>;
  struct Drawer {
    FieldPath field;
    RulesOfText rules_of;
  };

  Drawer& drawer_of(const FieldPath& field);

  std::vector<Drawer> drawers_;         // one for each field that a rule is filed under
  std::vector<std::uint32_t> unfiled_;  // rules that require no plain text
};

}  // namespace nodeportd
