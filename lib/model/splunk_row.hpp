#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace nodeportd {

// What Splunk's search keeps of one event that a rule matched: for each group_by field, and each
// `values` field, all its values, repeats and duplicate keys included. Empty: the field is null.
struct SplunkRow {
  std::uint32_t rule = 0;  // index into the rule catalog
  std::vector<std::vector<std::string>> by;
  std::vector<std::vector<std::string>> values;
};

}  // namespace nodeportd
