#include "match/field_path.hpp"
#include "unit/match/rule_fixture.hpp"

namespace nodeportd {
namespace {

using Texts = std::vector<std::string>;

Texts read(const std::string& path, const std::string& json,
           Reading reading = Reading::as_apiserver) {
  const test::Event event(json);
  const auto parsed = FieldPath::parse(path);
  REQUIRE(parsed);
  const auto found = parsed->scalars(event.root(), reading);
  return {found.begin(), found.end()};
}

TEST_CASE("a field path finds what it names") {
  struct Row {
    std::string path;
    std::string json;
    Texts expected;
  };
  const Row row = GENERATE(values<Row>({
      {"verb", R"({"verb":"create"})", {"create"}},
      {"objectRef.name", R"({"objectRef":{"name":"a"}})", {"a"}},
      {"objectRef.name", R"({"objectRef":{"nameX":"a"},"objectRef.name2":1})", {}},
      {"objectRef", R"({"objectRef":{"name":"a"}})", {}},  // an object is no scalar
      {"sourceIPs[]", R"({"sourceIPs":["b","a","b"]})", {"b", "a", "b"}},
      {"sourceIPs{}", R"({"sourceIPs":["b","a"]})", {"b", "a"}},
      {"sourceIPs", R"({"sourceIPs":["b","a"]})", {"b", "a"}},
      {"sourceIPs[]", R"({"sourceIPs":"a"})", {}},  // no list
      {"sourceIPs[]", R"({"sourceIPs":[]})", {}},
      {"s.p[].n", R"({"s":{"p":[{"n":1},{"m":2},{"n":"3"}]}})", {"1", "3"}},
      {"s.p.n", R"({"s":{"p":[{"n":1},{"n":2}]}})", {"1", "2"}},
      {"s.p[].n[]", R"({"s":{"p":[{"n":[1]},{"n":[2,3]}]}})", {"1", "2", "3"}},
      {"a[][]", R"({"a":[[1],[2]]})", {"1", "2"}},
      {"a[]", R"({"a":[[1],2]})", {"1", "2"}},
      {"op", R"({"op":{"a":1}})", {}},
      {"annotations.authorization.k8s.io/decision",
       R"({"annotations":{"authorization.k8s.io/decision":"allow"}})",
       {"allow"}},
      {"a.b.c", R"({"a.b":{"c":1}})", {"1"}},
      {"a.b.c", R"({"a":{"b.c":1}})", {"1"}},
      {"a.b.c", R"({"a.b.c":1})", {"1"}},
      {"a.b.c", R"({"a":{"b":{"x":1}},"a.b":{"c":2}})", {"2"}},  // goes back and on
      {"a.b", R"({"a":{"b":1},"a.b":2})", {"1", "2"}},           // what could be meant is read
      {"a.b[].c", R"({"a.b":[{"c":1}]})", {"1"}},
      {"a", R"({"a":1,"a":2})", {"2"}},  // the last duplicate counts, as in the apiserver
      {"a.b", R"({"a":{"b":1},"a":{"b":2,"b":3}})", {"3"}},
      {"a", R"({"a":1,"a":null})", {}},
      {"a", R"({"a":true,"b":1})", {"true"}},
      {"a", R"({"a":12345678901234567890.50})", {"12345678901234567890.50"}},
  }));
  INFO(row.path << " in " << row.json);
  CHECK(read(row.path, row.json) == row.expected);
}

TEST_CASE("Splunk reads duplicate keys as a multivalue field and lists by braces alone") {
  const Reading splunk = Reading::as_splunk;
  CHECK(read("a", R"({"a":1,"a":2})", splunk) == Texts{"1", "2"});
  CHECK(read("a.b", R"({"a":{"b":1},"a":{"b":2,"b":3}})", splunk) == Texts{"1", "2", "3"});
  CHECK(read("a{}", R"({"a":["x","y","x"]})", splunk) == Texts{"x", "y", "x"});
  CHECK(read("a", R"({"a":["x"]})", splunk).empty());
  CHECK(read("a.b", R"({"a":[{"b":1}]})", splunk).empty());
}

TEST_CASE("a path that names nothing definite is refused") {
  const std::string path = GENERATE(as<std::string>(), "", "a..b", ".a", "a.", "[]", "a[0]", "a[].",
                                    "a[]b", "a.[]", std::string(513, 'a'));
  INFO(path);
  CHECK_FALSE(FieldPath::parse(path));
}

TEST_CASE("lists in lists are read however deep they nest") {
  const std::string json =
      R"({"a":)" + std::string(9'000, '[') + "7" + std::string(9'000, ']') + "}";
  CHECK(read("a", json) == Texts{"7"});
}

TEST_CASE("a hundred thousand duplicates of a key take no more than a moment") {
  std::string json = R"({"a":0)";
  for (int i = 1; i < 100'000; ++i) json += R"(,"a":)" + std::to_string(i);
  CHECK(read("a", json + "}") == Texts{"99999"});
}

TEST_CASE("decimal numbers compare exactly") {
  struct Row {
    std::string a;
    std::string b;
    std::strong_ordering expected;
  };
  const Row row = GENERATE(values<Row>({
      {"403", "4.03e2", std::strong_ordering::equal},
      {"0", "-0.000", std::strong_ordering::equal},
      {"0.05", "5e-2", std::strong_ordering::equal},
      {"1000", "1E+3", std::strong_ordering::equal},
      {"9", "10", std::strong_ordering::less},
      {"-9", "-10", std::strong_ordering::greater},
      {"-1", "0", std::strong_ordering::less},
      {"-1", "1", std::strong_ordering::less},
      {"0.1", "0.09", std::strong_ordering::greater},
      {"1e999", "1e1000", std::strong_ordering::less},
      {"9007199254740993", "9007199254740992", std::strong_ordering::greater},
      {"123456789012345678901234567890.1", "123456789012345678901234567890",
       std::strong_ordering::greater},
  }));
  INFO(row.a << " and " << row.b);
  const auto a = Decimal::parse(row.a);
  const auto b = Decimal::parse(row.b);
  REQUIRE(a);
  REQUIRE(b);
  CHECK((*a <=> *b) == row.expected);
  CHECK(((*b <=> *a) < 0) == ((*a <=> *b) > 0));
}

TEST_CASE("text that JSON takes for no number is none") {
  const std::string text = GENERATE(as<std::string>(), "", "-", "01", "1.", ".5", "1e", "1e+",
                                    "0x1", "1 ", " 1", "NaN", "1e9999999999999999");
  INFO(text);
  CHECK_FALSE(Decimal::parse(text));
}

}  // namespace
}  // namespace nodeportd
