#include "source/batch_stock.hpp"

#include <catch2/catch.hpp>

#include "unit/source/followed.hpp"

namespace nodeportd {
namespace {

constexpr std::size_t kBatchBytes = 64UL * 1024;

// What a reader does with a record of this size.
const char* read_long(BatchStock& stock, Batch& batch, std::size_t size) {
  REQUIRE(stock.wide() != nullptr);
  batch.bytes.swap(*stock.wide());
  batch.bytes.resize(size);
  return batch.bytes.data();
}

TEST_CASE("the buffer of a long record serves the next one too") {
  test::RecordingSupply supply(2);
  BatchStock stock(supply, kBatchBytes);
  const char* first = nullptr;
  for (int i = 0; i < 3; ++i) {
    CAPTURE(i);
    Batch* batch = stock.take();
    const char* bytes = read_long(stock, *batch, 4 * kBatchBytes);
    if (first == nullptr) first = bytes;
    CHECK(bytes == first);
    stock.hand_on(batch);
    CHECK(stock.wide() == nullptr);  // one at a time
    supply.release();
    stock.wait_to_grow();
    CHECK(stock.may_grow());
  }
}

TEST_CASE("the buffer of a very long record is given up once the record is done") {
  test::RecordingSupply supply(2);
  BatchStock stock(supply, kBatchBytes);
  Batch* batch = stock.take();
  read_long(stock, *batch, 5 * kBatchBytes);
  SECTION("after it was handed on") {
    stock.hand_on(batch);
    supply.release();
    stock.wait_to_grow();
  }
  SECTION("or put back") {
    stock.put_back(batch);
  }
  CHECK(stock.wide()->capacity() == 0);
  CHECK(batch->bytes.capacity() <= kBatchBytes);
}

}  // namespace
}  // namespace nodeportd
