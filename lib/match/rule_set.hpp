#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "match/exceptions.hpp"
#include "match/explanation.hpp"
#include "match/rule_index.hpp"
#include "match/rule_loader.hpp"
#include "model/batch.hpp"
#include "model/event.hpp"
#include "model/literals.hpp"
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

  // For the scan, per rule and for the history of Services; see required_literals().
  [[nodiscard]] std::vector<Literals> literals() const;
  // Of each of those: words_besides().
  [[nodiscard]] std::vector<Words> words_besides() const;

  // Adds what the rules find in an event of `source`. An event that gives a rule more groups than
  // kGroupsMax keeps the smallest, and adds a match of `groups_truncated`. Where a rule yields to
  // another that matches too and is not suppressed, its match is left out.
  void match(const AuditEvent& event, const Record& record, const std::string& source,
             std::vector<Match>& out) const;

  // A service write (with its `exposure`, history pending) is matched in two steps, the second in
  // the order of the log. Here the rules that ask for no history are asked; returned are those of
  // the others that may match: if there are any, the second step needs the event.
  [[nodiscard]] RuleIndex::Candidates match_pending(const AuditEvent& event, const Record& record,
                                                    const std::string& source, std::uint32_t write,
                                                    std::vector<Match>& out) const;
  // For the same event, supposed that it opened nothing and that its auditID is fresh: whether any
  // of those rules may match it even so.
  [[nodiscard]] bool may_match_uneventful(const AuditEvent& event,
                                          const RuleIndex::Candidates& undecided) const;
  // The rest, for the same event with its history settled.
  void match_settled(const AuditEvent& event, const Record& record, const std::string& source,
                     std::uint32_t write, std::vector<Match>& out) const;
  // Then, for all matches of a batch: leaves out those of service writes that yield.
  void yield_of_writes(std::vector<Match>& matches) const;

  // Per rule of a file, what it makes of the event and why: by the same evaluation as match().
  // A service write is given as match_pending() and match_settled() get it, any other event twice.
  [[nodiscard]] std::vector<RuleExplanation> explain(const AuditEvent& event,
                                                     const AuditEvent& settled) const;

  // What Splunk's search for rule number `rule` of a file would keep of the event; nullopt: it
  // does not match there.
  [[nodiscard]] std::optional<SplunkRow> splunk_row(std::uint32_t rule,
                                                    const AuditEvent& event) const;

  // The first exception that lists the rule and holds for an event of that time, or
  // Match::kNoException.
  [[nodiscard]] std::uint32_t exception_for(std::uint32_t rule, const Value& event,
                                            WallTime time) const;

 private:
  enum class Asked : std::uint8_t { all, without_history, with_history };
  void match_rules(Asked asked, const RuleIndex::Candidates& candidates, const AuditEvent& event,
                   const Record& record, const std::string& source,
                   std::optional<std::uint32_t> write, std::vector<Match>& out) const;

  void file_exceptions(const std::map<std::string, std::uint32_t, std::less<>>& by_id);

  // Whether the rule yields to one of `told`.
  [[nodiscard]] bool yields(std::uint32_t rule, const std::vector<std::uint32_t>& told) const;

  std::vector<CompiledRule> rules_;
  RuleIndex index_;
  std::vector<ExceptionSpec> exceptions_;
  std::vector<Rule> catalog_;
  std::vector<std::uint32_t> exceptions_of_all_;           // of every rule of a file, in order
  std::vector<std::vector<std::uint32_t>> exceptions_of_;  // per rule of the catalog, in order
  std::vector<std::vector<std::uint32_t>> yields_to_;      // per rule of the catalog
};

}  // namespace nodeportd
