#include <catch2/catch.hpp>
#include <cstdlib>
#include <iostream>
#include <sstream>

#include "support/in_child.hpp"
#include "unit/source/log_world.hpp"
#include "unit/source/shrink.hpp"

namespace nodeportd::test {
namespace {

constexpr std::size_t kActs = 30;

// What sanitizers slow down is tried less often there; the release build has the time.
#ifdef NODEPORTD_SANITIZED
constexpr std::uint32_t kSequences = 200;
#else
constexpr std::uint32_t kSequences = 2'000;
#endif

// Closing inotify waits for the kernel for milliseconds, so many wait at a time.
constexpr std::uint32_t kProcesses = 8;
constexpr std::uint32_t kFailuresMax = 3;  // in each

std::uint32_t number_of(const char* variable, std::uint32_t otherwise) {
  const char* given = std::getenv(variable);
  return given != nullptr ? static_cast<std::uint32_t>(std::strtoul(given, nullptr, 10))
                          : otherwise;
}

std::string joined(const std::vector<std::string>& wrong) {
  std::string text;
  for (const std::string& each : wrong) text += "\n    " + each;
  return text;
}

// How a failure is told: the fewest acts that give it, and how to see it again.
std::string report(const Sequence& failing, const LogWorld::Swallows& swallows = {}) {
  Shrinking shrinking(
      [&](const Sequence& sequence) { return !wrong_after(sequence, swallows).empty(); });
  const Sequence shortest = shrinking.shortest(failing);
  return to_text(shortest) + joined(wrong_after(shortest, swallows)) +
         "\n  see it again: NODEPORTD_SEQUENCE='" + to_text(shortest) +
         "' source_tests 'whatever happens to a log*'\n";
}

struct Sums {
  std::size_t lines = 0;
  std::size_t lost = 0;
  std::size_t failed = 0;
};

// Every kProcesses-th of the seeds, as text: the sums, then what failed.
std::string try_share(std::uint32_t first, std::uint32_t sequences, std::uint32_t share) {
  Sums sums;
  std::string failures;
  for (std::uint32_t i = share; i < sequences && sums.failed < kFailuresMax; i += kProcesses) {
    const Sequence sequence = draw(first + i, kActs);
    LogWorld world;
    for (const Act& act : sequence) world.act(act);
    if (!world.verdict().empty()) {
      ++sums.failed;
      failures += "seed " + std::to_string(first + i) + ": " + report(sequence);
    }
    sums.lines += world.truth().lines.size();
    sums.lost += world.truth().lost();
  }
  return std::to_string(sums.lines) + ' ' + std::to_string(sums.lost) + ' ' +
         std::to_string(sums.failed) + '\n' + failures;
}

}  // namespace

// NODEPORTD_SEED: the first seed. NODEPORTD_SEQUENCES: how many, one a seed. NODEPORTD_SEQUENCE:
// one that a failure printed. scripts/nightly runs many.
TEST_CASE("whatever happens to a log, each line comes once, or its loss is told") {
  if (const char* given = std::getenv("NODEPORTD_SEQUENCE")) {
    const std::optional<Sequence> sequence = to_sequence(given);
    REQUIRE(sequence.has_value());
    const std::vector<std::string> wrong = wrong_after(*sequence);
    INFO(joined(wrong));
    CHECK(wrong.empty());
    return;
  }
  const std::uint32_t first = number_of("NODEPORTD_SEED", 1);
  const std::uint32_t sequences = number_of("NODEPORTD_SEQUENCES", kSequences);
  Sums sums;
  const auto shares = in_children(static_cast<int>(kProcesses), [&](int share) {
    return try_share(first, sequences, static_cast<std::uint32_t>(share));
  });
  for (const std::string& share : shares) {
    std::istringstream text(share);
    Sums part;
    INFO(share);
    REQUIRE(text >> part.lines >> part.lost >> part.failed);
    CHECK(part.failed == 0);
    CHECK(share.find("ended by") == std::string::npos);
    sums.lines += part.lines;
    sums.lost += part.lost;
    sums.failed += part.failed;
  }
  std::cout << "seeds " << first << " to " << first + sequences - 1 << ": " << sequences
            << " sequences of " << kActs << " acts, " << sums.lines << " lines, " << sums.lost
            << " of them lost as nobody could prevent, " << sums.failed << " sequences failed\n";
  // What the model forgives is not to hide what it is for.
  CHECK(sums.lines > 10 * sequences);
  CHECK(sums.lost * 8 < sums.lines);
}

TEST_CASE("a fault that is planted is found, and shrunk to what it takes") {
  // Of a packed file nothing comes. It takes a line, a rotation and gzip, before anybody looked.
  const LogWorld::Swallows swallows = [](const Handed& handed) {
    return handed.end.path.ends_with(".gz");
  };
  int found = 0;
  for (std::uint32_t seed = 1; seed < 300 && found < 3; ++seed) {
    const Sequence sequence = draw(seed, kActs);
    if (wrong_after(sequence, swallows).empty() || !wrong_after(sequence).empty()) continue;
    ++found;
    INFO(report(sequence, swallows));
    Shrinking shrinking([&](const Sequence& each) { return !wrong_after(each, swallows).empty(); });
    const Sequence shortest = shrinking.shortest(sequence);
    REQUIRE_FALSE(shortest.empty());
    CHECK(shortest.size() <= 3);
    CHECK(shortest.back() == Act{.deed = Deed::pack, .count = 0, .pick = 0});
  }
  CHECK(found == 3);
}

TEST_CASE("a sequence is done again from its text") {
  const Sequence sequence = draw(7, 50);
  CHECK(to_sequence(to_text(sequence)) == sequence);
  CHECK_FALSE(to_sequence("write 1").has_value());
  CHECK_FALSE(to_sequence("sing 1 2").has_value());
}

}  // namespace nodeportd::test
