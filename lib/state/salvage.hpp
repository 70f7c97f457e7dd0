#pragma once

#include <cstdint>
#include <string>

#include "state/sqlite.hpp"

namespace nodeportd {

// Rows that were saved.
struct Salvage {
  std::int64_t positions = 0;
  std::int64_t windows = 0;
  std::int64_t alerts = 0;
  std::int64_t outbox = 0;
  std::int64_t services = 0;
};

// Copies every row that can still be read from the damaged file at `path` into `fresh`, which has
// the tables and is empty. Rows are copied as they are: their checksums are looked at when they
// are used. Cannot fail: what does not work is not saved.
[[nodiscard]] Salvage salvage(const std::string& path, Database& fresh);

}  // namespace nodeportd
