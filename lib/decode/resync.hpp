#pragma once

#include <string_view>

#include "decode/audit_decoder.hpp"

namespace nodeportd {

// What can be saved of a record that does not decode as a whole. A short write (a full disk)
// leaves a torn line without its newline, and the apiserver's next event is glued to it.
struct Salvage {
  std::string_view front;       // what stands before `whole`; all of the record when there is none
  std::string_view whole;       // the glued event; empty when there is none
  bool front_is_whole = false;  // only the newline between two events was lost
};

// Looks for the first later start of an event from which the rest of `record` decodes whole. Tries
// at most 64 starts. Both parts that are called whole decode; the decoder's views are gone.
[[nodiscard]] Salvage resync(AuditDecoder& decoder, std::string_view record);

}  // namespace nodeportd
