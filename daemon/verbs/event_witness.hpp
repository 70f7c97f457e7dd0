#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "decode/event_reader.hpp"
#include "source/source.hpp"

namespace nodeportd {

// Hands batches on and looks, until it has seen one, whether there is any audit event in them at
// all: the scan passes over another program's log as over an audit log that tells of nothing.
class EventWitness final : public BatchSupply {
 public:
  explicit EventWitness(BatchSupply& supply) : supply_(supply) {}

  Batch* try_take() override { return supply_.try_take(); }
  Batch* take() override { return supply_.take(); }
  void hand_on(Batch* batch) override;
  [[nodiscard]] std::optional<MonoTime> kept_until() const override { return supply_.kept_until(); }
  void let_go() override { supply_.let_go(); }

  // What to say of `records` of those files; empty if one was an event, or there was none.
  [[nodiscard]] std::string complaint(std::uint64_t records,
                                      const std::vector<std::string>& files) const;

 private:
  void look_at(std::string_view record);

  BatchSupply& supply_;
  EventReader reader_;
  bool has_seen_ = false;
  std::string first_;  // why the first record is none
};

}  // namespace nodeportd
