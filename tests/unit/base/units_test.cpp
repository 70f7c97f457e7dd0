#include "base/units.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace nodeportd;
using std::chrono::milliseconds;

TEST_CASE("a duration is a number with a unit, or several in falling order") {
  struct Case {
    std::string text;
    std::int64_t ms;
    std::string shortest;
  };
  const auto c = GENERATE(values<Case>({
      {"0", 0, "0"},
      {"0s", 0, "0"},
      {"500ms", 500, "500ms"},
      {"90s", 90'000, "1m30s"},
      {"10m", 600'000, "10m"},
      {"1h30m", 5'400'000, "1h30m"},
      {"1m5ms", 60'005, "1m5ms"},
      {"7d", 604'800'000, "7d"},
      {"25h", 90'000'000, "1d1h"},
      {"36500d", 3'153'600'000'000, "36500d"},
  }));
  REQUIRE(parse_duration(c.text) == milliseconds(c.ms));
  CHECK(format_duration(milliseconds(c.ms)) == c.shortest);
}

TEST_CASE("a duration that can be read two ways, or is absurd, is refused") {
  const auto text = GENERATE(values<std::string>(
      {"", "5", "00", "s", "-5s", "+5s", "1.5h", "5 s", " 5s", "5s ", "5S", "5sec", "30m1h", "1h1h",
       "1h30", "40000d", "99999999999999999999s", "36600d24h", "18446744073709551615ms"}));
  CAPTURE(text);
  CHECK_FALSE(parse_duration(text));
}

TEST_CASE("a negative duration is shown as one") {
  CHECK(format_duration(milliseconds(-1500)) == "-1s500ms");
}

TEST_CASE("seconds are counted when they are over") {
  CHECK(format_seconds(std::chrono::milliseconds(89'999)) == "1m29s");
  CHECK(format_seconds(std::chrono::nanoseconds(999'999'999)) == "0");
}

TEST_CASE("a size is a number of bytes, binary or decimal") {
  struct Case {
    std::string text;
    std::uint64_t bytes;
  };
  const auto c = GENERATE(values<Case>({
      {"0", 0},
      {"512", 512},
      {"512B", 512},
      {"256KiB", 262'144},
      {"16MiB", 16'777'216},
      {"1GiB", 1'073'741'824},
      {"1KB", 1'000},
      {"2MB", 2'000'000},
      {"3GB", 3'000'000'000},
      {"18446744073709551615", UINT64_MAX},
  }));
  CHECK(parse_size(c.text) == c.bytes);
}

TEST_CASE("a size that is malformed or does not fit is refused") {
  const auto text =
      GENERATE(values<std::string>({"", "KiB", "-1", "+1", "1.5MiB", "1 MiB", "1kb", "1Ki", "1MiBs",
                                    "18446744073709551616", "17179869184GiB"}));
  CAPTURE(text);
  CHECK_FALSE(parse_size(text));
}
