#include "base/yaml_map.hpp"

#include <catch2/catch.hpp>
#include <functional>
#include <string>

using namespace nodeportd;
using std::chrono::milliseconds;

namespace {

// What reading `text` with `read` complains about, a line each.
std::string complaints(const std::string& text, const std::function<void(YamlMap&)>& read) {
  Problems problems;
  const std::vector<YamlNode> documents = parse_yaml(text, "f", problems);
  REQUIRE(documents.size() == 1);
  YamlMap map(documents.front(), "f", problems, "a thing");
  read(map);
  map.refuse_unknown_keys();
  std::string lines;
  for (const Problem& problem : problems) lines += to_text(problem) + "\n";
  return lines;
}

}  // namespace

TEST_CASE("fields that are right are read, and absent ones are absent") {
  const std::string text =
      "name: web\nnumber: -5\nflag: true\nage: 1h30m\nsize: 2KiB\none: x\nmany: [x, 'y']\n"
      "kind: b\nnone:\n";
  CHECK(complaints(text, [](YamlMap& map) {
          CHECK(map.required_text("name") == "web");
          CHECK(map.integer("number", -5, 10) == -5);
          CHECK(map.flag("flag") == true);
          CHECK(map.duration("age") == milliseconds(5'400'000));
          CHECK(map.size("size") == 2048U);
          CHECK(map.texts("one") == std::vector<std::string>{"x"});
          CHECK(map.texts("many") == std::vector<std::string>{"x", "y"});
          CHECK(map.choice("kind", {"a", "b"}) == "b");
          CHECK_FALSE(map.text("none"));
          CHECK_FALSE(map.text("missing"));
          CHECK_FALSE(map.integer("missing", 0, 1));
          CHECK(map.texts("missing").empty());
        }).empty());
}

TEST_CASE("every field that is wrong is told at its place, and reads as absent") {
  struct Case {
    std::string text;
    std::function<bool(YamlMap&)> read;  // true when it gave a value
    std::string expected;
  };
  const auto text = [](YamlMap& map) { return map.text("k").has_value(); };
  const auto required = [](YamlMap& map) { return map.required_text("k").has_value(); };
  const auto flag = [](YamlMap& map) { return map.flag("k").has_value(); };
  const auto integer = [](YamlMap& map) { return map.integer("k", 1, 64).has_value(); };
  const auto duration = [](YamlMap& map) {
    return map.duration("k", milliseconds(1000), milliseconds(60'000)).has_value();
  };
  const auto at_least = [](YamlMap& map) {
    return map.duration("k", milliseconds(1000)).has_value();
  };
  const auto size = [](YamlMap& map) { return map.size("k", 10, 20).has_value(); };
  const auto texts = [](YamlMap& map) { return !map.texts("k").empty(); };
  const auto choice = [](YamlMap& map) { return map.choice("k", {"a", "b"}).has_value(); };
  const std::vector<Case> cases = {
      {"k: [x]", text, "f:1:4: 'k' must be a single value, this is a list\n"},
      {"{}", required, "f:1:1: a thing needs 'k'\n"},
      {"k:", required, "f:1:1: a thing needs 'k'\n"},
      {"k: ''", required, "f:1:4: 'k' is empty\n"},
      {"k: yes", flag, "f:1:4: 'k' must be true or false, this is 'yes'\n"},
      {"k: 'true'", flag, "f:1:4: 'k' must be true or false, this is 'true'\n"},
      {"k: 0", integer, "f:1:4: 'k' must lie between 1 and 64, this is 0\n"},
      {"k: 65", integer, "f:1:4: 'k' must lie between 1 and 64, this is 65\n"},
      {"k: '5'", integer, "f:1:4: 'k' must be a whole number, this is '5'\n"},
      {"k: 5.0", integer, "f:1:4: 'k' must be a whole number, this is '5.0'\n"},
      {"k: 0x10", integer, "f:1:4: 'k' must be a whole number, this is '0x10'\n"},
      {"k: -0", integer, "f:1:4: 'k' must be a whole number, this is '-0'\n"},
      {"k: 99999999999999999999", integer,
       "f:1:4: 'k' must be a whole number, this is '99999999999999999999'\n"},
      {"k: 5", duration,
       "f:1:4: 'k' must be a duration such as 500ms, 30s, 10m or 1h, this is '5'\n"},
      {"k: 2m", duration, "f:1:4: 'k' must be at least 1s and at most 1m, this is 2m\n"},
      {"k: 1ms", at_least, "f:1:4: 'k' must be at least 1s, this is 1ms\n"},
      {"k: 1 MiB", size,
       "f:1:4: 'k' must be a size such as 256KiB, 16MiB or 1GiB, this is '1 MiB'\n"},
      {"k: 21", size, "f:1:4: 'k' must lie between 10 and 20 bytes, this is 21\n"},
      {"k: {a: b}", texts, "f:1:4: 'k' must be a list of texts, this is a map\n"},
      {"k: [[x]]", texts, "f:1:5: 'k' must hold texts only, this is a list\n"},
      {"k: c", choice, "f:1:4: 'k' must be one of a, b, this is 'c'\n"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    CHECK(complaints(c.text, [&](YamlMap& map) { CHECK_FALSE(c.read(map)); }) == c.expected);
  }
}

TEST_CASE("a key nobody asked for is named with the one it was meant to be") {
  CHECK(complaints("naem: x\nsomething: y\n",
                   [](YamlMap& map) {
                     (void)map.text("name");
                     (void)map.text("type");
                   }) ==
        "f:1:1: a thing has no key 'naem': did you mean 'name'?\n"
        "f:2:1: a thing has no key 'something': it has name, type\n");
}

TEST_CASE("what is not a map at all is one problem, not one per key") {
  CHECK(complaints("[x]\n", [](YamlMap& map) {
          (void)map.required_text("name");
          (void)map.required("type");
        }) == "f:1:1: a thing must be a map, this is a list\n");
}
