#include "daemon/verbs/explain_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "base/time_text.hpp"
#include "sink/format.hpp"

namespace nodeportd {
namespace {

using Verdict = RuleExplanation::Verdict;

constexpr std::size_t kAskedMax = 72;     // bytes of what a rule asks for
constexpr std::size_t kFoundShown = 160;  // bytes of what was found
constexpr std::size_t kAskedColumn = 40;
constexpr std::size_t kNameMax = 15;  // of a selection
constexpr std::size_t kAlternativesShown = 3;
constexpr std::size_t kWordsShown = 8;

// Behind the rule's name: why a rule that matches says nothing.
std::string reason_of(const RuleExplanation& rule, const RuleSet& rules) {
  if (rule.verdict == Verdict::suppressed) {
    const ExceptionSpec& exception = rules.exceptions()[rule.exception];
    return fmt::format(": exception '{}', {}", bounded_printable(exception.name, kFoundShown),
                       bounded_printable(exception.reason, kFoundShown));
  }
  std::vector<std::string> names;
  for (const std::uint32_t superior : rule.yields_to) {
    names.push_back(bounded_printable(rules.catalog()[superior].name, kFoundShown));
  }
  return names.empty() ? "" : fmt::format(" to {}", fmt::join(names, ", "));
}

std::string_view label_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::no_match:
      return "no match";
    case Verdict::told:
      return "ALERT";
    case Verdict::suppressed:
      return "suppressed";
    case Verdict::yields:
      return "yields";
  }
  return "";
}

std::string found_in(const ItemExplanation& item) {
  if (item.asked.starts_with("anywhere: ") || item.asked.starts_with('|')) return "";
  if (item.found.empty()) return "not there";
  std::string found =
      bounded_printable(fmt::format("{}", fmt::join(item.found, ", ")), kFoundShown);
  if (item.found_more > 0) found += fmt::format(" and {} more", item.found_more);
  return found;
}

bool asks_for_exposure(const ItemExplanation& item) {
  return item.asked.starts_with("exposure.");
}

// The rules of an event, a few lines each.
class RuleReport {
 public:
  RuleReport(const ExplainedEvent& event, const RuleSet& rules) : event_(event), rules_(rules) {}

  // Those that match come first.
  std::string text() {
    std::vector<const RuleExplanation*> order;
    for (const RuleExplanation& rule : event_.rules) order.push_back(&rule);
    std::stable_partition(order.begin(), order.end(), [](const RuleExplanation* rule) {
      return rule->verdict != Verdict::no_match;
    });
    for (const RuleExplanation* rule : order) add(*rule);
    return std::move(text_);
  }

 private:
  void add(const RuleExplanation& rule) {
    text_ += fmt::format("  {:10} {}{}  [{}]\n", label_of(rule.verdict),
                         bounded_printable(rules_.catalog()[rule.rule].name, kFoundShown),
                         reason_of(rule, rules_), bounded_printable(rule.condition, kAskedMax));
    for (const SelectionExplanation& selection : rule.selections) add(selection);
  }

  // Of a selection that holds, the items of one alternative that does; else those that failed.
  void add(const SelectionExplanation& selection) {
    head_ = bounded_printable(selection.name, kNameMax) + (selection.held ? " held" : " failed");
    if (!selection.held && needs_exposure(selection)) {
      add_line("needs facts that only a finished write of a Service has");
      return;
    }
    std::size_t told = 0;
    for (const auto& items : selection.alternatives) {
      const bool holds =
          std::all_of(items.begin(), items.end(), [](const auto& item) { return item.held; });
      if (holds != selection.held) continue;
      if (++told > (selection.held ? 1 : kAlternativesShown)) continue;
      if (told > 1) add_line("or");
      for (const ItemExplanation& item : items) {
        if (item.held == selection.held) add(item);
      }
    }
    if (!selection.held && told > kAlternativesShown) {
      add_line(fmt::format("and {} that fail too", told - kAlternativesShown));
    }
  }

  // Whether each alternative fails for want of it.
  [[nodiscard]] bool needs_exposure(const SelectionExplanation& selection) const {
    return !event_.exposure &&
           std::all_of(selection.alternatives.begin(), selection.alternatives.end(),
                       [](const auto& items) {
                         return std::any_of(items.begin(), items.end(), [](const auto& item) {
                           return !item.held && asks_for_exposure(item);
                         });
                       });
  }

  void add(const ItemExplanation& item) {
    const std::string found = found_in(item);
    const std::string asked = bounded_printable(item.asked, kAskedMax);
    add_line(found.empty() ? asked : fmt::format("{:{}}  is {}", asked, kAskedColumn, found));
  }

  void add_line(const std::string& line) {
    text_ += fmt::format("    {:22} {}\n", std::exchange(head_, ""), line);
  }

  const ExplainedEvent& event_;
  const RuleSet& rules_;
  std::string text_;
  std::string head_;  // of the next line
};

std::string words_for(const Exposure& exposure) {
  std::string words = bounded_printable(to_words(exposure), kFoundShown) +
                      "; before: " + std::string(to_text(exposure.before));
  std::string opened;
  for (const NodePort& port : exposure.opened.node_ports) {
    opened += " " + (port.number ? std::to_string(*port.number) : "?");
  }
  for (const std::string& address : exposure.opened.external_ips) opened += " " + address;
  if (const auto number = exposure.opened.health_check_node_port) {
    opened += " " + std::to_string(*number);
  }
  words += "; opened:" + (opened.empty() ? " nothing" : bounded_printable(opened, kFoundShown));
  words += fmt::format("; inspectable: {}", to_text(exposure.inspectable));
  if (!exposure.inspectable_reason.empty()) words += " (" + exposure.inspectable_reason + ")";
  return words;
}

std::string scan_words(const RuleSet& rules) {
  std::vector<std::string> wanted;
  for (const Literals& literals : rules.literals()) {
    for (const Words& words : literals) {
      std::string all = fmt::format("{}", fmt::join(words, "+"));
      if (std::find(wanted.begin(), wanted.end(), all) == wanted.end())
        wanted.push_back(std::move(all));
    }
  }
  std::vector<std::string> first;
  for (std::size_t i = 0; i < std::min(wanted.size(), kWordsShown); ++i) {
    first.push_back(bounded_printable(wanted[i], kAskedMax));
  }
  std::string text = fmt::format("{}", fmt::join(first, ", "));
  if (wanted.size() > kWordsShown) text += fmt::format(" and {} more", wanted.size() - kWordsShown);
  return text;
}

}  // namespace

std::string_view words_for(Reject reject) {
  switch (reject) {
    case Reject::not_json:
      return "it is not JSON";
    case Reject::torn:
      return "it ends in the middle";
    case Reject::not_an_object:
      return "it is JSON, but no object, so no event";
    case Reject::too_deep:
      return "it is nested deeper than kube-apiserver itself takes";
    case Reject::too_large:
      return "it holds more values than a request can bring";
    case Reject::oversize:
      return "it is longer than a record may be";
    case Reject::cut:
      return "a log service cut its end off";
    case Reject::packed:
      return "it is packed, which its feeder was to undo";
    case Reject::legacy_format:
      return "it is of kube-apiserver's legacy text format, which holds no bodies";
  }
  return "";
}

std::string report_of(const ExplainedRecord& record, const RecordPlace& place,
                      const RuleSet& rules) {
  std::string text;
  const std::string head =
      fmt::format("{}:{}  ", bounded_printable(place.file, kFoundShown), place.line);
  if (record.events.empty()) text += head + "holds no event\n";
  for (const ExplainedEvent& event : record.events) {
    if (event.reject) {
      text += fmt::format("{}cannot be inspected ({}): {}\n", head, to_text(*event.reject),
                          words_for(*event.reject));
      continue;
    }
    text += fmt::format(
        "{}{}, {}, {}, auditID {}\n", head, bounded_printable(event.what, kFoundShown),
        bounded_printable(event.event.stage, kFoundShown), format_time(event.event.time),
        bounded_printable(event.event.audit_id, kFoundShown));
    if (!record.passes_scan) {
      text += fmt::format("  passed over by the scan: it holds none of {}\n", scan_words(rules));
    }
    if (event.exposure) text += "  exposure   " + words_for(*event.exposure) + "\n";
    text += RuleReport(event, rules).text();
  }
  return text;
}

}  // namespace nodeportd
