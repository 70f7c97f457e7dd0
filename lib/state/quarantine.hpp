#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "model/notice.hpp"
#include "state/sqlite.hpp"

namespace nodeportd {

// A row whose body is not what was written.
struct DamagedRow {
  enum class Table : std::uint8_t { positions, windows, alerts, services, audit_id_runs };
  Table table = Table::positions;
  std::int64_t row = 0;  // its rowid
  std::string name;      // what it was: a file's path, an alert's id and revision, a Service
  std::string why;
  std::string body;
};

// Where damaged rows go, so that none is met twice or stops what stands behind it. Not safe from
// several threads at a time.
class Quarantine {
 public:
  explicit Quarantine(Database& database) : database_(database) {}

  // Moves the rows into the table `quarantine` (which keeps the last 1000), with the deliveries
  // that needed them, and makes a notice of each. On an error they are all where they were.
  [[nodiscard]] Result<void> take(const std::vector<DamagedRow>& rows);

  void report(Notice notice);
  // At most 64 since the last call; one more says how many were left out.
  [[nodiscard]] std::vector<Notice> take_notices();

  [[nodiscard]] std::uint64_t taken() const { return taken_; }  // rows, since the start

 private:
  Database& database_;
  std::vector<Notice> notices_;
  std::uint64_t unreported_ = 0;
  std::uint64_t taken_ = 0;
};

}  // namespace nodeportd
