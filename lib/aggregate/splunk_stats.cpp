#include "aggregate/splunk_stats.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace nodeportd {
namespace {

const std::vector<std::string> kFilled = {"0"};

// Which fields some event of the batch has: fillnull knows no others.
std::vector<bool> present(const std::vector<SplunkRow>& events, std::size_t fields,
                          std::vector<std::vector<std::string>> SplunkRow::* part) {
  std::vector<bool> found(fields, false);
  for (const SplunkRow& event : events) {
    for (std::size_t i = 0; i < fields; ++i) {
      if (!(event.*part)[i].empty()) found[i] = true;
    }
  }
  return found;
}

const std::vector<std::string>& filled(const std::vector<std::string>& values, bool known) {
  return values.empty() && known ? kFilled : values;
}

struct Sums {
  std::uint64_t count = 0;
  std::vector<std::set<std::string>> values;
};

}  // namespace

void SplunkStats::add(SplunkRow row) {
  events_.push_back(std::move(row));
}

std::vector<SplunkStats::Row> SplunkStats::rows() const {
  const std::size_t by_fields = rule_.aggregate.group_by.size();
  const std::size_t value_fields = rule_.aggregate.values.size();
  const std::vector<bool> by_known = present(events_, by_fields, &SplunkRow::by);
  const std::vector<bool> values_known = present(events_, value_fields, &SplunkRow::values);
  std::map<std::vector<std::string>, Sums> sums;

  for (const SplunkRow& event : events_) {
    std::vector<std::vector<std::string>> tuples = {{}};
    for (std::size_t i = 0; i < by_fields; ++i) {
      std::vector<std::vector<std::string>> longer;
      for (const std::vector<std::string>& tuple : tuples) {
        for (const std::string& value : filled(event.by[i], by_known[i])) {
          longer.push_back(tuple);
          longer.back().push_back(value);
        }
      }
      tuples = std::move(longer);  // none when the field is null in the whole batch
    }
    for (const std::vector<std::string>& tuple : tuples) {
      Sums& sum = sums[tuple];
      ++sum.count;
      sum.values.resize(value_fields);
      for (std::size_t i = 0; i < value_fields; ++i) {
        const auto& values = filled(event.values[i], values_known[i]);
        sum.values[i].insert(values.begin(), values.end());
      }
    }
  }

  std::vector<Row> rows;
  for (auto& [tuple, sum] : sums) {
    Row row{tuple, sum.count, {}};
    for (const auto& values : sum.values) row.values.emplace_back(values.begin(), values.end());
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace nodeportd
