#include "match/detection.hpp"

#include <algorithm>

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

}  // namespace

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

}  // namespace nodeportd
