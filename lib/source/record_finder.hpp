#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace nodeportd {

// How a log brings a record. Nearly all are a line; the first bytes tell, so no setting is needed.
enum class RecordForm : std::uint8_t {
  line,
  message,  // CloudWatch's `{"messageType":...}`, ended by a newline or by the next of its kind
  object,   // printed over lines, of which the first is `{` and the last `}`
  list,     // the same with brackets
  cri,      // pieces of a line, in container lines
  docker,
};

[[nodiscard]] constexpr bool has_many_lines(RecordForm form) {
  return form != RecordForm::line && form != RecordForm::message;
}

// What to make of bytes at the end that make no whole record.
enum class LastLine : std::uint8_t {
  waits,      // for what is to follow: the file is being written
  is_record,  // as it is: the file is complete
};

// A record of which the end is not there yet.
struct OpenRecord {
  RecordForm form = RecordForm::line;
  std::size_t last_line = 0;  // where the line begins that has no end, from the record's start
  std::size_t size = 0;       // of what is there, less what may be a border behind the record
};

struct FoundRecord {
  bool is_whole = true;
  OpenRecord open{};          // all that is said of one that is not whole
  bool is_skipped = false;    // a line of a container's standard error
  bool is_wrapped = false;    // unwrap_containers() has something to do
  bool oversize = false;      // longer than max_line, or cut there
  std::size_t size = 0;       // without the newline of its last line
  std::size_t next = 0;       // where what follows begins
  std::uint64_t skipped = 0;  // lines of standard error between its pieces
};

// The first record of `bytes`, which are not empty and begin with one. A record of several lines is
// oversize and ends before the first line that ends more than `max_line` bytes from its start, so
// that nothing depends on how much of that line is there. Pieces of a container's line also end
// before a line that is none, and before one that begins an event: a container that is killed
// never writes its last piece.
[[nodiscard]] FoundRecord find_record(std::string_view bytes, std::uint64_t max_line,
                                      LastLine last_line);

// Whether the record is still open with `bytes`, which begin with its last line; then that is moved
// on to the line that has no end now.
[[nodiscard]] bool is_still_open(OpenRecord& record, std::string_view bytes);

struct LineEnd {
  std::size_t size = 0;  // of the line
  std::size_t next = 0;  // where the next begins
};

// The end of the line that `bytes` are of: a newline, or the border between two messages.
[[nodiscard]] std::optional<LineEnd> find_line_end(std::string_view bytes, RecordForm form);

// How many of `bytes`, in which no line ends, are before what may be the beginning of a border.
[[nodiscard]] std::size_t size_before_border(std::string_view bytes, RecordForm form);
constexpr std::size_t kBorderMax = 16;

}  // namespace nodeportd
