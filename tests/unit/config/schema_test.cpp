#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <vector>

#include "config/load.hpp"
#include "model/rule.hpp"
#include "support/config_schema.hpp"
#include "support/config_text.hpp"

using namespace nodeportd;
using nodeportd::test::config_places;
using nodeportd::test::in_one_line;
using nodeportd::test::listed_after;
using nodeportd::test::load_text;
using nodeportd::test::problems_of;
using nodeportd::test::SchemaPlace;

namespace {

const YamlSchema& schema() {
  static const YamlSchema read = YamlSchema::parse(
      test::read_text(std::string(NODEPORTD_SOURCE_DIR) + "/config/schema/nodeportd.schema.json"));
  return read;
}

struct Key {
  const SchemaPlace& place;
  std::string_view name;
  const YamlNode& described;

  [[nodiscard]] const YamlNode* find(std::string_view keyword) const {
    return schema().find(described, keyword);
  }
  [[nodiscard]] std::string complaints(const std::string& value) const {
    return problems_of(place.with(name, value));
  }
  // A value that has the right form and lies outside: other complaints are about what else the
  // config says, such as memory that does not suffice.
  [[nodiscard]] bool is_out_of_range(const std::string& value) const {
    const std::string said = complaints(value);
    const std::string must = "'" + std::string(name) + "' must ";
    return said.find(must + "be at least ") != std::string::npos ||
           said.find(must + "lie between ") != std::string::npos;
  }
};

const std::vector<SchemaPlace>& places() {
  static const std::vector<SchemaPlace> all = config_places(schema());
  return all;
}

template <typename Visit>
void for_each_key(Visit visit) {
  for (const SchemaPlace& place : places()) {
    for (const auto& [name, described] : place.keys) {
      INFO(place.name << " " << name);
      visit(Key{place, name, *described});
    }
  }
}

// Keys that cannot be set in their place alone: it has them already, or they need another one.
bool stands_already(const Key& key) {
  static const std::set<std::string_view> given = {"sources", "sinks", "audit_log", "name",
                                                   "type",    "path",  "url"};
  return given.contains(key.name);
}

std::set<std::string> names_of(const std::vector<std::string_view>& words) {
  return {words.begin(), words.end()};
}

}  // namespace

TEST_CASE("the schema has the keys that the loader knows, no more and no fewer") {
  CHECK(places().size() >= 12);
  for (const SchemaPlace& place : places()) {
    CAPTURE(place.name);
    std::set<std::string> described;
    for (const auto& [name, node] : place.keys) described.emplace(name);
    const std::string said = problems_of(place.with("zzzzzzzz", "1"));
    CHECK(listed_after(said, "has no key 'zzzzzzzz': it has ", '\n') == described);
  }
}

TEST_CASE("what the schema calls a default is what the loader takes without the key") {
  int checked = 0;
  for_each_key([&](const Key& key) {
    const YamlNode* fallback = key.find("default");
    if (fallback == nullptr) return;
    const LoadedConfig without = load_text(key.place.before + key.place.after);
    const LoadedConfig with = load_text(key.place.with(key.name, in_one_line(*fallback)));
    REQUIRE(without.problems.empty());
    CHECK(with.problems.empty());
    CHECK(with.config == without.config);
    ++checked;
  });
  CHECK(checked > 40);
}

TEST_CASE("each key has a default, a word on what holds without it, or must be there") {
  for_each_key([&](const Key& key) {
    const bool is_section = key.find("properties") != nullptr || key.name == "exceptions";
    const int ways = (key.find("default") != nullptr ? 1 : 0) +
                     (key.find("x-unset") != nullptr ? 1 : 0) + (stands_already(key) ? 1 : 0);
    CHECK((ways == 1 || (is_section && ways < 2)));
    CHECK(key.find("description") != nullptr);
  });
}

TEST_CASE("an example is a value that the loader takes") {
  for_each_key([&](const Key& key) {
    const YamlNode* examples = key.find("examples");
    if (examples == nullptr || stands_already(key)) return;
    std::string said = key.complaints(in_one_line(examples->items.front()));
    if (said.ends_with("'cert_file' and 'key_file' go together\n")) said.clear();
    CHECK(said.empty());
  });
}

TEST_CASE("the loader refuses what lies outside of a range, and takes what is its bound") {
  int checked = 0;
  for_each_key([&](const Key& key) {
    const YamlNode* least = key.described.find("minimum");
    const YamlNode* most = key.described.find("maximum");
    if (least == nullptr || most == nullptr || key.name == "mode") return;
    CHECK(key.is_out_of_range(std::to_string(std::stoll(least->scalar) - 1)));
    CHECK_FALSE(key.is_out_of_range(least->scalar));
    CHECK_FALSE(key.is_out_of_range(most->scalar));
    CHECK(key.is_out_of_range(std::to_string(std::stoll(most->scalar) + 1)));
    ++checked;
  });
  CHECK(checked >= 5);
}

TEST_CASE("so it does with durations and sizes") {
  int checked = 0;
  for_each_key([&](const Key& key) {
    const YamlNode* range = key.find("x-range");
    if (range == nullptr) return;
    const bool is_size = key.described.find("$ref")->scalar == "#/definitions/size";
    const auto beside = [&](const YamlNode& bound, int step) {
      return is_size ? std::to_string(static_cast<std::int64_t>(parse_size(bound.scalar).value()) +
                                      step)
                     : std::to_string(parse_duration(bound.scalar).value().count() + step) + "ms";
    };
    const YamlNode& least = range->items.at(0);
    const YamlNode& most = range->items.at(1);
    CHECK_FALSE(key.is_out_of_range(least.scalar));
    if (least.scalar != "0") CHECK(key.is_out_of_range(beside(least, -1)));
    if (!most.is_null()) {
      CHECK_FALSE(key.is_out_of_range(most.scalar));
      CHECK(key.is_out_of_range(beside(most, 1)));
    } else {
      CHECK_FALSE(key.is_out_of_range("900000000GiB"));
    }
    ++checked;
  });
  CHECK(checked > 20);
}

TEST_CASE("the schema lists the words that the loader takes") {
  int checked = 0;
  for_each_key([&](const Key& key) {
    const std::set<std::string> words = names_of(schema().words(key.described));
    if (words.empty() || key.name == "type" || key.name == "start_at") return;
    for (const std::string& word : words) {
      const std::string said = key.complaints(word);
      CHECK((said.empty() || said.find("needs 'address'") != std::string::npos));
    }
    std::set<std::string> listed = words;
    listed.insert("this is 'neither'");  // how the list ends
    CHECK(listed_after(key.complaints("neither"), "'" + std::string(key.name) + "' must be one of ",
                       '\n') == listed);
    ++checked;
  });
  CHECK(checked >= 8);
}

TEST_CASE("the schema lists the words that may stand in a list") {
  const YamlNode& properties = *schema().root().find("properties");
  const YamlNode& silenced =
      *properties.find("lookout")->find("properties")->find("silenced")->find("items");
  const auto names = builtin::notice_names();
  CHECK(names_of(schema().words(silenced)) == names_of(names));

  const YamlNode& sink = *schema().root().find("definitions")->find("sink")->find("properties");
  CHECK(names_of(schema().words(*sink.find("phases")->find("items"))) ==
        std::set<std::string>{"first", "update", "final"});
  CHECK(names_of(schema().words(*sink.find("type"))) ==
        std::set<std::string>{"file", "syslog", "webhook"});
}

TEST_CASE("what a pattern of the schema refuses, the loader refuses") {
  const std::vector<std::string> values = {"0",        "1",
                                           "10",       "1h",
                                           "1h30m",    "30m1h",
                                           "1.5h",     "1ms",
                                           "5 m",      "7d",
                                           "64KiB",    "1kb",
                                           "1.5MiB",   "-1",
                                           "640",      "0x10",
                                           "99",       "1000",
                                           "abc",      "/abs/path",
                                           "rel/path", "/dir/",
                                           "-",        "~user",
                                           "UPPER",    "a_b-c",
                                           "host:514", "[::1]:514",
                                           "::1:514",  "host",
                                           "host:x",   "a b:1",
                                           "ftp://h",  "https://h/p?q",
                                           "http://h", "2027-01-01T00:00:00Z",
                                           "\"0640\"", "\"0440\"",
                                           "\"1640\"", "\"\""};
  int refused = 0;
  for_each_key([&](const Key& key) {
    if (stands_already(key) || !schema().words(key.described).empty()) return;
    for (const std::string& value : values) {
      std::string bare = value;
      if (bare.front() == '"') bare = bare.substr(1, bare.size() - 2);
      if (test::schema_takes(schema(), key.described, bare)) continue;
      CAPTURE(value);
      // An address is judged by its transport; the schema knows the forms of all.
      CHECK_FALSE(key.complaints(value).empty());
      ++refused;
    }
  });
  CHECK(refused > 500);
}

TEST_CASE("the patterns of the keys that must be there refuse nothing that the loader takes") {
  struct Case {
    std::string place;
    std::string key;
    std::string before;
    std::string after;
  };
  const std::vector<Case> cases = {
      {"source", "audit_log",
       "sinks: [{name: s, type: file, path: /s}]\nsources: [{audit_log: ", "}]\n"},
      {"sink", "name", "sources: [{audit_log: /a}]\nsinks: [{type: syslog, name: ", "}]\n"},
      {"file", "path", "sources: [{audit_log: /a}]\nsinks: [{name: s, type: file, path: ", "}]\n"},
      {"webhook", "url", "sources: [{audit_log: /a}]\nsinks: [{name: s, type: webhook, url: '",
       "'}]\n"}};
  const std::vector<std::string> values = {"/a",
                                           "/a/",
                                           "/a*.log",
                                           "a",
                                           "-",
                                           "/",
                                           "a_b-1",
                                           "A",
                                           "a.b",
                                           std::string(64, 'x'),
                                           std::string(65, 'x'),
                                           "http://h",
                                           "HTTPS://h",
                                           "ftp://h",
                                           "https://h/p?q=1",
                                           "h",
                                           "https://"};
  for (const Case& c : cases) {
    const YamlNode& described =
        *schema().root().find("definitions")->find(c.place)->find("properties")->find(c.key);
    for (const std::string& value : values) {
      CAPTURE(c.key, value);
      const bool is_loaded = problems_of(c.before + value + c.after).empty();
      CHECK((test::schema_takes(schema(), described, value) || !is_loaded));
    }
  }
}

TEST_CASE("no complaint about a key tells what a variable in its value holds") {
  const auto secret = [](const std::string&) {
    return std::optional<std::string>("S3cr3t/ t0ken");
  };
  int complaints = 0;
  for (const std::string value : {"${TOKEN}", "x${TOKEN}y", "['${TOKEN}']", "{X: '${TOKEN}'}"}) {
    for_each_key([&](const Key& key) {
      INFO(value);
      const LoadedConfig loaded = load_text(key.place.with(key.name, value), secret);
      for (const Problem& problem : loaded.problems) {
        CHECK(problem.text.find("S3cr3t") == std::string::npos);
        CHECK(problem.text.find("t0ken") == std::string::npos);
        ++complaints;
      }
    });
  }
  CHECK(complaints > 100);
}
