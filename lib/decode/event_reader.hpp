#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <string_view>

#include "base/function_ref.hpp"
#include "decode/audit_decoder.hpp"
#include "model/event.hpp"

namespace nodeportd {

// Reads the audit events out of a record, whatever carries them (docs/CARRIERS.md): it may hold
// none, one or many. What is no known carrier is handed on as it is: the rules decide. One thread.
class EventReader {
 public:
  // An event's root and `raw` (its own JSON, where the carrier leaves it any) hold while the
  // function runs.
  using Take = FunctionRef<void(const AuditEvent& event, std::uint32_t part)>;
  // A part that cannot be inspected; `text` is what is known of it, without what wraps it.
  using Refuse = FunctionRef<void(std::string_view text, Reject reject, std::uint32_t part)>;

  EventReader();
  EventReader(const EventReader&) = delete;
  EventReader& operator=(const EventReader&) = delete;
  ~EventReader();

  // Calls `take` or `refuse` for each part of the record, in its order. Parts count from 0 and are
  // the same whenever the same bytes are read. Giants are read one at a time, whatever the number
  // of readers, and what they took is given back: theirs may be 40 MB.
  void read(std::string_view record, Take take, Refuse refuse);

  // Memory that lives as long as the event that `take` is looking at, for what is derived from it.
  [[nodiscard]] std::pmr::memory_resource& arena();

 private:
  // Carriers in carriers are opened this often; what is in them then is handed on as it is.
  static constexpr std::size_t kWrappingsMax = 3;

  // What a text in a text needs to itself. An object that is looked at on a level lies in this
  // level's decoder or in what is further out, so that this level's arena is free for its events.
  struct Level;

  [[nodiscard]] Level& level(std::size_t depth);
  void read_record(std::string_view record);
  void release();

  void read_values(std::string_view text, std::size_t depth);
  void salvage(std::string_view text, Reject reject, std::size_t depth);
  void read_object(const Value& object, std::size_t depth);
  template <typename Read>
  void read_each(const Value& list, const Read& read);
  // What a carrier holds: a text, an object, or something that it should not.
  void read_content(const Value* content, const Value& carrier, std::size_t depth);
  void read_azure(const Value& record, std::size_t depth);
  void read_otlp(const Value& body, std::size_t depth);

  template <typename Make>
  void take(std::string_view raw, std::size_t depth, const Make& make);
  void take(const Value& event, std::size_t depth);
  void refuse(std::string_view text, Reject reject);

  std::array<std::unique_ptr<Level>, kWrappingsMax + 1> levels_;  // made when they are needed
  Level* current_;                                                // of the event being taken
  // Of the call of read() that is running.
  const Take* take_ = nullptr;
  const Refuse* refuse_ = nullptr;
  std::uint32_t next_part_ = 0;
};

}  // namespace nodeportd
