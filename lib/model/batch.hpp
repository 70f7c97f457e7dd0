#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/read_bytes.hpp"
#include "model/exposure.hpp"
#include "model/match.hpp"
#include "model/notice.hpp"
#include "model/position.hpp"

namespace nodeportd {

// The rules by which a batch is examined; those who examine know what it holds.
struct Edition;

// One record of a log: a line, or what a framing carrier wraps into one.
struct Record {
  std::string_view text;     // in its batch's bytes; without the newline
  std::uint64_t offset = 0;  // of its first line in the file, uncompressed
  std::uint32_t index = 0;   // among the records that begin on that line
  // The line is longer than max_line: text is its first and last 4 KiB, for a name and a time.
  bool oversize = false;
};

// What a worker counted while it went through a batch.
struct BatchTally {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  std::uint64_t decoded = 0;  // records that the scan let through
  std::uint64_t uninspectable = 0;
  std::array<std::uint32_t, 16> rejects{};  // the same by the reason's number (decode/reject.hpp)
};

// The one object that circulates: source -> worker -> aggregator -> pool, as Batch*, owned by the
// pool and touched by one thread at a time. There is a fixed number of them, so they bound memory
// and are the back-pressure: no free batch, no reading. Clearing keeps every capacity, so that a
// batch in which nothing matches allocates nothing.
struct Batch {
  // Filled by the source. An empty batch carries marks and notices alone.
  ReadBytes bytes;
  std::vector<Record> records;
  std::uint32_t stream = 0;  // index of the followed path
  FileMark end;              // what is read once this batch is dealt with
  bool at_end = false;       // nothing of this stream was unread when it was handed on
  std::vector<Notice> notices;
  std::shared_ptr<const Edition> edition;

  // Filled by the worker.
  std::vector<Match> matches;
  std::vector<ServiceWrite> writes;  // in the order of records and events
  std::size_t found_bytes = 0;       // of memory, for these two
  BatchTally tally;

  void clear() {
    bytes.clear();
    records.clear();
    at_end = false;
    end.finished = false;
    notices.clear();
    edition.reset();
    matches.clear();
    writes.clear();
    found_bytes = 0;
    tally = {};
  }
};

}  // namespace nodeportd
