#include "daemon/ledger.hpp"

#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <csignal>

#include "daemon/pipeline.hpp"
#include "support/eventually.hpp"
#include "support/temp_dir.hpp"

using namespace nodeportd;
using namespace nodeportd::test;

namespace {

// No file can grow while it lives, as on a full disk.
class NoGrowth {
 public:
  NoGrowth() {
    old_action_ = std::signal(SIGXFSZ, SIG_IGN);
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &old_) == 0);
    const rlimit limit{.rlim_cur = 0, .rlim_max = old_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  }
  NoGrowth(const NoGrowth&) = delete;
  NoGrowth& operator=(const NoGrowth&) = delete;
  ~NoGrowth() {
    (void)::setrlimit(RLIMIT_FSIZE, &old_);
    (void)std::signal(SIGXFSZ, old_action_);
  }

 private:
  rlimit old_{};
  sighandler_t old_action_ = SIG_DFL;
};

}  // namespace

TEST_CASE("a state that can be written again at the stop is, before its next attempt is due") {
  const TempDir dir;
  const SystemClock clock;
  StoreOptions options;
  options.directory = dir / "state";
  auto store = Store::open(options, clock.wall());
  REQUIRE(store);
  const RuleSet rules({}, {});
  Outlets nobody({});
  Pipeline pipeline({}, {.rules = rules,
                         .origin = {"prod", "cp-1", (*store)->epoch()},
                         .aggregate = {},
                         .exceptions = {},
                         .time = Ledger::Time::live,
                         .store = **store,
                         .outlets = nobody,
                         .outbox_max = options.max_size,
                         .clock = clock,
                         .log = Log::none(),
                         .beats = {},
                         .beat_facts = {}});
  {
    const NoGrowth full;
    pipeline.start();
    pipeline.ledger().post({"daemon.started", "nodeportd started", {}});
    REQUIRE(eventually([&] { return pipeline.ledger().status().failed_commits == 1; }));
  }
  pipeline.finish();
  const LedgerStatus status = pipeline.ledger().status();
  CHECK(status.durable);
  CHECK(status.revisions == 2);  // what was posted, and that the state could not be written
}
