#include "base/text.hpp"

#include <fmt/format.h>

#include <array>
#include <catch2/catch.hpp>
#include <string>

using namespace nodeportd;

namespace {

struct Case {
  std::string text;
  std::string expected;
};

}  // namespace

TEST_CASE("printable shows what a terminal would act on, and leaves the rest") {
  const auto c = GENERATE(values<Case>({
      {"plain text, ünïcödé, 日本, 🚀", "plain text, ünïcödé, 日本, 🚀"},
      {"a\nb\tc\r\x1b[31m\x7f", R"(a\x0ab\x09c\x0d\x1b[31m\x7f)"},
      {std::string("\0", 1), R"(\x00)"},
      {"\u0085\u009b", R"(\u{0085}\u{009b})"},  // C1: NEL and CSI
      {"\u202e\u2066\u200f\u061c", R"(\u{202e}\u{2066}\u{200f}\u{061c})"},
      {"\u2028\ufeff", R"(\u{2028}\u{feff})"},
      {"\xff\xc0\xafz", R"(\xff\xc0\xafz)"},        // an overlong slash
      {"\xed\xa0\x80", R"(\xed\xa0\x80)"},          // a surrogate
      {"\xf4\x90\x80\x80", R"(\xf4\x90\x80\x80)"},  // above U+10FFFF
      {"\xe2\x82", R"(\xe2\x82)"},                  // cut off
      {"", ""},
  }));
  CHECK(printable(c.text) == c.expected);
}

TEST_CASE("valid_utf8 keeps what is valid, controls included, and replaces each other byte") {
  const auto c = GENERATE(values<Case>({
      {"ok\n€", "ok\n€"},
      {"a\xff"
       "b",
       "a\ufffd"
       "b"},
      {"\xe2\x82", "\ufffd\ufffd"},
      {"\xf0\x9f\x9a\x80", "🚀"},
      {"\xed\xa0\x80", "\ufffd\ufffd\ufffd"},
  }));
  CHECK(valid_utf8(c.text) == c.expected);
}

TEST_CASE("escape_hidden writes what a terminal would act on as JSON escapes, and nothing else") {
  const auto c = GENERATE(values<Case>({
      {R"({"a":"ü 🚀 \n"})", R"({"a":"ü 🚀 \n"})"},
      {"\"\x7f\u009b\u202e\u2028\ufeff\"", R"("\u007F\u009B\u202E\u2028\uFEFF")"},
      {"\xff.", R"(\u0000.)"},  // never written, and no reason to hang
  }));
  CHECK(escape_hidden(c.text) == c.expected);
}

TEST_CASE("a byte is judged alike wherever in a text it stands, whatever its neighbour") {
  const std::string_view neighbour =
      GENERATE(values<std::string_view>({"a", " ", "~", "\x1f", "\x7f", "\xff"}));
  for (std::size_t at = 0; at < 20; ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string text(20, 'x');
      text[at] = static_cast<char>(byte);
      text.insert(at, neighbour);
      std::string valid;
      std::string escaped;
      for (const char c : text) {
        const bool is_ascii = static_cast<unsigned char>(c) < 0x80;
        const bool is_shown = is_ascii && c >= ' ' && c != '\x7f';
        valid += is_ascii ? std::string(1, c) : "\ufffd";
        escaped += is_shown ? std::string(1, c) : is_ascii ? fmt::format("\\u{:04X}", c) : "";
      }
      REQUIRE(valid_utf8(text) == valid);
      if (byte < 0x80 && neighbour != "\xff") REQUIRE(escape_hidden(text) == escaped);
    }
  }
}

TEST_CASE("shorten keeps within its bytes and never cuts a character") {
  struct Cut {
    std::string text;
    std::size_t bytes_max;
    std::string expected;
  };
  const auto c = GENERATE(values<Cut>({
      {"short", 5, "short"},
      {"longer", 5, "lo…"},
      {"aé日", 6, "aé日"},
      {"aé日x", 6, "aé…"},
      {"日日日", 8, "日…"},
      {"🚀🚀", 6, "…"},
      {"abcd", 3, "…"},
      {"abcd", 2, "ab"},
      {"日本", 2, ""},
      {"abc", 0, ""},
  }));
  CHECK(shorten(c.text, c.bytes_max) == c.expected);
}

TEST_CASE("nearest finds the word that was meant, and does not guess wildly") {
  constexpr std::array<std::string_view, 4> kKnown{"audit_log", "start_at", "max_line", "url"};
  const auto c = GENERATE(values<Case>({
      {"audit_logs", "audit_log"},
      {"auditlog", "audit_log"},
      {"startat", "start_at"},
      {"max_lines", "max_line"},
      {"uri", "url"},
      {"rul", "url"},
      {"path", ""},
      {"zzz", ""},
      {std::string(10'000, 'x'), ""},
  }));
  CHECK(nearest(c.text, kKnown) == c.expected);
  CHECK(nearest(c.text, {}).empty());
  const std::string question = did_you_mean(c.text, kKnown);
  CHECK(question == (c.expected.empty() ? "" : ": did you mean '" + c.expected + "'?"));
}

TEST_CASE("of a long text as much is made printable as is shown, and the same as of all of it") {
  const std::string text =
      GENERATE(as<std::string>{}, "", "abc", std::string(20, 'x'), "日本語日本語", "a\x1b[31mred",
               std::string(9, '\x80'), "abcdef\xE2\x80\xAExyz", "abcdefg\xF0\x9F\x98",
               "\xF0\x9F\x98\x80\xF0");
  for (std::size_t most = 0; most < 24; ++most) {
    CAPTURE(text, most);
    CHECK(bounded_printable(text, most) == shorten(printable(text), most));
    CHECK(bounded_printable(text + text, most) == shorten(printable(text + text), most));
  }
}
