#pragma once

namespace nodeportd {

// While one lives, what SQLite appends to its write-ahead log on this thread goes out in one
// write(2), and not in two for each page: it is for the time of a COMMIT, whose last frame says
// that it is the last and takes all before it along. An error of that write is the error of the
// COMMIT. What a COMMIT that fails before leaves unwritten was never there. Everything else that
// SQLite writes meanwhile passes unchanged.
//
// A commit of one alert has some 16 pages; their writes took as long as all else that it does.
class JoinedWrites {
 public:
  // Puts itself between SQLite and the kernel, for all connections. Once, before the first is
  // opened. With a SQLite that does not write by pwrite(2), nothing is joined.
  static void install();

  JoinedWrites();
  JoinedWrites(const JoinedWrites&) = delete;
  JoinedWrites& operator=(const JoinedWrites&) = delete;
  ~JoinedWrites();
};

}  // namespace nodeportd
