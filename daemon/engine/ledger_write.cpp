// How what the ledger holds becomes durable, and what happens while it does not.

#include <utility>

#include "daemon/engine/ledger.hpp"

namespace nodeportd {

void Ledger::write(MonoTime now) {
  if (backlog_.empty()) return;
  if (retry_commit_ && now < *retry_commit_) {
    parts_.outlets.offer_undurable(backlog_.take_undurable());
    return;
  }
  is_state_used_ = true;
  last_commit_ = now;
  const Result<void> done = retry_commit_ ? write_with_undurable() : write_backlog();
  if (!done) {
    settle_failure(done.error(), now);
    return;
  }
  const Changes& all = backlog_.changes();
  if (std::exchange(retry_commit_, std::nullopt)) {
    parts_.log.info("the state is written again");
    parts_.outlets.wake_all();
  }
  parts_.outlets.wake(all.outgoing);
  if (!all.outgoing.empty()) check_room_ = true;
  {
    const std::lock_guard lock(mutex_);
    status_.durable = true;
    ++status_.commits;
    status_.revisions += all.outgoing.size();
    for (const auto& [name, count] : all.suppressions) status_.suppressed += count;
  }
  backlog_.clear();
}

Result<void> Ledger::write_backlog() {
  const MonoTime began = parts_.clock.mono();
  publish_writing(began);
  Result<void> done = parts_.store.commit(backlog_.changes(), parts_.clock.wall());
  publish_writing(std::nullopt);
  tally_.transactions().observe(parts_.clock.mono() - began);
  return done;
}

// With this commit the lines of undurable alerts are not read again: what sinks still lack of them
// waits in the outbox from then on, not in memory alone.
Result<void> Ledger::write_with_undurable() {
  const std::set<std::string> addressed = backlog_.address(parts_.outlets.hold_undurable());
  Result<void> done = write_backlog();
  if (!done) backlog_.address_nobody();
  parts_.outlets.release_undurable(done ? addressed : std::set<std::string>());
  return done;
}

void Ledger::settle_failure(const Error& error, MonoTime now) {
  const bool is_first = !retry_commit_;
  retry_commit_ = now + kRetryEvery;
  // What the history may let go of makes room.
  if (error.kind == ErrorKind::full) next_prune_ = now;
  {
    const std::lock_guard lock(mutex_);
    status_.durable = false;
    ++status_.failed_commits;
  }
  if (const auto verdict = failure_log_.ask(now); verdict.pass) {
    parts_.log.error("the state cannot be written, alerts go out undurable: {}", error.text);
  }
  if (is_first) {
    tell({"state.undurable",
          "the state cannot be written: alerts go out undurable, and what is read now is read "
          "again after a crash",
          {{"error", error.text}}});
  }
  parts_.outlets.offer_undurable(backlog_.take_undurable());
}

void Ledger::publish_writing(std::optional<MonoTime> since) {
  const std::lock_guard lock(mutex_);
  status_.writing_since = since;
}

}  // namespace nodeportd
