#include "daemon/verbs/splunk_search.hpp"

#include <fmt/format.h>

#include <memory>

#include "aggregate/splunk_stats.hpp"
#include "base/json_text.hpp"
#include "daemon/exit_code.hpp"
#include "daemon/table.hpp"
#include "daemon/verbs/event_witness.hpp"
#include "daemon/verbs/progress.hpp"
#include "decode/carriers.hpp"
#include "decode/event_reader.hpp"
#include "decode/scan.hpp"
#include "source/source.hpp"

namespace nodeportd {
namespace {

constexpr std::uint64_t kMaxLine = 16ULL << 20U;

// Examines each batch on the spot: the search keeps all its events, so there is no stage to hand
// them to.
class Search final : public BatchSupply {
 public:
  explicit Search(const RuleSet& rules)
      : rules_(rules), scan_(rules.literals(), rules.words_besides()) {
    for (std::uint32_t i = 0; i < rules.size(); ++i) stats_.emplace_back(rules.catalog()[i]);
  }

  Batch* try_take() override { return &batch_; }
  Batch* take() override { return &batch_; }
  void hand_on(Batch* batch) override {
    for (const Record& record : batch->records) examine(record);
    batch->clear();
  }

  [[nodiscard]] const std::vector<SplunkStats>& stats() const { return stats_; }
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  std::uint64_t uninspectable = 0;

 private:
  void examine(const Record& record) {
    ++records;
    bytes += record.text.size();
    if (record.oversize) {
      ++uninspectable;
      return;
    }
    if (!scan_.may_match(record.text) && !must_read(record.text)) return;
    reader_.read(
        record.text, [&](const AuditEvent& event, std::uint32_t) { add(event); },
        [&](std::string_view, Reject, std::uint32_t) { ++uninspectable; });
  }

  void add(const AuditEvent& event) {
    for (std::uint32_t i = 0; i < rules_.size(); ++i) {
      if (auto row = rules_.splunk_row(i, event)) stats_[i].add(std::move(*row));
    }
  }

  const RuleSet& rules_;
  Scan scan_;
  EventReader reader_;
  Batch batch_;
  std::vector<SplunkStats> stats_;
};

void print_json(const Rule& rule, const SplunkStats::Row& row) {
  const std::string object = json_object([&](JsonWriter& json) {
    for (std::size_t i = 0; i < row.by.size(); ++i) {
      write_member(json, rule.aggregate.group_by[i].name, row.by[i]);
    }
    write_member(json, "count", row.count);
    for (std::size_t i = 0; i < row.values.size(); ++i) {
      write_member(json, rule.aggregate.values[i].name, row.values[i]);
    }
  });
  fmt::print("{}\n", object);
}

void print_table(const Rule& rule, const std::vector<SplunkStats::Row>& rows) {
  std::vector<std::string> header;
  for (const NamedField& field : rule.aggregate.group_by) header.push_back(field.name);
  header.emplace_back("count");
  for (const NamedField& field : rule.aggregate.values) header.push_back(field.name);
  Table table(std::move(header));
  for (const SplunkStats::Row& row : rows) {
    std::vector<std::string> cells = row.by;
    cells.push_back(std::to_string(row.count));
    for (const auto& values : row.values) {
      cells.push_back(fmt::format("{}", fmt::join(values, " ")));
    }
    table.add(std::move(cells));
  }
  if (!rows.empty()) table.print(stdout);
}

}  // namespace

int replay_splunk(const ReplayCommand& command, const RuleSet& rules) {
  const SystemClock clock;
  Progress progress(command.files, clock);
  Search search(rules);
  EventWitness witness(search);
  const Result<void> read = read_files(command.files, {command.batch_bytes, kMaxLine}, witness,
                                       [&](std::uint64_t bytes) { progress.show(bytes); });
  progress.clear();
  if (!read) return complain(read.error(), kExitUsage);
  std::uint64_t printed = 0;
  for (std::uint32_t i = 0; i < rules.size(); ++i) {
    const Rule& rule = rules.catalog()[i];
    const std::vector<SplunkStats::Row> rows = search.stats()[i].rows();
    printed += rows.size();
    if (command.format == OutputFormat::table) {
      print_table(rule, rows);
      continue;
    }
    for (const SplunkStats::Row& row : rows) print_json(rule, row);
  }
  progress.summarize(search.records, search.bytes, printed, search.uninspectable);
  const std::string complaint = witness.complaint(search.records, command.files);
  if (printed == 0 && !complaint.empty()) return complain({ErrorKind::malformed, complaint});
  return kExitWell;
}

}  // namespace nodeportd
