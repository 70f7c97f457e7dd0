#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
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
  cut,            // a log service shortened it: it ends in `[Truncated...]`
  packed,         // base64 of something compressed, which the feeder was to unpack
  legacy_format,  // --audit-log-format=legacy, which holds no bodies
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

  // Begins a text that may hold several values, one after the other.
  void open(std::string_view text);
  // The next value of that text, or nullopt at its end. Its views hold as decode()'s do. After a
  // refusal the text is where it was before.
  [[nodiscard]] Result<std::optional<Value>, Reject> next();
  // What of that text is not read yet, white space before it left out.
  [[nodiscard]] std::string_view rest() const;

 private:
  enum class Numbers : std::uint8_t { as_written, blanked };

  // Takes what is not read yet into `text_`, mended.
  void copy_rest(Numbers numbers);
  [[nodiscard]] Result<Value, Reject> parse();

  std::string_view json_;  // the open text
  std::size_t at_ = 0;     // how far it is read
  Numbers numbers_ = Numbers::as_written;
  std::vector<std::byte> first_;               // what `arena_` begins with for every record
  std::pmr::monotonic_buffer_resource arena_;  // children of the values
  std::vector<char> text_;                     // the same as `json_`, unescaped in place
  std::vector<Member> pending_;                // values whose container is still open
};

}  // namespace nodeportd
