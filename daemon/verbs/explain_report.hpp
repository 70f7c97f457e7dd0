#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "daemon/verbs/explainer.hpp"
#include "decode/reject.hpp"
#include "match/rule_set.hpp"

namespace nodeportd {

// Which line of a file a record begins on.
struct RecordPlace {
  std::string file;
  std::size_t line = 0;
};

// Why a record cannot be read: `it is not JSON`.
[[nodiscard]] std::string_view words_for(Reject reject);

// For a person: a block of lines per event. Strangers' text is made printable and bounded.
[[nodiscard]] std::string report_of(const ExplainedRecord& record, const RecordPlace& place,
                                    const RuleSet& rules);

// The same as JSON, all of it: one object a line per event.
[[nodiscard]] std::string json_of(const ExplainedRecord& record, const RecordPlace& place,
                                  const RuleSet& rules);

}  // namespace nodeportd
