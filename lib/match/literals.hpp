#pragma once

#include "match/detection.hpp"
#include "model/literals.hpp"

namespace nodeportd {

// What a record must hold, or the detection cannot match an event of it: runs of four or more
// ASCII letters out of the values that it asks for, chosen to be rare in audit logs. Empty: it may
// match anything. A field under `exposure.` has values in a write of a Service alone, so what each
// of those holds stands for it.
[[nodiscard]] Literals required_literals(const Detection& detection);
// Words that such a record must hold besides, all of them: by these a scan may look for many rules
// at once. Of each condition that must hold, if it has just one word.
[[nodiscard]] Words words_besides(const Detection& detection);

}  // namespace nodeportd
