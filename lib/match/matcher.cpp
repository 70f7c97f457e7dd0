#include "match/matcher.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <utility>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "base/time_text.hpp"

namespace nodeportd {
namespace {

constexpr std::size_t kNameMax = 256;  // bytes of what an event calls itself
constexpr std::size_t kHashDigits = 16;

std::string_view text_of(const Value& object, std::string_view name) {
  const Value* found = object.find(name);
  return found != nullptr && found->kind == Value::Kind::string ? found->text : std::string_view();
}

std::string name_of(const Value& object, std::string_view name) {
  return bounded_utf8(text_of(object, name), kNameMax);
}

// The distinct values of a field, sorted, each bounded; the smallest where they are more than
// `most`.
std::vector<std::string> distinct_values(const FieldPath& field, const Value& root,
                                         std::size_t most) {
  std::vector<std::string_view> found = field.scalars(root, Reading::as_apiserver);
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  if (found.size() > most) found.resize(most);
  std::vector<std::string> values;
  values.reserve(found.size());
  for (const std::string_view text : found) values.push_back(bounded_text(text));
  std::sort(values.begin(), values.end());
  return values;
}

std::vector<std::uint64_t> novelty_of(const CompiledRule& rule, const Value& root) {
  std::vector<std::uint64_t> hashes;
  DigestBuilder digest;
  for (const FieldPath& field : rule.alert_on_new) {
    for (const std::string_view text : field.scalars(root, Reading::as_apiserver)) {
      const Digest whole = digest.field(field.text()).field(text).finish();
      std::uint64_t hash = 0;
      std::memcpy(&hash, whole.data(), sizeof hash);
      hashes.push_back(hash);
    }
  }
  std::sort(hashes.begin(), hashes.end());
  hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
  return hashes;
}

// Of an event that stands in its record as it is, one of several maybe; 0 for any other.
std::size_t offset_within(std::string_view record, std::string_view event) {
  const std::less<> before;
  const char* end = record.data() + record.size();
  if (before(event.data(), record.data()) || !before(event.data(), end)) return 0;
  return static_cast<std::size_t>(event.data() - record.data());
}

// The groups {source, reason} of a built-in rule.
std::vector<Group> blind_spot(const std::string& source, const std::string& reason) {
  return {{bounded_text(source), reason}};
}

Match match_of(const CompiledRule& rule, const Value& root, std::vector<Group> groups) {
  Match match;
  match.groups = std::move(groups);
  for (const FieldPath& field : rule.values) {
    match.values.push_back(distinct_values(field, root, std::string::npos));
  }
  match.novelty = novelty_of(rule, root);
  return match;
}

}  // namespace

std::string bounded_text(std::string_view text) {
  if (text.size() <= kTextMax) return std::string(text);
  return shorten(text, kTextMax) + "#" + to_hex(digest_of(text)).substr(0, kHashDigits);
}

Groups groups_of(const CompiledRule& rule, const Value& root) {
  // Of each field only the smallest can be in the groups that are kept; one more tells of the rest.
  std::vector<Group> choices;
  for (const FieldPath& field : rule.group_by) {
    const auto values = distinct_values(field, root, kGroupsMax + 1);
    choices.emplace_back(values.begin(), values.end());
    if (values.empty()) choices.back().push_back(rule.rule.aggregate.fill);
  }
  Groups groups;
  std::vector<std::size_t> at(choices.size(), 0);
  while (true) {
    if (groups.kept.size() == kGroupsMax) {
      groups.truncated = true;
      return groups;
    }
    Group group;
    for (std::size_t i = 0; i < at.size(); ++i) group.push_back(choices[i][at[i]]);
    groups.kept.push_back(std::move(group));
    // Count on like an odometer, the last field fastest: that is the sorted order.
    std::size_t field = at.size();
    while (field > 0 && ++at[field - 1] == choices[field - 1].size()) at[--field] = 0;
    if (field == 0) return groups;
  }
}

EventRef reference_to(const AuditEvent& event, const Record& record, const std::string& source) {
  EventRef reference;
  reference.audit_id = name_of(event.root, "auditID");
  reference.stage = name_of(event.root, "stage");
  reference.source = source;
  reference.offset = record.offset + offset_within(record.text, event.raw);
  auto time = parse_time(text_of(event.root, "stageTimestamp"));
  if (!time) time = parse_time(text_of(event.root, "requestReceivedTimestamp"));
  reference.time = time.value_or(WallTime());
  return reference;
}

void RuleSet::match(const AuditEvent& event, const Record& record, const std::string& source,
                    std::vector<Match>& out) const {
  const std::size_t first = out.size();
  match_rules(Asked::all, index_.candidates(event.root), event, record, source, std::nullopt, out);
  if (out.size() - first < 2) return;
  const auto begin = out.begin() + static_cast<std::ptrdiff_t>(first);
  std::vector<std::uint32_t> told;
  for (auto match = begin; match != out.end(); ++match) {
    if (match->exception == Match::kNoException) told.push_back(match->rule);
  }
  out.erase(std::remove_if(begin, out.end(),
                           [&](const Match& match) { return yields(match.rule, told); }),
            out.end());
}

RuleIndex::Candidates RuleSet::match_pending(const AuditEvent& event, const Record& record,
                                             const std::string& source, std::uint32_t write,
                                             std::vector<Match>& out) const {
  RuleIndex::Candidates candidates = index_.candidates(event.root);
  match_rules(Asked::without_history, candidates, event, record, source, write, out);
  const auto is_decided = [&](std::uint32_t i) {
    return !rules_[i].asks_history ||
           rules_[i].detection.weigh(event.root, Unknown::history) == Truth::no;
  };
  candidates.erase(std::remove_if(candidates.begin(), candidates.end(), is_decided),
                   candidates.end());
  return candidates;
}

bool RuleSet::may_match_uneventful(const AuditEvent& event,
                                   const RuleIndex::Candidates& undecided) const {
  return std::any_of(undecided.begin(), undecided.end(), [&](std::uint32_t i) {
    return rules_[i].detection.weigh(event.root, Unknown::course) != Truth::no;
  });
}

void RuleSet::match_settled(const AuditEvent& event, const Record& record,
                            const std::string& source, std::uint32_t write,
                            std::vector<Match>& out) const {
  match_rules(Asked::with_history, index_.candidates(event.root), event, record, source, write,
              out);
}

void RuleSet::match_rules(Asked asked, const RuleIndex::Candidates& candidates,
                          const AuditEvent& event, const Record& record, const std::string& source,
                          std::optional<std::uint32_t> write, std::vector<Match>& out) const {
  for (const std::uint32_t i : candidates) {
    const CompiledRule& rule = rules_[i];
    if (asked != Asked::all && rule.asks_history != (asked == Asked::with_history)) continue;
    if (!rule.detection.matches(event.root, Reading::as_apiserver)) continue;
    Groups groups = groups_of(rule, event.root);
    Match match = match_of(rule, event.root, std::move(groups.kept));
    match.rule = i;
    match.event = reference_to(event, record, source);
    match.write = write;
    match.exception = exception_for(i, event.root, match.event.time);
    const EventRef reference = match.event;
    out.push_back(std::move(match));
    if (!groups.truncated) continue;
    Match cut;
    cut.write = write;
    cut.rule = groups_truncated_index();
    cut.groups = blind_spot(source, rule.rule.id);
    cut.event = reference;
    cut.exception = exception_for(cut.rule, event.root, reference.time);
    out.push_back(std::move(cut));
  }
}

std::optional<SplunkRow> RuleSet::splunk_row(std::uint32_t rule, const AuditEvent& event) const {
  const CompiledRule& compiled = rules_[rule];
  if (!compiled.detection.matches(event.root, Reading::as_splunk)) return std::nullopt;
  const auto read = [&](const std::vector<FieldPath>& fields) {
    std::vector<std::vector<std::string>> lists;
    for (const FieldPath& field : fields) {
      const auto texts = field.scalars(event.root, Reading::as_splunk);
      lists.emplace_back(texts.begin(), texts.end());
    }
    return lists;
  };
  return SplunkRow{rule, read(compiled.group_by), read(compiled.values)};
}

Match uninspectable_match(const RuleSet& rules, const std::string& source,
                          const std::string& reason, const EventRef& event) {
  const auto text = [](std::string_view name, std::string_view content) {
    Member member{name, {}};
    member.value.kind = Value::Kind::string;
    member.value.text = content;
    return member;
  };
  const std::array<Member, 4> members = {text("source", source), text("reason", reason),
                                         text("auditID", event.audit_id),
                                         text("stage", event.stage)};
  Value facts;
  facts.kind = Value::Kind::object;
  facts.members = members.data();
  facts.size = static_cast<std::uint32_t>(members.size());

  Match match;
  match.rule = rules.line_uninspectable_index();
  match.groups = blind_spot(source, reason);
  match.event = event;
  match.exception = rules.exception_for(match.rule, facts, event.time);
  return match;
}

}  // namespace nodeportd
