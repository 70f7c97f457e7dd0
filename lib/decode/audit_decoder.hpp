#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "decode/reject.hpp"
#include "decode/strict_reader.hpp"
#include "decode/tolerant_reader.hpp"
#include "model/event.hpp"

namespace nodeportd {

// Reads one record at a time into a tree: what is well-formed with StrictReader, and all else, in
// which TolerantReader may find an event or a reason to refuse, with that one. Which of them read
// a record nobody can tell by the result. Recurses nowhere. One thread.
class AuditDecoder {
 public:
  static constexpr std::size_t kDepthMax = TolerantReader::kDepthMax;
  static constexpr std::size_t kNodesMax = TolerantReader::kNodesMax;

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

  // Gives back what a giant took, and ends the text that is open. No view holds any more.
  void release();

 private:
  // Of the open text.
  enum class State : std::uint8_t {
    untried,
    read_whole,  // by the strict reader
    not_strict,  // it is the tolerant reader's, all of it
  };

  std::vector<std::byte> first_;               // what `arena_` begins with for every record
  std::pmr::monotonic_buffer_resource arena_;  // children of the values
  StrictReader strict_;
  TolerantReader tolerant_;
  State state_ = State::untried;
};

}  // namespace nodeportd
