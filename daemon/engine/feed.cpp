#include "daemon/engine/feed.hpp"

#include <utility>

namespace nodeportd {
namespace {

// Scanned in less time than it takes to wake another thread.
constexpr std::size_t kSmallBytes = 64UL * 1024;
// As long as the ledger takes its time with positions.
constexpr std::chrono::seconds kKeepFor{1};

}  // namespace

Feed::Feed(Parts parts)
    : parts_(std::move(parts)),
      worker_(*parts_.edition->rules, parts_.edition->scan),
      edition_(std::move(parts_.edition)) {}

void Feed::use(std::shared_ptr<const Edition> edition) {
  const std::lock_guard lock(mutex_);
  edition_ = std::move(edition);
}

Batch* Feed::try_take() {
  if (!spare_.empty()) {
    Batch* batch = spare_.back();
    spare_.pop_back();
    return batch;
  }
  if (parts_.pool.runs_low()) parts_.lanes.wake_collector();
  Batch* batch = parts_.pool.try_take();
  // Of few batches none is to lie here.
  if (batch == nullptr) let_go();
  return batch;
}

Batch* Feed::take() {
  for (;;) {
    if (Batch* batch = try_take()) return batch;
    parts_.waker.prepare();
    if (Batch* batch = try_take()) {
      parts_.waker.cancel();
      return batch;
    }
    parts_.waker.sleep(std::nullopt);
  }
}

void Feed::hand_on(Batch* batch) {
  {
    const std::lock_guard lock(mutex_);
    batch->edition = edition_;
  }
  if (!is_ours(*batch)) {
    release();
    note_end(*batch);
    parts_.lanes.deal(batch);
    dealt_.fetch_add(1);
    return;
  }
  worker_.use(*batch->edition->rules, batch->edition->scan);
  worker_.examine(*batch);
  parts_.counters.add(*batch);
  parts_.pool.count_found(*batch);
  if (is_quiet(*batch)) {
    keep(batch);
  } else {
    release();
    pass_by(batch, hurry_of(*batch));
  }
}

bool Feed::is_ours(const Batch& batch) const {
  const bool is_small = batch.at_end && batch.bytes.size() <= kSmallBytes;
  return is_small || !parts_.lanes.is_any_free();
}

bool Feed::is_quiet(const Batch& batch) const {
  const bool tells_nothing =
      batch.matches.empty() && batch.writes.empty() && batch.notices.empty() && !batch.end.finished;
  const bool is_end_known = batch.stream < at_end_.size() && at_end_[batch.stream] == batch.at_end;
  return tells_nothing && is_end_known;
}

void Feed::keep(Batch* batch) {
  const bool takes_its_place = kept_ != nullptr && kept_->stream == batch->stream &&
                               kept_->end.device == batch->end.device &&
                               kept_->end.inode == batch->end.inode;
  if (!takes_its_place) release();
  if (kept_ != nullptr) {
    kept_->clear();
    spare_.push_back(kept_);
  } else {
    kept_until_ = parts_.clock.mono() + kKeepFor;
  }
  kept_ = batch;
}

void Feed::let_go() {
  release();
  parts_.lanes.wake_collector();
}

void Feed::release() {
  if (kept_ == nullptr) return;
  kept_until_.reset();
  pass_by(std::exchange(kept_, nullptr), Hurry::none);
}

void Feed::pass_by(Batch* batch, Hurry hurry) {
  note_end(*batch);
  parts_.lanes.pass_by(batch, hurry);
  dealt_.fetch_add(1);
}

void Feed::note_end(const Batch& batch) {
  if (batch.stream >= at_end_.size()) at_end_.resize(batch.stream + 1, false);
  at_end_[batch.stream] = batch.at_end;
}

}  // namespace nodeportd
