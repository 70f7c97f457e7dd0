// The rows of the state: what is kept is read again as it was, and a row that is damaged, or is
// another's, is an error.
#include <fuzzer/FuzzedDataProvider.h>

#include <string>

#include "fuzz/drawn.hpp"
#include "fuzz/hold.hpp"
#include "state/codec.hpp"

namespace nodeportd::fuzz {
namespace {

Window window(Drawn& drawn) {
  Window window;
  window.alert = drawn.alert();
  window.seen = drawn.list([&] { return drawn.number<std::uint64_t>(); });
  window.delivered_count = drawn.number<std::uint64_t>();
  window.closed = drawn.flag();
  return window;
}

FileMark mark(Drawn& drawn) {
  FileMark mark;
  mark.stream = drawn.text();
  mark.path = drawn.text();
  mark.device = drawn.number<std::uint64_t>();
  mark.inode = drawn.number<std::uint64_t>();
  mark.head_size = drawn.number<std::uint32_t>();
  for (auto& byte : mark.head) byte = drawn.number<std::uint8_t>();
  mark.offset = drawn.number<std::uint64_t>();
  mark.tail_size = drawn.number<std::uint32_t>();
  for (auto& byte : mark.tail) byte = drawn.number<std::uint8_t>();
  mark.turn = drawn.number<std::uint64_t>();
  mark.seen = drawn.time();
  mark.finished = drawn.flag();
  return mark;
}

KnownService service(Drawn& drawn) {
  KnownService service;
  service.cluster = drawn.text();
  service.ns = drawn.text();
  service.name = drawn.text();
  service.uid = drawn.text();
  service.type = drawn.perhaps([&] { return drawn.text(); });
  service.node_ports =
      drawn.list([&] { return Opened<NodePort>{drawn.node_port(), drawn.time(), drawn.text()}; });
  service.external_ips =
      drawn.list([&] { return Opened<std::string>{drawn.text(), drawn.time(), drawn.text()}; });
  service.health_check_node_port = drawn.perhaps([&] {
    return Opened<std::uint32_t>{drawn.number<std::uint32_t>(), drawn.time(), drawn.text()};
  });
  service.updated = drawn.time();
  return service;
}

AuditIdRun run_of_uses(Drawn& drawn) {
  return {drawn.list([&] {
    return AuditIdUse{drawn.number<std::uint64_t>(), drawn.number<std::uint64_t>(),
                      drawn.number<std::uint64_t>(), drawn.time()};
  })};
}

// What a disk may do to a row.
std::string damaged(std::string row, FuzzedDataProvider& input) {
  const auto place = input.ConsumeIntegralInRange<std::size_t>(0, row.size() - 1);
  const auto byte = input.ConsumeIntegral<char>();
  switch (input.ConsumeIntegralInRange(0, 3)) {
    case 0:
      row.resize(place);
      return row;
    case 1:
      row[place] = byte;
      return row;
    case 2:
      row.insert(place, 1, byte);
      return row;
    default:
      return row + byte;
  }
}

template <typename Value>
void check(const Value& value, FuzzedDataProvider& input) {
  const std::string key = input.ConsumeRandomLengthString(64);
  const std::string row = encode(key, value);
  const Result<Value> read = decode<Value>(key, row);
  hold(read.has_value(), "what is kept can be read");
  hold(encode(key, *read) == row, "what is read is what was kept");

  const std::string other = input.ConsumeRandomLengthString(64);
  hold(other == key || !decode<Value>(other, row), "another's row is an error");

  const std::string bad = damaged(row, input);
  if (bad == row) return;
  const Result<Value> harmed = decode<Value>(key, bad);
  if (!harmed) {
    hold(harmed.error().kind == ErrorKind::malformed, "what is wrong is the row");
    return;
  }
  // The format stands outside of the sum: what did not change with it may be called older.
  hold(bad.substr(1) == row.substr(1) && encode(key, *harmed) == row, "damage is an error");
}

void run(FuzzedDataProvider input) {
  Drawn drawn(input);
  switch (input.ConsumeIntegralInRange(0, 4)) {
    case 0:
      return check(drawn.alert(), input);
    case 1:
      return check(window(drawn), input);
    case 2:
      return check(mark(drawn), input);
    case 3:
      return check(service(drawn), input);
    default:
      return check(run_of_uses(drawn), input);
  }
}

}  // namespace
}  // namespace nodeportd::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  nodeportd::fuzz::run({bytes, size});
  return 0;
}
