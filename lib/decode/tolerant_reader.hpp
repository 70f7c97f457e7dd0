#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "decode/reject.hpp"
#include "model/event.hpp"

namespace nodeportd {

// Reads whatever the apiserver can be made to write as Go reads it, with RapidJSON: duplicate
// members are kept (the last is the one that counts), numbers stay text, a lone surrogate becomes
// U+FFFD, bytes that are not UTF-8 stay what they are. What it refuses is refused. Recurses
// nowhere. One thread.
class TolerantReader {
 public:
  // A request body may be 10,000 deep (Go's limit), and the event holds it one level down.
  static constexpr std::size_t kDepthMax = 10'001;
  // Some 40 MB while they are read. Two bodies of a Service with all 2,768 node ports of the usual
  // range are 60,000 values, a list of a thousand Services is 200,000.
  static constexpr std::size_t kNodesMax = 400'000;

  // The children of values lie in `arena`, which each value takes for itself alone.
  explicit TolerantReader(std::pmr::monotonic_buffer_resource& arena) : arena_(arena) {}

  // Begins a text that may hold several values, one after the other.
  void open(std::string_view text);
  // The next value of that text, or nullopt at its end. Its views hold until the next call and as
  // long as the text's bytes do. After a refusal the text is where it was before.
  [[nodiscard]] Result<std::optional<Value>, Reject> next();
  // What of that text is not read yet, white space before it left out.
  [[nodiscard]] std::string_view rest() const;

  // Gives back what a giant took. What was read last does not hold any more.
  void release();

 private:
  enum class Numbers : std::uint8_t { as_written, blanked };

  // Takes what is not read yet into `copy_`, mended.
  void copy_rest(Numbers numbers);
  void make_room_for_pending();
  [[nodiscard]] Result<Value, Reject> parse();

  std::string_view text_;
  std::size_t at_ = 0;  // how far it is read
  Numbers numbers_ = Numbers::as_written;
  std::pmr::monotonic_buffer_resource& arena_;
  std::vector<char> copy_;       // the same as `text_`, unescaped in place
  std::vector<Member> pending_;  // values whose container is still open
};

}  // namespace nodeportd
