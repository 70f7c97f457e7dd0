#pragma once

#include <string_view>

#include "decode/audit_decoder.hpp"

namespace nodeportd {

// What can be saved of a text that does not decode. A short write (a full disk) leaves a torn line
// without its newline, and the apiserver's next event is glued to it.
struct Salvage {
  std::string_view front;  // what is lost; all of the text when nothing is whole
  std::string_view
      whole;  // the events behind it, to the end of the text; empty when there are none
};

// Looks for the first later start of an event from which the rest of `text` decodes whole, as one
// event or as several. Tries at most 64 starts. The decoder's views are gone.
[[nodiscard]] Salvage resync(AuditDecoder& decoder, std::string_view text);

}  // namespace nodeportd
