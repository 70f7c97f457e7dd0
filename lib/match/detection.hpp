#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "match/exposure_path.hpp"
#include "match/field_path.hpp"
#include "match/value_test.hpp"

namespace nodeportd {

// What can be said of an event of which something is unknown: `maybe` depends on that.
enum class Truth : std::uint8_t { no, maybe, yes };

// One `field|modifiers: values` of a selection, or keywords, which have no field and are looked
// for in every key and every scalar of the event.
struct DetectionItem {
  enum class Link : std::uint8_t { any, all };

  std::optional<FieldPath> field;
  std::vector<ValueTest> tests;
  Link link = Link::any;
  bool negated = false;    // modifier `neq`: no value of the field passes, an absent field included
  std::string as_written;  // `field|modifiers: "a" or "b"`, for explanations

  [[nodiscard]] bool holds(const Value& root, Reading reading) const;
  [[nodiscard]] bool asks_for(Unknown unknown) const;
};

// What a search identifier stands for: one of its alternatives, all items of it.
struct Selection {
  using Alternative = std::vector<DetectionItem>;

  std::string name;
  std::vector<Alternative> alternatives;

  [[nodiscard]] bool holds(const Value& root, Reading reading) const;
};

// A condition over selections. Its depth is bounded by the parser.
struct Expression {
  enum class Kind : std::uint8_t { selection, all_of, any_of, negation };

  Kind kind = Kind::selection;
  std::size_t selection = 0;      // index into Detection::selections
  std::vector<Expression> parts;  // one, of a negation
};

// A compiled `detection`. Immutable; any number of threads may ask it.
struct Detection {
  std::vector<Selection> selections;
  Expression condition;
  std::string condition_as_written;
  std::size_t regex_size = 0;  // instructions of all regular expressions

  [[nodiscard]] bool matches(const Value& root, Reading reading) const;
  // The same for a service write while this is unknown (Kleene's logic of three values).
  [[nodiscard]] Truth weigh(const Value& root, Unknown unknown) const;
  // Whether it asks for what only the history of a Service tells.
  [[nodiscard]] bool asks_history() const;
};

}  // namespace nodeportd
