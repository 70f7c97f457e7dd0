#include "base/yaml.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace nodeportd;

namespace {

std::string problems_of(const std::string& text) {
  Problems problems;
  (void)parse_yaml(text, "f", problems);
  std::string lines;
  for (const Problem& problem : problems) lines += to_text(problem) + "\n";
  return lines;
}

YamlNode parse_one(const std::string& text) {
  Problems problems;
  std::vector<YamlNode> documents = parse_yaml(text, "f", problems);
  REQUIRE(problems.empty());
  REQUIRE(documents.size() == 1);
  return documents.front();
}

}  // namespace

TEST_CASE("what can begin no value is a problem, and not for ever") {
  const auto text = GENERATE(as<std::string>(), ",", "]", "}", ",a: 1", "a: 1\n---\n, b\n");
  Problems problems;
  CAPTURE(text);
  (void)parse_yaml(text, "f.yaml", problems);
  CHECK(problems.size() >= 1);
}

TEST_CASE("what the parser refuses is said in words that tell what to write") {
  const std::vector<std::pair<std::string, std::string>> faults = {
      {"a:\n\tb: 2\n", "f:2:3: a tab stands in the indentation: write spaces"},
      {"a: 1\n\tb: 2\n", "f:2:1: a tab stands in the indentation: write spaces"},
      {"a:\n\t- x\n", "f:2:2: a tab stands in the indentation: write spaces"},
      {"a:\n  - x\n\t- y\n", "f:3:1: a tab stands in the indentation: write spaces"},
      {"title: x\nid:3\nstatus: y\n", "f:3:7: a space is missing behind 'id:'"},
      {"title:foo\nid: 3\n", "f:2:3: a space is missing behind 'title:'"},
      {"title: Node port: opened\n",
       "f:1:17: a key cannot stand here: is the indentation that of the lines above? A text that "
       "holds ': ' needs quotes"},
      {"url:\n  http://x\n  a: 1\n",
       "f:3:4: a key cannot stand here: is the indentation that of the lines above? A text that "
       "holds ': ' needs quotes"},
      {"a:\n    b: 1\n  c: 2\n",
       "f:3:3: this belongs to no key: is the indentation that of the lines above? A text that "
       "begins with a quote or a bracket needs quotes all around"},
      {"a: [1, 2\nb: 3\n", "f:2:2: a '[' that began above is not closed, or a ',' is missing"},
      {"a: {x: 1 y: 2}\n",
       "f:1:11: a '{' that began above is not closed, or a ',' or ': ' is missing"},
      {"a: 1]\nb: ]\n",
       "f:2:4: a bracket that closes none: a text with brackets in it needs quotes"},
      {"a: - x\n",
       "f:1:4: the '-' of a list begins a line of its own: a text with it needs quotes"},
      {"a: *\n", "f:1:5: a text that begins with '*' needs quotes"},
      {"a: *.yml\n", "f:1:4: a text that begins with '*' needs quotes"},
      {"a: & b\n", "f:1:5: a text that begins with '&' needs quotes"},
      {"a: @foo\n", "f:1:4: a text that begins with '@', '%' or '`' needs quotes"},
      {"a: |x\n", "f:1:5: the text of a '|' or '>' begins on the next line"},
      {"a: \"C:\\dir\"\n",
       "f:1:9: '\\d' is no escape: between double quotes write '\\\\', or take single quotes"},
      {"%YAML 3.0\n---\na: 1\n", "f:1:1: YAML major version too large"},
  };
  for (const auto& [text, problem] : faults) {
    CAPTURE(text);
    CHECK(problems_of(text).starts_with(problem + "\n"));
  }
}

TEST_CASE("a tree holds kinds, places and what was quoted") {
  const YamlNode root = parse_one(
      "plain: 12\n"
      "single: '12'\n"
      "double: \"a\\nb\"\n"
      "block: |\n"
      "  010\n"
      "list: [x, {k: v}]\n"
      "none:\n"
      "tilde: ~\n"
      "'null': 'null'\n"
      "keep: |+\n"
      "  x\n"
      "\n");
  REQUIRE(root.is_map());
  CHECK(root.entries.size() == 9);

  const YamlNode* plain = root.find("plain");
  REQUIRE(plain != nullptr);
  CHECK(plain->scalar == "12");
  CHECK_FALSE(plain->quoted);
  CHECK(plain->line == 1);
  CHECK(plain->column == 8);
  CHECK(root.find("single")->quoted);
  CHECK(root.find("double")->scalar == "a\nb");
  CHECK(root.find("block")->scalar == "010\n");
  CHECK(root.find("block")->quoted);
  CHECK(root.find("keep")->scalar == "x\n\n");
  CHECK(root.find("none")->is_null());
  CHECK(root.find("tilde")->is_null());
  CHECK(root.find("null")->is_scalar());
  CHECK(root.find("missing") == nullptr);

  const YamlNode* list = root.find("list");
  REQUIRE(list->is_sequence());
  REQUIRE(list->items.size() == 2);
  CHECK(list->items[1].find("k")->scalar == "v");
  CHECK(root.entries[4].key == "list");
  CHECK(root.entries[4].line == 6);
  CHECK(root.entries[4].column == 1);
}

TEST_CASE("all documents of a text are read, and an empty text has none") {
  Problems problems;
  const std::vector<YamlNode> documents = parse_yaml("a: 1\n---\n---\nb: 2\n---\n", "f", problems);
  REQUIRE(documents.size() == 2);
  CHECK(documents[1].find("b")->line == 4);
  CHECK(parse_yaml("", "f", problems).empty());
  CHECK(parse_yaml("# nothing\n", "f", problems).empty());
  CHECK(problems.empty());
}

TEST_CASE("an alias gives a copy of what it names") {
  const YamlNode root = parse_one("a: &x {k: [1, 2]}\nb: *x\n");
  REQUIRE(root.find("b")->is_map());
  CHECK(root.find("b")->find("k")->items[1].scalar == "2");
}

TEST_CASE("what yaml-cpp would swallow is a problem with its place") {
  struct Case {
    std::string text;
    std::string problems;
  };
  const auto c = GENERATE(values<Case>({
      {"a:\n  b: 1\nc: 2\na: 3\n", "f:4:1: duplicate key 'a', first in line 1\n"},
      {"a: {x: 1, x: 2}\n", "f:1:11: duplicate key 'x', first in line 1\n"},
      {"a: &x {k: 1}\nb:\n  <<: *x\n",
       "f:3:3: merge keys (<<) are not supported: write the keys out\n"},
      {"[1, 2]: x\n", "f:1:1: a key must be text, this is a list\n"},
      {"~: x\n", "f:1:1: a key must be text, this is nothing\n"},
      {"a: !!str 1\n", "f:1:4: tags are not supported: tag:yaml.org,2002:str\n"},
      {"a: !mine [x]\n", "f:1:4: tags are not supported: !mine\n"},
      {"a: !mine {x: 1}\n", "f:1:4: tags are not supported: !mine\n"},
      {"a: !!str\n", "f:1:4: tags are not supported: tag:yaml.org,2002:str\n"},
      {"a: 010\nb: [08, -07, 0o17]\n",
       "f:1:4: '010' may be read as octal: write it in quotes, or without the 0\n"
       "f:2:5: '08' may be read as octal: write it in quotes, or without the 0\n"
       "f:2:9: '-07' may be read as octal: write it in quotes, or without the 0\n"
       "f:2:14: '0o17' may be read as octal: write it in quotes, or without the 0\n"},
      {"010: x\n", "f:1:1: '010' may be read as octal: write it in quotes, or without the 0\n"},
      {"a: &x [*x]\n", "f:1:8: an alias inside the value it names\n"},
      {"a: 1\na: 2\na: 3\n<<: 4\n",
       "f:2:1: duplicate key 'a', first in line 1\n"
       "f:3:1: duplicate key 'a', first in line 1\n"
       "f:4:1: merge keys (<<) are not supported: write the keys out\n"},
  }));
  CAPTURE(c.text);
  CHECK(problems_of(c.text) == c.problems);
}

TEST_CASE("what only looks like it is no problem") {
  const auto text = GENERATE(values<std::string>(
      {"a: '010'\n", "a: 0\n", "a: 0.5\n", "a: 10\n", "a: -0.1\n", "a: 0x1F\n", "a: 2024-09-30\n",
       "a: '<<'\n'<<': b\n", "a: 1\nA: 2\n", "a: {x: 1}\nb: {x: 1}\n", "a: \"!!str\"\n"}));
  CAPTURE(text);
  CHECK(problems_of(text).empty());
}

TEST_CASE("bad syntax is a problem with its place, never an exception") {
  struct Case {
    std::string text;
    std::string place;
  };
  const auto c = GENERATE(values<Case>({
      {"a: [1, 2\n", "f:2:1: "},
      {"a: b: c\n", "f:1:5: "},
      {"a: 'x\n", "f:2:1: "},
      {"a: \"x\nb: y\nc: z\n", "f:4:1: a quoted text that began above is not closed"},
      {"a: 'x", "f:2:1: a quoted text that began above is not closed"},
      {"a: 'x\n---\nb: 1\n", "f:2:1: a quoted text that began above is not closed"},
      {"- a\nb\n", "f:2:1: does not belong to what stands before it"},
      {"'a':1\n", "f:1:4: does not belong to what stands before it"},
      {"a: 1\n\tb: 2\n", "f:2:1: "},
      {"a: *nobody\n", "f:1:4: "},
      {"a: 1\n  b: 2\n", "f:2:4: "},
  }));
  CAPTURE(c.text);
  CHECK_THAT(problems_of(c.text), Catch::StartsWith(c.place));
}

TEST_CASE("a text of strange bytes is at worst a problem") {
  for (int byte = 0; byte < 256; ++byte) {
    CAPTURE(byte);
    Problems problems;
    const auto documents =
        parse_yaml("a: x" + std::string(1, static_cast<char>(byte)) + "y\n", "f", problems);
    CHECK((!documents.empty() || !problems.empty()));
  }
}

TEST_CASE("what ends in the middle of something is a problem of its last line") {
  CHECK_THAT(problems_of(std::string("s&\0UU", 5)), Catch::StartsWith("f:1:1: "));
}

TEST_CASE("what grows without end is stopped early") {
  struct Case {
    std::string text;
    std::string problem;
  };
  const auto many = [](std::size_t count, std::string_view part) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += part;
    return text;
  };
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int j = 1; j < 10; ++j) bomb += ", " + before;
    bomb += "]\n";
  }
  std::string anchors = "a: ";
  for (int i = 0; i < 90; ++i) anchors += "&a" + std::to_string(i) + " [";
  std::string ladder = "- &a0 " + many(60, "[") + many(60, "]") + "\n";
  ladder += "- " + many(60, "[") + "*a0" + many(60, "]") + "\n";
  const std::string over = "over 150,000 values, with what aliases repeat";
  const auto c = GENERATE_COPY(values<Case>({
      {bomb, over},
      // An anchor keeps a copy of what it names, each of them one of all that stands in it.
      {anchors + many(2'000, "x,") + many(90, "]") + "\n", over},
      // A long text is more than one value.
      {"- &a " + std::string(100'000, 'x') + "\n" + many(200, "- *a\n"), over},
      {many(200'000, "---\n"), over},
      {many(200'000, "- b\n"), over},
      {std::string(100'000, '['), "nested over 100 deep"},
      {ladder, "f:2:63: nested over 100 deep"},
      {"a: 1\nb:\n  " + many(150'001, "["), "f:3:150003: over 150,000 brackets and commas"},
      {"[" + many(200'000, "a,") + "]", "f:1:300001: over 150,000 brackets and commas"},
      {many(200'000, "a:\n"), "f:101:1: the rest of the file is not read"},
  }));
  CAPTURE(c.text.substr(0, 80));
  CHECK_THAT(problems_of(c.text), Catch::Contains(c.problem));
}

TEST_CASE("of many problems the first hundred are kept") {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "a:\n";
  Problems problems = {{{"before"}, "another file's"}};
  (void)parse_yaml(text, "f", problems);
  REQUIRE(problems.size() == 102);
  CHECK(to_text(problems[100]) == "f:101:1: duplicate key 'a', first in line 1");
  CHECK(to_text(problems[101]) ==
        "f:101:1: the rest of the file is not read: it has problems enough");
}

TEST_CASE("what is large and within bounds is read whole") {
  std::string text;
  for (int i = 0; i < 70'000; ++i) text += "k" + std::to_string(i) + ":\n";
  CHECK(parse_one(text).entries.size() == 70'000);
  CHECK(problems_of(std::string(100, '[') + std::string(100, ']') + "\n").empty());
  CHECK(problems_of("- &a x\n- " + std::string(99, '[') + "*a" + std::string(99, ']') + "\n")
            .empty());
  Problems problems;
  std::string documents;
  for (int i = 0; i < 50'000; ++i) documents += "---\na: 1\n";
  CHECK(parse_yaml(documents, "f", problems).size() == 50'000);
  CHECK(problems.empty());
}
