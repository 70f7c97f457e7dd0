#include "config/substitute.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>

using namespace nodeportd;

namespace {

std::optional<std::string> variable(const std::string& name) {
  if (name == "NAME") return "value";
  if (name == "EMPTY") return "";
  if (name == "_1") return "under";
  if (name == "YAML") return "x\ny: [1, 2]";
  if (name == "NESTED") return "${NAME}";
  return std::nullopt;
}

}  // namespace

TEST_CASE("variables are expanded wherever they stand in a value") {
  struct Case {
    std::string text;
    std::string expected;
  };
  const auto c = GENERATE(values<Case>({
      {"${NAME}", "value"},
      {"a-${NAME}-${_1}-b", "a-value-under-b"},
      {"${NAME:-other}", "value"},
      {"${MISSING:-other}", "other"},
      {"${EMPTY:-other}", "other"},
      {"${EMPTY}", ""},
      {"${MISSING:-}", ""},
      {"${MISSING:-a:-b}", "a:-b"},
      {"${NESTED}", "${NAME}"},  // what a variable holds is not expanded again
      {"${YAML}", "x\ny: [1, 2]"},
      {"$$", "$"},
      {"$${NAME}", "${NAME}"},
      {"$$${NAME}", "$value"},
      {"$NAME costs 5$", "$NAME costs 5$"},
      {"", ""},
  }));
  YamlNode node;
  node.kind = YamlNode::Kind::scalar;
  node.scalar = c.text;
  Problems problems;
  substitute(node, "f", variable, problems);
  CHECK(problems.empty());
  CHECK(node.scalar == c.expected);
  CHECK(node.is_scalar());
}

TEST_CASE("a variable that is not set, or none at all, is told at its value's place") {
  Problems problems;
  std::vector<YamlNode> documents = parse_yaml(
      "a: ${MISSING} ${ALSO}\n"
      "b: [x, '${NAME']\n"
      "c: {d: '${}'}\n"
      "e: ${NA-ME}\n"
      "f: ${1}\n"
      "${MISSING}: never in a key\n",
      "f", problems);
  substitute(documents.front(), "f", variable, problems);
  const std::string malformed =
      "'${' begins no variable here: write ${NAME} or ${NAME:-default}, or $${ for the text itself";
  std::string lines;
  for (const Problem& problem : problems) lines += to_text(problem) + "\n";
  CHECK(lines ==
        "f:1:4: the variable MISSING is not set and has no default\n"
        "f:1:4: the variable ALSO is not set and has no default\n"
        "f:2:8: " +
            malformed + "\nf:3:8: " + malformed + "\nf:4:4: " + malformed +
            "\nf:5:4: " + malformed + "\n");
}

TEST_CASE("the process's own variables are found, and what is not set is not") {
  ::setenv("NODEPORTD_TEST_VARIABLE", "here", 1);
  CHECK(process_environment()("NODEPORTD_TEST_VARIABLE") == "here");
  ::unsetenv("NODEPORTD_TEST_VARIABLE");
  CHECK_FALSE(process_environment()("NODEPORTD_TEST_VARIABLE"));
}

TEST_CASE("a complaint shows what the file says, and other words that are the same stay") {
  const auto environment = [](const std::string& name) -> std::optional<std::string> {
    if (name == "LEVEL") return "5";
    if (name == "TOKEN") return "5 whole";
    return std::nullopt;
  };
  Problems problems;
  std::vector<YamlNode> documents = parse_yaml(
      "a: ${LEVEL}\n"
      "b: {c: 'x-${TOKEN}', d: ['${TOKEN}', '${UNSET:-plain}']}\n",
      "f", problems);
  const Expansions expansions = substitute(documents.front(), "f", environment, problems);
  REQUIRE(problems.empty());
  problems = {{{"f", 1, 4}, "between 15 and 50, this is 5"},
              {{"f", 2, 8}, "this is 'x-5 whole' (5 whole) plain"},
              {{"f", 2, 25}, "holds 5 whole"},
              {{"f", 3, 1}, "5 whole"},
              {{"g", 1, 4}, "this is 5"}};
  conceal(expansions, "f", problems);
  CHECK(problems[0].text == "between 15 and 50, this is ${LEVEL}");
  CHECK(problems[1].text == "this is 'x-${TOKEN}' (${TOKEN}) plain");
  CHECK(problems[2].text == "holds ${TOKEN}");
  CHECK(problems[3].text == "5 whole");
  CHECK(problems[4].text == "this is 5");
}
