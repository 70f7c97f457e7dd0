#include "match/value_test.hpp"

#include <algorithm>
#include <type_traits>

#include "base/time_text.hpp"

namespace nodeportd {
namespace {

bool satisfies(std::strong_ordering order, Comparison comparison) {
  switch (comparison) {
    case Comparison::equal:
      return order == 0;
    case Comparison::less:
      return order < 0;
    case Comparison::less_or_equal:
      return order <= 0;
    case Comparison::greater:
      return order > 0;
    case Comparison::greater_or_equal:
      return order >= 0;
  }
  return false;
}

bool passes(const TextTest& test, const Value& value) {
  const bool text = value.is_scalar();
  return value.kind != Value::Kind::null &&
         std::any_of(test.any_of.begin(), test.any_of.end(), [&](const Glob& glob) {
           return text ? glob.matches(value.text) : glob.is_anything();
         });
}

bool passes(const RegexTest& test, const Value& value) {
  return value.is_scalar() &&
         re2::RE2::PartialMatch(re2::StringPiece(value.text.data(), value.text.size()),
                                *test.pattern);
}

bool passes(const NumberTest& test, const Value& value) {
  if (value.kind != Value::Kind::number && value.kind != Value::Kind::string) return false;
  const auto number = Decimal::parse(value.text);
  return number && satisfies(*number <=> test.number, test.comparison);
}

bool passes(const TimeTest& test, const Value& value) {
  if (value.kind != Value::Kind::string) return false;
  const auto time = parse_time(value.text);
  return time && satisfies(part_of(*time, test.part) <=> test.number, test.comparison);
}

bool passes(const NetworkTest& test, const Value& value) {
  return value.kind == Value::Kind::string && test.network.contains(value.text);
}

// About a field as a whole: see holds().
bool passes(const NullTest& /*test*/, const Value& /*value*/) {
  return false;
}
bool passes(const ExistsTest& /*test*/, const Value& /*value*/) {
  return false;
}
bool passes(const FieldTest& /*test*/, const Value& /*value*/) {
  return false;
}

bool holds_for(const NullTest& /*test*/, const FieldPath& field, const Value& root,
               Reading reading) {
  return !field.any_of(root, reading,
                       [](const Value& value) { return value.kind != Value::Kind::null; });
}

bool holds_for(const ExistsTest& test, const FieldPath& field, const Value& root, Reading reading) {
  return field.any_of(root, reading, [](const Value&) { return true; }) == test.wanted;
}

Glob pattern_for(const FieldTest& test, std::string_view text) {
  Pieces pieces = plain_pattern(text);
  const Piece run{Piece::Kind::any_run, 0};
  const bool open_front =
      test.part == FieldTest::Part::back || test.part == FieldTest::Part::anywhere;
  const bool open_back =
      test.part == FieldTest::Part::front || test.part == FieldTest::Part::anywhere;
  if (open_front) pieces.insert(pieces.begin(), run);
  if (open_back) pieces.push_back(run);
  return {pieces, test.letters};
}

bool holds_for(const FieldTest& test, const FieldPath& field, const Value& root, Reading reading) {
  std::vector<NumberTest> numbers;
  std::vector<Glob> texts;
  test.other.any_of(root, reading, [&](const Value& value) {
    if (!value.is_scalar()) return false;
    texts.push_back(pattern_for(test, value.text));
    const auto number =
        value.kind == Value::Kind::number ? Decimal::parse(value.text) : std::nullopt;
    if (number && test.part == FieldTest::Part::whole) {
      numbers.push_back({Comparison::equal, *number});
    }
    return false;
  });
  return field.any_of(root, reading, [&](const Value& value) {
    return value.is_scalar() &&
           (std::any_of(texts.begin(), texts.end(),
                        [&](const Glob& text) { return text.matches(value.text); }) ||
            std::any_of(numbers.begin(), numbers.end(),
                        [&](const NumberTest& number) { return passes(number, value); }));
  });
}

template <typename Test>
bool holds_for(const Test& test, const FieldPath& field, const Value& root, Reading reading) {
  return field.any_of(root, reading, [&](const Value& value) { return passes(test, value); });
}

int week_of(std::chrono::sys_days day) {
  using std::chrono::days;
  // An ISO week belongs to the year of its Thursday.
  const std::chrono::weekday weekday(day);
  const auto thursday = day + days(4) - days(weekday.iso_encoding());
  const std::chrono::year_month_day date(thursday);
  const std::chrono::sys_days new_year(date.year() / std::chrono::January / 1);
  return static_cast<int>((thursday - new_year).count() / 7) + 1;
}

}  // namespace

int part_of(WallTime time, TimePart part) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  switch (part) {
    case TimePart::minute:
      return static_cast<int>(clock.minutes().count());
    case TimePart::hour:
      return static_cast<int>(clock.hours().count());
    case TimePart::day:
      return static_cast<int>(static_cast<unsigned>(date.day()));
    case TimePart::week:
      return week_of(day);
    case TimePart::month:
      return static_cast<int>(static_cast<unsigned>(date.month()));
    case TimePart::year:
      return static_cast<int>(date.year());
  }
  return 0;
}

bool holds(const ValueTest& test, const FieldPath& field, const Value& root, Reading reading) {
  return std::visit([&](const auto& kind) { return holds_for(kind, field, root, reading); }, test);
}

bool accepts(const ValueTest& test, const Value& value) {
  return std::visit([&](const auto& kind) { return passes(kind, value); }, test);
}

bool accepts(const ValueTest& test, std::string_view text) {
  Value value;
  value.kind = Value::Kind::string;
  value.text = text;
  return accepts(test, value);
}

}  // namespace nodeportd
