#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/event.hpp"

namespace nodeportd::test {

using Random = std::mt19937_64;

inline std::size_t below(Random& random, std::size_t bound) {
  return random() % bound;
}

// A character of a JSON string as an escape, with hexadecimal digits in either case.
inline std::string escape_of(Random& random, char c) {
  std::string escape(6, '\0');
  (void)std::snprintf(escape.data(), escape.size() + 1,
                      below(random, 2) == 0 ? "\\u%04x" : "\\u%04X",
                      static_cast<unsigned>(static_cast<unsigned char>(c)));
  return escape;
}

// Which characters of keys and strings are written as escapes.
enum class Escaped : std::uint8_t { none, letters, digits, some, all };

struct SpellingHabits {
  Escaped escaped = Escaped::none;
  bool is_spaced = false;
  bool is_shuffled = false;
  bool has_decoys = false;  // some names come twice, the true value last
  bool changes_case = false;
};

// Writes a value as JSON in one of the ways that mean the same (with `changes_case`: nearly).
class JsonSpelling {
 public:
  JsonSpelling(Random& random, SpellingHabits habits) : random_(random), habits_(habits) {}

  [[nodiscard]] std::string write(const Value& value) {
    out_.clear();
    put(value);
    return std::move(out_);
  }

  // A string with its quotes.
  [[nodiscard]] std::string write(std::string_view text) {
    out_.clear();
    put_string(text);
    return std::move(out_);
  }

 private:
  bool one_in(std::size_t count) { return below(random_, count) == 0; }

  void put(const Value& value) {
    switch (value.kind) {
      case Value::Kind::null:
        out_ += "null";
        return;
      case Value::Kind::boolean:
      case Value::Kind::number:
        out_ += value.text;
        return;
      case Value::Kind::string:
        put_string(in_other_case(value.text));
        return;
      case Value::Kind::array:
        for (std::size_t i = 0; i < value.size; ++i) {
          put_mark(i == 0 ? "[" : ",");
          put(value.items[i]);
        }
        put_mark(value.size == 0 ? "[]" : "]");
        return;
      case Value::Kind::object:
        put_object(value);
        return;
    }
  }

  void put_object(const Value& object) {
    std::vector<const Member*> members;
    for (std::size_t i = 0; i < object.size; ++i) members.push_back(object.members + i);
    if (habits_.is_shuffled) std::shuffle(members.begin(), members.end(), random_);
    put_mark("{");
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (i > 0) put_mark(",");
      if (habits_.has_decoys && one_in(4)) {
        put_string(members[i]->name);
        out_ += one_in(2) ? ":null," : R"(:"NodePort",)";
      }
      put_string(members[i]->name);
      put_mark(":");
      put(members[i]->value);
    }
    put_mark("}");
  }

  void put_mark(std::string_view mark) {
    put_space();
    out_ += mark;
    put_space();
  }

  void put_space() {
    constexpr std::string_view kSpace = " \t\r\n";
    while (habits_.is_spaced && one_in(2)) out_ += kSpace[below(random_, kSpace.size())];
  }

  std::string in_other_case(std::string_view text) {
    std::string changed(text);
    if (!habits_.changes_case || !one_in(3)) return changed;
    for (char& c : changed) {
      const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      if (is_letter && one_in(2)) c = static_cast<char>(c ^ 0x20);
    }
    return changed;
  }

  void put_string(std::string_view text) {
    out_ += '"';
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte < 0x20 || (byte < 0x80 && is_escaped(c))) {
        out_ += escape_of(random_, c);
      } else {
        if (c == '"' || c == '\\') out_ += '\\';
        out_ += c;
      }
    }
    out_ += '"';
  }

  bool is_escaped(char c) {
    switch (habits_.escaped) {
      case Escaped::none:
        return false;
      case Escaped::letters:
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      case Escaped::digits:
        return c >= '0' && c <= '9';
      case Escaped::some:
        return one_in(16);
      case Escaped::all:
        return true;
    }
    return false;
  }

  Random& random_;
  SpellingHabits habits_;
  std::string out_;
};

[[nodiscard]] inline SpellingHabits random_habits(Random& random) {
  const bool has_escapes = below(random, 2) == 0;
  return {.escaped = static_cast<Escaped>(has_escapes ? 1 + below(random, 4) : 0),
          .is_spaced = below(random, 3) == 0,
          .is_shuffled = below(random, 2) == 0,
          .has_decoys = below(random, 4) == 0,
          .changes_case = below(random, 6) == 0};
}

}  // namespace nodeportd::test
