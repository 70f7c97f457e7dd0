#include "base/json_text.hpp"

#include <catch2/catch.hpp>

namespace nodeportd {

TEST_CASE("a JSON object is one line that no terminal acts on, whatever a stranger wrote") {
  const std::string object = json_object([](JsonWriter& json) {
    write_member(json, "a\nb", std::string("\xE2\x80\xAEgnp.exe \xC2\x9B\x31m \x1B[2J \xFF"));
  });
  CHECK(object == R"({"a\nb":"\u202Egnp.exe \u009B1m \u001B[2J )"
                  "\xEF\xBF\xBD\"}");
}

TEST_CASE("a JSON list holds an object an item, in their order") {
  const std::string object = json_object([](JsonWriter& json) {
    write_list(json, "numbers", std::vector<int>{1, 2},
               [](JsonWriter& item, int number) { write_member(item, "n", number); });
    write_list(json, "none", std::vector<int>{}, [](JsonWriter&, int) {});
  });
  CHECK(object == R"({"numbers":[{"n":1},{"n":2}],"none":[]})");
}

TEST_CASE("what is not told is null in JSON") {
  const std::string object = json_object(
      [](JsonWriter& json) { write_member(json, "port", std::optional<std::uint32_t>{}); });
  CHECK(object == R"({"port":null})");
}

}  // namespace nodeportd
