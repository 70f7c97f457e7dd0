#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "match/exceptions.hpp"
#include "match/rule_loader.hpp"
#include "model/batch.hpp"
#include "model/event.hpp"
#include "model/match.hpp"
#include "model/rule.hpp"
#include "model/splunk_row.hpp"

namespace nodeportd {

// All that is looked for, and all that is not to be told. Immutable: any number of threads may
// ask one at once.
class RuleSet {
 public:
  RuleSet(std::vector<CompiledRule> rules, std::vector<ExceptionSpec> exceptions);

  // How many rules of files there are.
  [[nodiscard]] std::size_t size() const { return rules_.size(); }
  // What Match::rule indexes: the rules of files, then the built-in ones that records give.
  [[nodiscard]] const std::vector<Rule>& catalog() const { return catalog_; }
  [[nodiscard]] std::uint32_t line_uninspectable_index() const {
    return static_cast<std::uint32_t>(rules_.size());
  }
  [[nodiscard]] std::uint32_t groups_truncated_index() const {
    return static_cast<std::uint32_t>(rules_.size() + 1);
  }
  // What Match::exception indexes.
  [[nodiscard]] const std::vector<ExceptionSpec>& exceptions() const { return exceptions_; }

  // For the scan: per rule the texts of which a record must hold one; see required_literals().
  [[nodiscard]] std::vector<std::vector<std::string>> literals() const;

  // Adds what the rules find in an event of `source`. An event that gives a rule more groups than
  // kGroupsMax keeps the smallest, and adds a match of `groups_truncated`.
  void match(const AuditEvent& event, const Record& record, const std::string& source,
             std::vector<Match>& out) const;

  // What Splunk's search for rule number `rule` of a file would keep of the event; nullopt: it
  // does not match there.
  [[nodiscard]] std::optional<SplunkRow> splunk_row(std::uint32_t rule,
                                                    const AuditEvent& event) const;

  // The first exception that lists the rule and holds for an event of that time, or
  // Match::kNoException.
  [[nodiscard]] std::uint32_t exception_for(std::uint32_t rule, const Value& event,
                                            WallTime time) const;

 private:
  std::vector<CompiledRule> rules_;
  std::vector<ExceptionSpec> exceptions_;
  std::vector<Rule> catalog_;
  std::vector<std::vector<std::uint32_t>> exceptions_of_;  // per rule of the catalog, in order
};

}  // namespace nodeportd
