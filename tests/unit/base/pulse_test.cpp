#include "base/pulse.hpp"

#include <catch2/catch.hpp>

#include "base/histogram.hpp"

namespace nodeportd {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("a thread that is asked counts as stuck until it answers or while it is excused") {
  Pulse pulse;
  const MonoTime now{seconds(100)};
  CHECK(pulse.is_answered(now));
  pulse.ask();
  CHECK_FALSE(pulse.is_answered(now));
  pulse.answer();
  CHECK(pulse.is_answered(now));
  pulse.ask();
  pulse.excuse_until(now + seconds(5));
  CHECK(pulse.is_answered(now + seconds(4)));
  CHECK_FALSE(pulse.is_answered(now + seconds(5)));
  pulse.answer();
  pulse.ask();
  CHECK_FALSE(pulse.is_answered(now));  // the excuse was for one turn
}

TEST_CASE("what took long is counted by the bound that it kept, and all of it added up") {
  DurationHistogram histogram;
  histogram.observe(milliseconds(1));  // at the bound
  histogram.observe(milliseconds(2));
  histogram.observe(seconds(200'000));
  const DurationHistogram::Figures figures = histogram.figures();
  REQUIRE(figures.counts.size() == DurationHistogram::kBounds.size() + 1);
  CHECK(figures.counts[0] == 1);
  CHECK(figures.counts[1] == 1);
  CHECK(figures.counts.back() == 1);
  CHECK(figures.sum == Approx(200'000.003));
}

}  // namespace nodeportd
