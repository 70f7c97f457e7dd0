#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>

#include "decode/strict_reader.hpp"
#include "decode/tolerant_reader.hpp"
#include "support/random_events.hpp"

namespace nodeportd {
namespace {

using test::below;
using test::Random;

// Equal in kind, text and order, and where the text is the record's own, the same place of it.
bool is_same(const Value& a, const Value& b) {
  if (a.kind != b.kind || a.text != b.text || a.size != b.size) return false;
  const bool is_raw = a.kind == Value::Kind::number || a.kind == Value::Kind::array ||
                      a.kind == Value::Kind::object;
  if (is_raw && a.text.data() != b.text.data()) return false;
  for (std::size_t i = 0; i < a.size; ++i) {
    if (a.kind == Value::Kind::array && !is_same(a.items[i], b.items[i])) return false;
    if (a.kind != Value::Kind::object) continue;
    if (a.members[i].name != b.members[i].name) return false;
    if (!is_same(a.members[i].value, b.members[i].value)) return false;
  }
  return true;
}

// Both readers, each with its own arena.
class TwoReaders {
 public:
  enum class Verdict { strict_leaves_it, they_agree, they_differ };

  Verdict compare(std::string_view text) {
    const auto strict = read_strictly(text);
    if (!strict) return Verdict::strict_leaves_it;
    const auto tolerant = read_tolerantly(text);
    return tolerant && is_same(*strict, *tolerant) ? Verdict::they_agree : Verdict::they_differ;
  }

  std::optional<Value> read_strictly(std::string_view text) {
    arena_.release();
    return strict_.read(text, arena_);
  }

  // nullopt unless the text is one list or object.
  std::optional<Value> read_tolerantly(std::string_view text) {
    tolerant_.open(text);
    const auto value = tolerant_.next();
    if (!value || !*value || !tolerant_.rest().empty()) return std::nullopt;
    const bool is_container =
        (*value)->kind == Value::Kind::array || (*value)->kind == Value::Kind::object;
    return is_container ? *value : std::nullopt;
  }

 private:
  std::pmr::monotonic_buffer_resource arena_;
  std::pmr::monotonic_buffer_resource other_arena_;
  StrictReader strict_;
  TolerantReader tolerant_{other_arena_};
};

using Verdict = TwoReaders::Verdict;

constexpr std::array<std::string_view, 30> kPieces = {
    "{",     "}",    "[",    "]",    ":",     ",",     R"("a")", R"("\u0041\n")",
    R"("")", "\"",   "\\",   "1",    "-0",    "01",    "1.50",   "2e3",
    "1e999", "-",    ".",    "true", "truex", "false", "null",   " ",
    "\t",    "\x01", "\x0c", "\x1a", "'a'",   "\r\n"};

std::string mutated(Random& random, std::string text) {
  for (std::size_t count = 1 + below(random, 3); count > 0 && !text.empty(); --count) {
    const std::size_t at = below(random, text.size());
    const std::size_t size = 1 + below(random, 8);
    switch (below(random, 6)) {
      case 0:
        text[at] = static_cast<char>(below(random, 256));
        break;
      case 1:
        text.erase(at, size);
        break;
      case 2:
        text.insert(at, text.substr(below(random, text.size()), size));
        break;
      case 3:
        text.resize(at);
        break;
      case 4:
        text.insert(at, kPieces[below(random, kPieces.size())]);
        break;
      default:
        std::swap(text[at], text[below(random, text.size())]);
    }
  }
  return text;
}

}  // namespace

TEST_CASE("the readers agree on events of every kind in every spelling", "[readers]") {
  const auto wrapping = GENERATE(range(0, 13));
  Random random(20'261'124U + static_cast<unsigned>(wrapping));
  TwoReaders readers;
  for (int i = 0; i < 60; ++i) {
    const std::string record = test::random_record(random, static_cast<test::Wrapping>(wrapping));
    INFO(record);
    REQUIRE(readers.compare(record) == Verdict::they_agree);
  }
}

TEST_CASE("what is damaged is read the same by both or left to the tolerant one", "[readers]") {
  Random random(8);
  TwoReaders readers;
  int agreed = 0;
  int left = 0;
  for (int i = 0; i < 400; ++i) {
    const auto wrapping = static_cast<test::Wrapping>(below(random, 13));
    const std::string record = test::random_record(random, wrapping);
    for (int j = 0; j < 25; ++j) {
      const std::string damaged = mutated(random, record);
      const Verdict verdict = readers.compare(damaged);
      if (verdict == Verdict::they_differ) FAIL_CHECK(damaged);
      (verdict == Verdict::they_agree ? agreed : left) += 1;
    }
  }
  CHECK(agreed > 1'000);
  CHECK(left > 1'000);
}

TEST_CASE("on short texts of any tokens the readers agree in both directions", "[readers]") {
  Random random(9);
  TwoReaders readers;
  int read = 0;
  for (int i = 0; i < 120'000; ++i) {
    std::string text(below(random, 2) == 0 ? "[" : R"({"k":)");
    for (std::size_t size = below(random, 6); size > 0; --size) {
      text += kPieces[below(random, kPieces.size())];
    }
    text += text.front() == '[' ? "]" : "}";
    const auto strict = readers.read_strictly(text);
    const auto tolerant = readers.read_tolerantly(text);
    if (strict.has_value() != tolerant.has_value()) FAIL_CHECK(text);
    if (!strict || !tolerant) continue;
    ++read;
    if (!is_same(*strict, *tolerant)) FAIL_CHECK(text);
  }
  CHECK(read > 1'000);
}

TEST_CASE("what the strict reader reads", "[readers]") {
  const auto text = GENERATE(as<std::string>(), "{}", "[]", " {\"a\" : [ 1 , {} ] }\r", "[[],[[]]]",
                             R"({"a":1,"a":2,"":null})", R"(["\ud83d\ude00\u0000\/","é€😀"])",
                             R"([-0,0,1e3,1E+3,1.50,-12.5e-7,1e999])",
                             "[" + std::string(300, '7') + "]", R"([true,false,null])");
  TwoReaders readers;
  INFO(text);
  CHECK(readers.compare(text) == Verdict::they_agree);
}

TEST_CASE("what the strict reader leaves to the tolerant one", "[readers]") {
  const auto text = GENERATE(
      as<std::string>(), "", " ", "1", "\"a\"", "null", "{}{}", "{} x", "[1]1", "[", "]", "[1",
      "[1}", "{]", "[[1]", "[1]]", "[1,]", "[,1]", "[1 2]", "[1:2]", R"({"a":1,})", R"({"a"})",
      R"({"a":})", R"({"a" 1})", R"({a:1})", R"({"a":1 "b":2})", R"({"a":1:2})", R"({,"a":1})",
      "[truex]", "[tru]", "[nulltrue]", "[True]", "[01]", "[1.]", "[.5]", "[+1]", "[1e]", "[-]",
      "[0x1]", "[1_0]", "[NaN]", R"(["a"b])", R"(["a""b"])", R"([a"b"])", R"(["a])", R"(["\x"])",
      R"(["\u12"])", R"(["\u12g4"])", "[\"\n\"]", "[\"\x01\"]", "[\x0c]", "[1\x1a]",
      std::string("[\0]", 3), std::string("[]\0", 3), "[\"\xff\"]", "[\"\xc3\"]", R"(["\ud83d"])",
      R"(["\ude00\ud83d"])", R"(["\ud83dx"])", R"([\"a"])", "{}//", "[1]\\");
  TwoReaders readers;
  INFO(text);
  CHECK(readers.compare(text) == Verdict::strict_leaves_it);
}

TEST_CASE("the strict reader leaves what is deep or large", "[readers]") {
  TwoReaders readers;
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  CHECK(readers.compare(nested(StrictReader::kDepthMax)) == Verdict::they_agree);
  CHECK(readers.compare(nested(StrictReader::kDepthMax + 1)) == Verdict::strict_leaves_it);
  const auto long_list = [](std::size_t size) {
    std::string text = "[0";
    while (text.size() + 2 < size) text += ",0";
    return text + std::string(size - text.size() - 1, ' ') + ']';
  };
  CHECK(readers.compare(long_list(TokenIndex::kTextMax)) == Verdict::they_agree);
  CHECK(readers.compare(long_list(TokenIndex::kTextMax + 1)) == Verdict::strict_leaves_it);
  CHECK(readers.compare("[1]") == Verdict::they_agree);
}

TEST_CASE("the strict reader looks at no byte behind the text", "[readers]") {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* pages =
      ::mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(pages != MAP_FAILED);
  char* const wall = static_cast<char*>(pages) + page;
  REQUIRE(::mprotect(wall, page, PROT_NONE) == 0);
  TwoReaders readers;
  for (std::size_t size = 8; size < 400; ++size) {
    const std::string text = R"({"a":")" + std::string(size - 8, 'x') + "\"}";
    for (std::size_t cut = 0; cut < 3; ++cut) {
      char* const begin = wall - (size - cut);
      std::memcpy(begin, text.data(), size - cut);
      const auto read = readers.read_strictly({begin, size - cut});
      CHECK(read.has_value() == (cut == 0));
    }
  }
  ::munmap(pages, 2 * page);
}

}  // namespace nodeportd
