#include "match/detection.hpp"

#include <algorithm>

#include "match/exposure_path.hpp"

namespace nodeportd {
namespace {

// Whether the keyword stands in a key or a scalar of the event. Looks at all that was written,
// shadowed duplicates too; keeps its own stack, since an event nests 10,000 deep.
bool stands_in(const ValueTest& keyword, const Value& root) {
  std::vector<const Value*> pending = {&root};
  while (!pending.empty()) {
    const Value& value = *pending.back();
    pending.pop_back();
    if (value.is_scalar() && accepts(keyword, value)) return true;
    if (value.kind == Value::Kind::array) {
      for (std::size_t i = 0; i < value.size; ++i) pending.push_back(&value.items[i]);
    }
    if (value.kind != Value::Kind::object) continue;
    for (std::size_t i = 0; i < value.size; ++i) {
      if (accepts(keyword, value.members[i].name)) return true;
      pending.push_back(&value.members[i].value);
    }
  }
  return false;
}

bool expression_holds(const Detection& detection, const Expression& expression, const Value& root,
                      Reading reading) {
  const auto part_holds = [&](const Expression& part) {
    return expression_holds(detection, part, root, reading);
  };
  switch (expression.kind) {
    case Expression::Kind::selection:
      return detection.selections[expression.selection].holds(root, reading);
    case Expression::Kind::all_of:
      return std::all_of(expression.parts.begin(), expression.parts.end(), part_holds);
    case Expression::Kind::any_of:
      return std::any_of(expression.parts.begin(), expression.parts.end(), part_holds);
    case Expression::Kind::negation:
      return !part_holds(expression.parts.front());
  }
  return false;
}

// The least of the parts for `and`, the greatest for `or`; stops where nothing can change it.
template <typename Parts, typename Weigh>
Truth fold(const Parts& parts, Truth neutral, Weigh weigh) {
  Truth result = neutral;
  for (const auto& part : parts) {
    const Truth truth = weigh(part);
    result = neutral == Truth::yes ? std::min(result, truth) : std::max(result, truth);
    if (result != neutral && result != Truth::maybe) break;
  }
  return result;
}

Truth weigh_item(const DetectionItem& item, const Value& root, Unknown unknown) {
  if (item.asks_for(unknown)) return Truth::maybe;
  return item.holds(root, Reading::as_apiserver) ? Truth::yes : Truth::no;
}

Truth weigh_selection(const Selection& selection, const Value& root, Unknown unknown) {
  return fold(selection.alternatives, Truth::no, [&](const Selection::Alternative& items) {
    return fold(items, Truth::yes,
                [&](const DetectionItem& item) { return weigh_item(item, root, unknown); });
  });
}

Truth weigh_expression(const Detection& detection, const Expression& expression, const Value& root,
                       Unknown unknown) {
  const auto weigh = [&](const Expression& part) {
    return weigh_expression(detection, part, root, unknown);
  };
  switch (expression.kind) {
    case Expression::Kind::selection:
      return weigh_selection(detection.selections[expression.selection], root, unknown);
    case Expression::Kind::all_of:
      return fold(expression.parts, Truth::yes, weigh);
    case Expression::Kind::any_of:
      return fold(expression.parts, Truth::no, weigh);
    case Expression::Kind::negation:
      break;
  }
  const Truth truth = weigh(expression.parts.front());
  return truth == Truth::maybe ? truth : truth == Truth::yes ? Truth::no : Truth::yes;
}

}  // namespace

bool DetectionItem::asks_for(Unknown unknown) const {
  if (field && nodeportd::asks_for(*field, unknown)) return true;
  return std::any_of(tests.begin(), tests.end(), [unknown](const ValueTest& test) {
    const auto* other = std::get_if<FieldTest>(&test);
    return other != nullptr && nodeportd::asks_for(other->other, unknown);
  });
}

bool DetectionItem::holds(const Value& root, Reading reading) const {
  const auto passes = [&](const ValueTest& test) {
    return field ? nodeportd::holds(test, *field, root, reading) : stands_in(test, root);
  };
  const bool passed = link == Link::all ? std::all_of(tests.begin(), tests.end(), passes)
                                        : std::any_of(tests.begin(), tests.end(), passes);
  return passed != negated;
}

bool Selection::holds(const Value& root, Reading reading) const {
  return std::any_of(alternatives.begin(), alternatives.end(), [&](const Alternative& items) {
    return std::all_of(items.begin(), items.end(),
                       [&](const DetectionItem& item) { return item.holds(root, reading); });
  });
}

bool Detection::matches(const Value& root, Reading reading) const {
  return expression_holds(*this, condition, root, reading);
}

Truth Detection::weigh(const Value& root, Unknown unknown) const {
  return weigh_expression(*this, condition, root, unknown);
}

bool Detection::asks_history() const {
  for (const Selection& selection : selections) {
    for (const Selection::Alternative& items : selection.alternatives) {
      if (std::any_of(items.begin(), items.end(),
                      [](const DetectionItem& item) { return item.asks_for(Unknown::history); })) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace nodeportd
