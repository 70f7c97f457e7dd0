#include "aggregate/watermark.hpp"

#include <catch2/catch.hpp>

namespace nodeportd {
namespace {

using std::chrono::seconds;

WallTime at(int second) {
  return WallTime(seconds(second));
}
MonoTime mono(int second) {
  return MonoTime(seconds(second));
}

}  // namespace

TEST_CASE("the watermark is the smallest over streams that are not idle") {
  Watermark watermark(seconds(30));
  watermark.observe("a", at(100));
  watermark.set_at_end("a", false, mono(0));
  CHECK(watermark.overall(mono(0)) == at(100));
  watermark.observe("b", at(40));
  watermark.set_at_end("b", true, mono(0));
  CHECK(watermark.overall(mono(29)) == at(40));
  CHECK(watermark.next_idle(mono(29)) == mono(30));
  CHECK(watermark.overall(mono(30)) == at(100));
  CHECK_FALSE(watermark.all_idle(mono(30)));
}

TEST_CASE("a stream with unread lines and no match yet holds the watermark back") {
  Watermark watermark(seconds(30));
  watermark.observe("a", at(100));
  watermark.set_at_end("a", true, mono(0));
  watermark.set_at_end("b", false, mono(0));
  CHECK(watermark.overall(mono(1000)) == std::nullopt);
  watermark.set_at_end("b", true, mono(1000));
  CHECK(watermark.overall(mono(1030)) == at(100));
  CHECK(watermark.all_idle(mono(1030)));
}

TEST_CASE("the watermark never goes back, and says once what moved") {
  Watermark watermark(seconds(30));
  watermark.observe("a", at(100));
  watermark.observe("a", at(50));
  CHECK(watermark.overall(mono(0)) == at(100));
  CHECK(watermark.take_moved().size() == 1);
  CHECK(watermark.take_moved().empty());
  watermark.restore("b", at(10));
  CHECK(watermark.take_moved().empty());
}

}  // namespace nodeportd
