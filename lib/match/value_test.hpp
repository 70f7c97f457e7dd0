#pragma once

#include <re2/re2.h>

#include <cstdint>
#include <memory>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "match/decimal.hpp"
#include "match/field_path.hpp"
#include "match/glob.hpp"
#include "match/network.hpp"
#include "model/event.hpp"

namespace nodeportd {

enum class Comparison : std::uint8_t { equal, less, less_or_equal, greater, greater_or_equal };
enum class TimePart : std::uint8_t { minute, hour, day, week, month, year };

// The part of a time in UTC; `week` is that of ISO 8601, 1 to 53.
[[nodiscard]] int part_of(WallTime time, TimePart part);

// What one value of a rule asks of a field. Each kind knows its own sense of `holds`.

// A scalar, as text: numbers as they are written, booleans as `true` and `false`.
struct TextTest {
  std::vector<Glob> any_of;
};
struct RegexTest {
  std::unique_ptr<const re2::RE2> pattern;  // searched anywhere in a scalar
};
// A number, or text that is one.
struct NumberTest {
  Comparison comparison = Comparison::equal;
  Decimal number;
};
// A part of a time, RFC 3339.
struct TimeTest {
  TimePart part = TimePart::hour;
  Comparison comparison = Comparison::equal;
  int number = 0;
};
struct NetworkTest {
  Network network;
};
// Nothing is there, or nothing but null.
struct NullTest {};
struct ExistsTest {
  bool wanted = true;
};
// Another field of the event holds the same text, or the text that this one begins, ends or is
// found in.
struct FieldTest {
  enum class Part : std::uint8_t { whole, front, back, anywhere };
  FieldPath other;
  Part part = Part::whole;
  Case letters = Case::ignored;
};

using ValueTest = std::variant<TextTest, RegexTest, NumberTest, TimeTest, NetworkTest, NullTest,
                               ExistsTest, FieldTest>;

// Whether a field of an event passes: one of its values does, where the test is about values.
[[nodiscard]] bool holds(const ValueTest& test, const FieldPath& field, const Value& root,
                         Reading reading);

// Whether one value passes. Tests about a field as a whole hold for no single value.
[[nodiscard]] bool accepts(const ValueTest& test, const Value& value);
// The same for a text alone: a key of the event, where a keyword may stand.
[[nodiscard]] bool accepts(const ValueTest& test, std::string_view text);

}  // namespace nodeportd
