#include "daemon/run/confinement.hpp"

#include <catch2/catch.hpp>

using namespace nodeportd;

TEST_CASE("one line tells by what the daemon is confined, what is missing, and why") {
  const Result<int> files = 7;
  const Result<int> no_files = fail(ErrorKind::not_found, "Landlock: why");
  const Result<void> calls;
  const Result<void> no_calls = fail(ErrorKind::not_found, "seccomp: why");
  CHECK(to_text({files, calls}) == "confined by Landlock (version 7), seccomp");
  CHECK(to_text({files, std::nullopt}) == "confined by Landlock (version 7)");
  CHECK(to_text({std::nullopt, calls}) == "confined by seccomp");
  CHECK(to_text({no_files, calls}) == "confined by seccomp; missing: Landlock: why");
  CHECK(to_text({files, no_calls}) == "confined by Landlock (version 7); missing: seccomp: why");
  CHECK(to_text({no_files, no_calls}) == "not confined; missing: Landlock: why, seccomp: why");
}
