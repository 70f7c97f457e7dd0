#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/event.hpp"

namespace nodeportd {

// Why a record cannot be inspected.
enum class Reject : std::uint8_t {
  not_json,       // malformed, or more than one value
  torn,           // it ends in the middle
  not_an_object,  // JSON, but no event could be it
  too_deep,       // nested deeper than the apiserver itself takes
  too_large,      // more values than a request can bring
  oversize,       // longer than max_line, so that the source never read it whole
};
// `not_json`: stable, since alerts are grouped by it.
[[nodiscard]] std::string_view to_text(Reject reject);

// Reads one record at a time into a tree. Whatever the apiserver can be made to write is read as
// Go reads it: duplicate members are kept (the last is the one that counts), numbers stay text,
// a lone surrogate becomes U+FFFD; bytes that are not UTF-8 stay what they are. Recurses nowhere.
// One thread.
class AuditDecoder {
 public:
  // A request body may be 10,000 deep (Go's limit), and the event holds it one level down.
  static constexpr std::size_t kDepthMax = 10'001;
  // A request body is at most 3 MiB, and no value in it is shorter than the two bytes of `0,`.
  static constexpr std::size_t kNodesMax = 2'000'000;

  AuditDecoder();
  AuditDecoder(const AuditDecoder&) = delete;
  AuditDecoder& operator=(const AuditDecoder&) = delete;

  // Any JSON object is decoded; whether it is an audit event is for the rules to say. A byte
  // order mark before it and white space around it (a carriage return) are no part of it. The
  // event's views hold until the next call and as long as `record`'s bytes do.
  [[nodiscard]] Result<AuditEvent, Reject> decode(std::string_view record);

 private:
  enum class Numbers : std::uint8_t { as_written, blanked };

  void clear();
  [[nodiscard]] Result<Value, Reject> parse(std::string_view json, Numbers numbers);

  std::vector<std::byte> first_;               // what `arena_` begins with for every record
  std::pmr::monotonic_buffer_resource arena_;  // children of the values
  std::vector<char> text_;                     // the record, unescaped in place
  std::vector<Member> pending_;                // values whose container is still open
};

}  // namespace nodeportd
