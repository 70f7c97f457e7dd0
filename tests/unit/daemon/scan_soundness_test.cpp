#include <catch2/catch.hpp>
#include <string>
#include <tuple>
#include <vector>

#include "bench/audit_mix.hpp"
#include "daemon/engine/worker.hpp"
#include "daemon/setup.hpp"
#include "decode/carriers.hpp"
#include "support/random_events.hpp"
#include "support/temp_dir.hpp"
#include "tools/audit_events.hpp"

namespace nodeportd {
namespace {

using test::below;
using test::Random;
using test::Wrapping;

// Bounded by the time that sanitizers take.
constexpr std::uint64_t kCasesPerWrapping = 700;

// None: the rules that nodeportd ships.
std::shared_ptr<const RuleSet> rules_of(const std::vector<std::string>& paths) {
  Problems problems;
  auto rules = load_rules(paths, problems);
  for (const Problem& problem : problems) UNSCOPED_INFO(problem.text);
  REQUIRE(problems.empty());
  return rules;
}

// What a client cannot do, but a disk, a log service or a killed writer can.
std::string damaged(Random& random, std::string record) {
  switch (below(random, 12)) {
    case 0:
      record.resize(below(random, record.size() + 1));
      break;
    case 1:
      for (std::size_t i = 1 + below(random, 3); i > 0; --i) {
        char& hit = record[below(random, record.size())];
        hit = static_cast<char>(hit ^ (1 << below(random, 8)));
      }
      break;
    case 2: {
      const std::size_t at = below(random, record.size());
      record.erase(at, below(random, 40));
      break;
    }
    case 3:
      record.insert(below(random, record.size() + 1), 1, R"("\{}[]:,u0)"[below(random, 10)]);
      break;
    default:
      break;
  }
  return record;
}

std::string damaged_record(Random& random, Wrapping wrapping) {
  std::string record = damaged(random, random_record(random, wrapping));
  // The end of a line is lost now and then.
  if (below(random, 16) == 0) record += random_record(random, wrapping);
  return record;
}

auto as_tuple(const Match& match) {
  return std::tie(match.rule, match.groups, match.values, match.write, match.novelty,
                  match.event.audit_id, match.event.time, match.event.stage, match.event.offset);
}

auto as_tuple(const ServiceWrite& write) {
  return std::tie(write.exposure, write.time, write.record, write.event, write.extent,
                  write.creates, write.audit_key, write.content, write.undecided);
}

template <typename Found>
bool are_equal(const std::vector<Found>& some, const std::vector<Found>& others) {
  return std::equal(some.begin(), some.end(), others.begin(), others.end(),
                    [](const Found& a, const Found& b) { return as_tuple(a) == as_tuple(b); });
}

// Examines each record twice: with the scan before the decoder, and without.
class TwoReadings {
 public:
  explicit TwoReadings(const std::vector<std::string>& rules = {})
      : rules_(rules_of(rules)),
        scan_(rules_->literals(), rules_->words_besides()),
        pass_all_({Literals()}) {}

  void read(const std::string& record) {
    examine(scanning_, record, scanned_);
    examine(reading_all_, record, all_);
    const auto is_blind = [this](const Match& match) { return is_blind_spot(match); };
    if (scanned_.tally.decoded == 0) {
      // It holds no word of any rule. That it cannot be read is of no interest then, but in what
      // can be read of it there must not be a match.
      std::erase_if(all_.matches, is_blind);
      ++dropped;
    }
    const bool has_write = !all_.writes.empty();
    written += has_write ? 1 : 0;
    hidden += has_write && record.find("services") == std::string::npos ? 1 : 0;
    blind += std::any_of(all_.matches.begin(), all_.matches.end(), is_blind) ? 1 : 0;
    matched += std::all_of(all_.matches.begin(), all_.matches.end(), is_blind) ? 0 : 1;
  }

  // Of the last record, whether both found the same.
  [[nodiscard]] bool same_matches() const { return are_equal(scanned_.matches, all_.matches); }
  [[nodiscard]] bool same_writes() const { return are_equal(scanned_.writes, all_.writes); }

  // Of the records so far.
  int dropped = 0;
  int written = 0;  // with a service write
  int hidden = 0;   // of those, the ones that escape its name
  int matched = 0;  // with a match that is no blind spot
  int blind = 0;    // with one that is

 private:
  [[nodiscard]] bool is_blind_spot(const Match& match) const {
    return rules_->catalog()[match.rule].id == builtin::line_uninspectable().id;
  }

  static void examine(Worker& worker, const std::string& text, Batch& batch) {
    batch.clear();
    Record& record = batch.records.emplace_back();
    record.text = text;
    worker.examine(batch);
  }

  std::shared_ptr<const RuleSet> rules_;
  Scan scan_;
  Scan pass_all_;
  Worker scanning_{*rules_, scan_};
  Worker reading_all_{*rules_, pass_all_};
  Batch scanned_;
  Batch all_;
};

}  // namespace

TEST_CASE("what the scan drops holds no match, in whatever carrier and spelling") {
  const auto wrapping = GENERATE(range(std::size_t{0}, test::kWrappings.size()));
  INFO(test::kWrappings[wrapping]);
  TwoReadings readings;
  for (std::uint64_t i = 0; i < kCasesPerWrapping; ++i) {
    const std::uint64_t seed = wrapping * 1'000'000 + i;
    Random random(seed);
    const std::string record = damaged_record(random, static_cast<Wrapping>(wrapping));
    readings.read(record);
    if (!readings.same_matches()) FAIL("seed " << seed << ": other matches in\n" << record);
    if (!readings.same_writes()) FAIL("seed " << seed << ": other writes in\n" << record);
  }
  // There were enough of each to tell.
  CHECK(readings.dropped > 10);
  CHECK(readings.written > 50);
  CHECK(readings.hidden > 10);
  CHECK(readings.matched > 20);
  CHECK(readings.blind > 50);
}

// GKE tells success by the status `{}`, and a refusal by `granted: false`.
TEST_CASE("a word that only the translation of a carrier says is not looked for in its records") {
  const char* selection =
      GENERATE("{responseStatus.status: Success, objectRef.resource: leases}",
               "{annotations.authorization.k8s.io/decision: forbid}",
               "{responseStatus.status|contains: ailur}", "{responseStatus.status: succ*}");
  CAPTURE(selection);
  const test::TempDir folder;
  test::write_text(folder / "rule.yml", std::string("title: a test\nstatus: test\n") +
                                            "id: 11111111-1111-4111-8111-111111111111\n"
                                            "logsource: {product: kubernetes, service: audit}\n"
                                            "detection: {condition: selection, selection: " +
                                            selection + "}\nlevel: low\n");
  TwoReadings readings({folder / "rule.yml"});
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Random random(seed);
    const std::string record = random_record(random, Wrapping::gke);
    readings.read(record);
    if (!readings.same_matches()) FAIL("seed " << seed << ": other matches in\n" << record);
  }
  CHECK(readings.matched > 5);
}

namespace {

// What a worker counts in so many lines, each of which `next` gives.
template <typename Next>
BatchTally tally_of(std::uint64_t lines, Next next) {
  const auto rules = rules_of({});
  const Scan scan(rules->literals(), rules->words_besides());
  Worker worker(*rules, scan);
  BatchTally tally;
  Batch batch;
  for (std::uint64_t i = 0; i < lines; ++i) {
    batch.clear();
    const std::string line = next(i);
    batch.records.emplace_back().text = line;
    worker.examine(batch);
    tally.records += batch.tally.records;
    tally.decoded += batch.tally.decoded;
    tally.uninspectable += batch.tally.uninspectable;
  }
  WARN("decoded " << tally.decoded << " of " << tally.records << " lines");
  return tally;
}

}  // namespace

TEST_CASE("of a log in which 3 % of the lines are writes of Services, 4 % are decoded at most") {
  constexpr std::uint64_t kLines = 30'000;
  // Each creation is two lines.
  test::AuditEvents events({.lines = kLines, .creations = kLines * 3 / 200, .seed = 1});
  const BatchTally tally = tally_of(kLines, [&](std::uint64_t i) {
    return std::string(events.next(WallTime(Micros(static_cast<std::int64_t>(i)))));
  });
  CHECK(tally.records == kLines);
  CHECK(tally.decoded >= kLines * 3 / 100);
  CHECK(tally.decoded <= kLines * 4 / 100);
  CHECK(tally.uninspectable == 0);
}

// Other writes of Services' status, lines that name what a rule looks for, and the long lines.
TEST_CASE("of what a whole cluster logs no more is decoded") {
  constexpr std::uint64_t kLines = 10'000;
  test::AuditMix mix({});
  const BatchTally tally = tally_of(kLines, [&](std::uint64_t) {
    std::string line;
    (void)mix.append_next(line);
    line.pop_back();  // the newline
    return line;
  });
  CHECK(tally.records == kLines);
  CHECK(tally.decoded >= kLines * 25 / 1'000);
  CHECK(tally.decoded <= kLines * 5 / 100);
  CHECK(tally.uninspectable == 0);
}

}  // namespace nodeportd
