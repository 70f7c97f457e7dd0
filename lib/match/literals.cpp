#include "match/literals.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <tuple>

#include "match/exposure_path.hpp"
#include "match/regex_atoms.hpp"

namespace nodeportd {
namespace {

constexpr std::size_t kRunMin = 4;
constexpr char kNoLetter = ' ';
constexpr std::size_t kAlternativesMax = 64;  // the scan's work grows with each
constexpr std::size_t kBesidesMax = 8;

// What stands in most records whatever happened; a run within one of these tells little.
constexpr std::array<std::string_view, 34> kEverywhere = {"kind",
                                                          "event",
                                                          "apiversion",
                                                          "audit",
                                                          "metadata",
                                                          "requestresponse",
                                                          "level",
                                                          "stage",
                                                          "responsecomplete",
                                                          "requestreceived",
                                                          "responsestarted",
                                                          "requesturi",
                                                          "verb",
                                                          "user",
                                                          "username",
                                                          "groups",
                                                          "authenticated",
                                                          "serviceaccounts",
                                                          "system",
                                                          "sourceips",
                                                          "useragent",
                                                          "kubernetes",
                                                          "objectref",
                                                          "resource",
                                                          "namespaces",
                                                          "services",
                                                          "pods",
                                                          "create",
                                                          "update",
                                                          "requestobject",
                                                          "responseobject",
                                                          "responsestatus",
                                                          "annotations",
                                                          "authorization"};

// What decode says for a carrier that has it in no words (docs/CARRIERS.md: GKE has a status of 0
// and a `granted` of false), so that no record need hold it.
constexpr std::array<std::string_view, 4> kTranslated = {"success", "failure", "forbid", "allow"};

// The names that decode gives what a carrier calls otherwise. Only a keyword asks for a name.
constexpr std::array<std::string_view, 26> kTranslatedNames = {
    "annotations",    "apigroup",
    "apiversion",     "auditid",
    "authorization",  "code",
    "decision",       "kind",
    "level",          "message",
    "name",           "namespace",
    "objectref",      "requestobject",
    "resource",       "requestreceivedtimestamp",
    "responseobject", "responsestatus",
    "sourceips",      "stagetimestamp",
    "status",         "subresource",
    "user",           "useragent",
    "username",       "verb"};

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_within_any(const std::string& run, std::span<const std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
    return word.find(run) != std::string_view::npos;
  });
}

bool is_everywhere(const std::string& run) {
  return is_within_any(run, kEverywhere);
}

bool may_be_named(const Words& words) {
  return is_within_any(words.front(), kTranslatedNames);
}

// Greater is better: rare words, long ones, few of them. Of several that are needed together each
// lets little enough through.
auto worth(const Literals& literals) {
  bool rare = true;
  std::size_t shortest = literals.empty() ? 0 : literals.front().front().size();
  for (const Words& words : literals) {
    rare = rare && !std::all_of(words.begin(), words.end(), is_everywhere);
    shortest = std::min(shortest, words.front().size());
  }
  return std::tuple(!literals.empty(), rare, shortest, -static_cast<int>(literals.size()));
}

Literals unite(Literals all) {
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  if (all.size() > kAlternativesMax) all.clear();
  return all;
}

// All parts are needed: the best of them will do.
template <typename Parts, typename Find>
Literals best_of(const Parts& parts, Find find) {
  Literals best;
  for (const auto& part : parts) {
    Literals found = find(part);
    if (worth(found) > worth(best)) best = std::move(found);
  }
  return best;
}

// One part is enough: each must have literals, and any of them all may be the one.
template <typename Parts, typename Find>
Literals union_of(const Parts& parts, Find find) {
  Literals all;
  for (const auto& part : parts) {
    const Literals found = find(part);
    if (found.empty()) return {};
    all.insert(all.end(), found.begin(), found.end());
  }
  return unite(std::move(all));
}

Literals itself(const Literals& literals) {
  return literals;
}

// The best run of letters in a text.
Literals of_text(std::string_view text) {
  std::vector<Literals> runs;
  std::string run;
  const auto close = [&] {
    if (run.size() >= kRunMin && !is_within_any(run, kTranslated)) runs.push_back({{run}});
    run.clear();
  };
  for (const char c : text) {
    if (is_letter(c)) {
      run += static_cast<char>(c | 0x20);
    } else {
      close();
    }
  }
  close();
  return best_of(runs, itself);
}

Literals of_glob(const Glob& glob) {
  return best_of(glob.segments(), [](const Glob::Segment& segment) {
    std::string text;
    for (const Piece piece : segment) {
      text += piece.kind == Piece::Kind::byte ? piece.byte : kNoLetter;
    }
    return of_text(text);
  });
}

// The atoms of which one is needed, as few as can be: the first in `order` are left out first.
std::vector<bool> thinned(const RegexAtoms& atoms, std::vector<bool> chosen,
                          const std::vector<std::size_t>& order) {
  for (const std::size_t atom : order) {
    chosen[atom] = false;
    if (!atoms.needs_one_of(chosen)) chosen[atom] = true;
  }
  return chosen;
}

Literals of_regex(const RegexTest& test) {
  const RegexAtoms atoms(*test.pattern);
  std::vector<Literals> literals;  // of each atom
  std::vector<std::size_t> usable;
  for (const std::string& text : atoms.texts()) {
    literals.push_back(of_text(text));
    if (!literals.back().empty()) usable.push_back(literals.size() - 1);
  }
  const auto flags_of = [&](const std::vector<std::size_t>& some) {
    std::vector<bool> flags(literals.size(), false);
    for (const std::size_t atom : some) flags[atom] = true;
    return flags;
  };
  if (usable.empty() || !atoms.needs_one_of(flags_of(usable))) return {};
  std::vector<Literals> choices;
  for (const std::size_t atom : usable) {
    if (atoms.needs_one_of(flags_of({atom}))) choices.push_back(literals[atom]);
  }
  std::sort(usable.begin(), usable.end(),
            [&](std::size_t a, std::size_t b) { return worth(literals[a]) < worth(literals[b]); });
  const std::vector<bool> chosen = thinned(atoms, flags_of(usable), usable);
  std::erase_if(usable, [&](std::size_t atom) { return !chosen[atom]; });
  choices.push_back(union_of(usable, [&](std::size_t atom) { return literals[atom]; }));
  return best_of(choices, itself);
}

Literals of_test(const ValueTest& test) {
  if (const auto* regex = std::get_if<RegexTest>(&test)) return of_regex(*regex);
  const auto* text = std::get_if<TextTest>(&test);
  return text == nullptr ? Literals() : union_of(text->any_of, of_glob);
}

// A test that holds where nothing is needs no write of a Service.
bool needs_value(const ValueTest& test) {
  if (std::holds_alternative<NullTest>(test)) return false;
  const auto* exists = std::get_if<ExistsTest>(&test);
  return exists == nullptr || exists->wanted;
}

Literals of_item(const DetectionItem& item) {
  if (item.negated) return {};
  if (item.field && is_exposure(*item.field)) {
    const bool needed = std::all_of(item.tests.begin(), item.tests.end(), needs_value);
    return needed ? exposure_literals() : Literals();
  }
  Literals found = item.link == DetectionItem::Link::all ? best_of(item.tests, of_test)
                                                         : union_of(item.tests, of_test);
  const bool is_named = !item.field && std::any_of(found.begin(), found.end(), may_be_named);
  return is_named ? Literals() : found;
}

Literals of_selection(const Selection& selection) {
  return union_of(selection.alternatives,
                  [](const Selection::Alternative& items) { return best_of(items, of_item); });
}

Literals of_expression(const Detection& detection, const Expression& expression) {
  const auto of_part = [&](const Expression& part) { return of_expression(detection, part); };
  switch (expression.kind) {
    case Expression::Kind::selection:
      return of_selection(detection.selections[expression.selection]);
    case Expression::Kind::all_of:
      return best_of(expression.parts, of_part);
    case Expression::Kind::any_of:
      return union_of(expression.parts, of_part);
    case Expression::Kind::negation:
      break;
  }
  return {};
}

void append_new(const Words& more, Words& words) {
  for (const std::string& word : more) {
    if (words.size() >= kBesidesMax) return;
    if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
  }
}

Words besides_of(const Detection& detection, const Expression& expression) {
  Words words;
  // One of a single part is all of it.
  if (expression.kind == Expression::Kind::all_of ||
      (expression.kind == Expression::Kind::any_of && expression.parts.size() == 1)) {
    for (const Expression& part : expression.parts) {
      append_new(besides_of(detection, part), words);
    }
  }
  if (expression.kind != Expression::Kind::selection) return words;
  const Selection& selection = detection.selections[expression.selection];
  if (selection.alternatives.size() != 1) return words;
  for (const DetectionItem& item : selection.alternatives.front()) {
    const Literals literals = of_item(item);
    if (literals.size() == 1) append_new(literals.front(), words);
  }
  return words;
}

}  // namespace

Words words_besides(const Detection& detection) {
  return besides_of(detection, detection.condition);
}

Literals required_literals(const Detection& detection) {
  return of_expression(detection, detection.condition);
}

}  // namespace nodeportd
