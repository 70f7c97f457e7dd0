#include "source/rotated_names.hpp"

#include <catch2/catch.hpp>

#include "base/time_text.hpp"

namespace nodeportd {

TEST_CASE("lumberjack's names are told from all others") {
  struct Row {
    const char* name;
    const char* base;  // nullptr: no rotated name
    bool packed;
  };
  const auto row = GENERATE(
      Row{"audit-2026-11-24T09-00-00.123.log", "audit.log", false},
      Row{"audit-2026-11-24T09-00-00.123.log.gz", "audit.log", true},
      Row{"audit-2026-11-24T09-00-00.123", "audit", false},
      Row{"audit-2026-11-24T09-00-00.123.gz", "audit", true},
      Row{"kube-apiserver-audit-2026-11-24T09-00-00.123.log", "kube-apiserver-audit.log", false},
      Row{"a-2026-11-24T09-00-00.123-2026-11-24T09-00-01.000.log", "a-2026-11-24T09-00-00.123.log",
          false},
      Row{"audit.log", nullptr, false}, Row{"audit.log.1", nullptr, false},
      Row{"audit-2026-11-24.log", nullptr, false}, Row{"", nullptr, false},
      Row{".gz", nullptr, false}, Row{"-2026-11-24T09-00-00.123", nullptr, false},
      Row{"audit2026-11-24T09-00-00.123.log", nullptr, false},
      Row{"audit-2026-13-24T09-00-00.123.log", nullptr, false},
      Row{"audit-2026-11-24T09:00:00.123.log", nullptr, false},
      Row{"audit-2026-11-24T09-00-00.1234.log", nullptr, false},
      Row{"audit-2026-11-24T09-00-00.123.log.bz2", nullptr, false});
  CAPTURE(row.name);
  const auto parsed = parse_rotated_name(row.name);
  REQUIRE(parsed.has_value() == (row.base != nullptr));
  if (!parsed) return;
  CHECK(parsed->base == row.base);
  CHECK(parsed->packed == row.packed);
  if (row.base == std::string("audit.log")) {
    CHECK(parsed->plain == "audit-2026-11-24T09-00-00.123.log");
    CHECK(parsed->time == *parse_time("2026-11-24T09:00:00.123Z"));
  }
}

TEST_CASE("both forms of one file are one file, the oldest comes first, other logs are left out") {
  const auto files =
      rotated_from("/var/log", "audit.log",
                   {"audit-2026-11-24T09-00-02.000.log.gz", "audit-2026-11-24T09-00-01.000.log.gz",
                    "audit-2026-11-24T09-00-01.000.log", "other-2026-11-24T09-00-01.000.log",
                    "audit-2025-11-24T09-00-03.000.log", "audit.log", "audit.log.1"});
  REQUIRE(files.size() == 3);
  CHECK(files[0].path == "/var/log/audit-2025-11-24T09-00-03.000.log");
  CHECK(files[1].path == "/var/log/audit-2026-11-24T09-00-01.000.log");
  CHECK((files[1].is_plain && files[1].is_packed));
  CHECK(files[2].packed_path() == "/var/log/audit-2026-11-24T09-00-02.000.log.gz");
  CHECK_FALSE(files[2].is_plain);
}

}  // namespace nodeportd
