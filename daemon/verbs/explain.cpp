#include <fmt/format.h>

#include <optional>

#include "base/text.hpp"
#include "daemon/engine/each_batch.hpp"
#include "daemon/engine/line_index.hpp"
#include "daemon/exit_code.hpp"
#include "daemon/setup.hpp"
#include "daemon/verbs.hpp"
#include "daemon/verbs/explain_report.hpp"
#include "source/record_finder.hpp"

namespace nodeportd {
namespace {

// One explanation of a file.
class Explanation {
 public:
  Explanation(const ExplainCommand& command, const RuleSet& rules, const LineIndex& lines)
      : command_(command), rules_(rules), lines_(lines), explainer_(rules) {}

  // All that the scan lets through.
  [[nodiscard]] Result<void> print_all() {
    std::uint64_t records = 0;
    std::uint64_t explained = 0;
    const Result<void> read = for_each_batch(command_.file, [&](Batch& batch) {
      explainer_.take(batch);
      for (std::uint32_t i = 0; i < batch.records.size(); ++i) {
        ++records;
        if (!explainer_.passes_scan(batch.records[i])) continue;
        ++explained;
        print(batch, i);
      }
    });
    if (read && explained == 0) {
      fmt::print(stderr, "nodeportd: the scan passes over all of {}: none can match a rule\n",
                 counted(records, "record"));
    }
    return read;
  }

  // The records of one line.
  [[nodiscard]] Result<void> print_line() {
    const auto target = find_line();
    if (!target) return fail(target.error());
    if (!*target) {
      fmt::print(stderr,
                 "nodeportd: line {} is in no record: it is empty, or a container's "
                 "standard error\n",
                 command_.line);
      return {};
    }
    bool is_past = false;
    return for_each_batch(command_.file, [&](Batch& batch) {
      if (is_past) return;
      explainer_.take(batch);
      for (std::uint32_t i = 0; i < batch.records.size(); ++i) {
        const std::size_t line = lines_.line_of(batch.records[i].offset);
        if (line == **target) print(batch, i);
        is_past = is_past || line > **target;
      }
    });
  }

 private:
  // The line on which the record begins that holds the line asked for, if one does.
  [[nodiscard]] Result<std::optional<std::size_t>> find_line() const {
    std::uint64_t offset = 0;
    std::size_t first = 0;
    const Result<void> read = for_each_batch(command_.file, [&](Batch& batch) {
      for (const Record& record : batch.records) {
        const std::size_t line = lines_.line_of(record.offset);
        if (line > command_.line) return;
        offset = record.offset;
        first = line;
      }
    });
    if (!read) return fail(read.error());
    if (first == command_.line) return first;
    if (first == 0) return std::nullopt;
    const Result<std::string> before = lines_.text_before(command_.line, offset, kReplayMaxLine);
    if (!before) return fail(before.error());
    const bool has_ended = find_record(*before, kReplayMaxLine, LastLine::waits).is_whole;
    return has_ended ? std::nullopt : std::optional(first);
  }

  void print(const Batch& batch, std::uint32_t record) {
    const RecordPlace place{command_.file, lines_.line_of(batch.records[record].offset)};
    const ExplainedRecord explained = explainer_.explain(batch, record);
    const std::string text = command_.format == OutputFormat::json
                                 ? json_of(explained, place, rules_)
                                 : report_of(explained, place, rules_);
    (void)std::fwrite(text.data(), 1, text.size(), stdout);
  }

  const ExplainCommand& command_;
  const RuleSet& rules_;
  const LineIndex& lines_;
  Explainer explainer_;
};

}  // namespace

int explain(const ExplainCommand& command) {
  const Setup setup = load_setup_of(command.config, command.rules);
  if (!setup.problems.empty()) {
    print_problems(setup.problems);
    return kExitConfig;
  }
  const Result<LineIndex> lines = LineIndex::read(command.file);
  if (!lines) return complain(lines.error(), kExitUsage);
  if (command.line > lines->size()) {
    return complain({ErrorKind::not_found, command.file + " has " + counted(lines->size(), "line") +
                                               ", there is no " + std::to_string(command.line)},
                    kExitUsage);
  }
  Explanation explanation(command, *setup.rules, *lines);
  const Result<void> done = command.line > 0 ? explanation.print_line() : explanation.print_all();
  return done ? kExitWell : complain(done.error(), kExitUsage);
}

}  // namespace nodeportd
