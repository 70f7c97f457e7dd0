#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "model/rule.hpp"
#include "model/splunk_row.hpp"

namespace nodeportd {

// Splunk's `fillnull | stats count values(...) by ...` over one batch of events, for one rule:
// - `fillnull` without a field list writes "0" where a field is null, but only in fields that some
//   event of the batch has; a row whose by-field is null in the whole batch is dropped;
// - a multivalue by-field makes one row per value, a repeated value counting again;
// - `values()` is the distinct values, sorted by bytes.
// Source: Splunk's Search Reference for fillnull and stats.
class SplunkStats {
 public:
  explicit SplunkStats(const Rule& rule) : rule_(rule) {}

  struct Row {
    std::vector<std::string> by;
    std::uint64_t count = 0;
    std::vector<std::vector<std::string>> values;
  };

  void add(SplunkRow row);
  // Sorted by the by-fields, in their order.
  [[nodiscard]] std::vector<Row> rows() const;

 private:
  const Rule& rule_;
  std::vector<SplunkRow> events_;
};

}  // namespace nodeportd
