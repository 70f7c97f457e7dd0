#include "daemon/engine/each_batch.hpp"

#include <array>
#include <vector>

#include "source/source.hpp"

namespace nodeportd {
namespace {

// Two batches: while one waits in the source's stock, the other may be full.
class VisitedBatches final : public BatchSupply {
 public:
  explicit VisitedBatches(const std::function<void(Batch&)>& visit) : visit_(visit) {
    for (Batch& batch : batches_) free_.push_back(&batch);
  }

  Batch* try_take() override {
    if (free_.empty()) return nullptr;
    Batch* batch = free_.back();
    free_.pop_back();
    return batch;
  }
  Batch* take() override { return try_take(); }
  void hand_on(Batch* batch) override {
    visit_(*batch);
    batch->clear();
    free_.push_back(batch);
  }

 private:
  const std::function<void(Batch&)>& visit_;
  std::array<Batch, 2> batches_;
  std::vector<Batch*> free_;
};

}  // namespace

Result<void> for_each_batch(const std::string& path, const std::function<void(Batch&)>& visit) {
  VisitedBatches supply(visit);
  return read_files({path}, {.max_line = kReplayMaxLine}, supply, [](std::uint64_t) {});
}

}  // namespace nodeportd
