// A daemon that is killed at any byte of its alert file, before or after a commit, over rotations
// of its own and of logrotate, writes every revision once.

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>

#include "sink/courier.hpp"
#include "sink/file_sink.hpp"
#include "sink/format.hpp"
#include "support/fake_outbox.hpp"
#include "support/manual_clock.hpp"
#include "support/temp_dir.hpp"

using namespace nodeportd;
using namespace nodeportd::test;

namespace {

constexpr int kAlerts = 200;
constexpr std::uint64_t kCommitsMax = 6;  // of a life that is to be killed

// The outbox's durable half: in memory that outlives the process that is killed.
struct Durable {
  std::array<bool, kAlerts> delivered;
  std::array<char, 128> mark;
};

// How a life of the daemon ends.
struct Fate {
  enum class Kind : std::uint8_t { at_byte, before_commit, after_commit, none };
  Kind kind = Kind::none;
  std::uint64_t when = 0;  // the size of the alert file, or which commit
};

class MortalOutbox final : public Outbox {
 public:
  MortalOutbox(Durable& durable, const Fate& fate) : durable_(durable), fate_(fate) {}

  [[nodiscard]] Result<std::vector<Delivery>> pending(const std::string& /*sink*/,
                                                      std::int64_t after, std::size_t rows,
                                                      std::size_t /*bytes*/) override {
    std::vector<Delivery> waiting;
    for (int i = 0; i < kAlerts && waiting.size() < rows; ++i) {
      if (i >= after && !durable_.delivered.at(static_cast<std::size_t>(i))) {
        waiting.push_back({.sequence = i + 1, .alert = numbered_alert(i)});
      }
    }
    return waiting;
  }
  [[nodiscard]] Result<void> settle(const std::string& /*sink*/,
                                    std::span<const Settlement> settlements,
                                    const std::string& mark) override {
    ++commits_;
    if (fate_.kind != Fate::Kind::none && commits_ > kCommitsMax) (void)::raise(SIGKILL);
    die_if(Fate::Kind::before_commit);
    for (const Settlement& done : settlements) {
      durable_.delivered.at(std::stoul(done.alert_id.substr(1))) = true;
    }
    durable_.mark.fill('\0');
    std::copy(mark.begin(), mark.end(), durable_.mark.begin());
    die_if(Fate::Kind::after_commit);
    return {};
  }
  [[nodiscard]] Result<std::vector<bool>> adopt(const std::string& /*sink*/,
                                                std::span<const Alert> alerts) override {
    return std::vector<bool>(alerts.size(), false);
  }
  [[nodiscard]] Result<std::string> mark(const std::string& /*sink*/) override {
    return std::string(durable_.mark.data());
  }

 private:
  void die_if(Fate::Kind kind) const {
    if (fate_.kind == kind && commits_ == fate_.when) (void)::raise(SIGKILL);
  }
  Durable& durable_;
  Fate fate_;
  std::uint64_t commits_ = 0;
};

// Runs until nothing waits or the fate strikes. In the child: never returns.
[[noreturn]] void live(const FileSinkOptions& options, Durable& durable, const Fate& fate) {
  const rlimit no_core{};
  (void)::setrlimit(RLIMIT_CORE, &no_core);
  if (fate.kind == Fate::Kind::at_byte) {
    // The kernel writes up to this byte and kills with SIGXFSZ at the next write.
    (void)std::signal(SIGXFSZ, SIG_DFL);
    const rlimit limit{.rlim_cur = fate.when, .rlim_max = fate.when};
    (void)::setrlimit(RLIMIT_FSIZE, &limit);
  }
  MortalOutbox outbox(durable, fate);
  const ManualClock clock{WallTime{}};
  CourierOptions courier_options;
  courier_options.batch_rows = 4;
  Courier courier("file", std::make_unique<FileSink>(options), outbox, courier_options, clock,
                  [](const Notice&) {});
  std::optional<MonoTime> next = courier.step(clock.mono());
  while (next && *next <= clock.mono()) next = courier.step(clock.mono());
  ::_exit(std::all_of(durable.delivered.begin(), durable.delivered.end(), [](bool d) { return d; })
              ? 0
              : 1);
}

int live_in_child(const FileSinkOptions& options, Durable& durable, const Fate& fate) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) live(options, durable, fate);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return status;
}

class Chance {
 public:
  explicit Chance(unsigned seed) : random_(seed) {}
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

 private:
  std::minstd_rand random_;
};

std::uint64_t size_of(const std::string& path) {
  std::error_code absent;
  const std::uint64_t size = std::filesystem::file_size(path, absent);
  return absent ? 0 : size;
}

Fate draw_fate(Chance& chance, const std::string& path) {
  switch (chance.below(3)) {
    case 0:
      return {Fate::Kind::at_byte, size_of(path) + chance.below(4000)};
    case 1:
      return {Fate::Kind::before_commit, 1 + chance.below(kCommitsMax)};
    default:
      return {Fate::Kind::after_commit, 1 + chance.below(kCommitsMax)};
  }
}

// Every key of every file of the folder, with how often it is there; a file must end in a newline.
std::map<std::string, int> count_keys(const TempDir& dir) {
  std::map<std::string, int> counts;
  for (const auto& entry : std::filesystem::directory_iterator(dir.path())) {
    const std::string text = read_text(entry.path());
    CHECK((text.empty() || text.ends_with('\n')));
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      if (const auto key = delivered_key(line)) ++counts[*key];
    }
  }
  return counts;
}

}  // namespace

TEST_CASE("killed anywhere, again and again, it writes each revision once") {
  const unsigned seed = GENERATE(range(1U, 9U));
  const TempDir dir;
  FileSinkOptions options;
  options.path = dir / "alerts.json";
  options.fsync = FileSinkOptions::Fsync::never;
  options.rotate_size = seed % 2 == 0 ? 3000 : 0;
  options.rotate_keep = 500;
  void* memory =
      ::mmap(nullptr, sizeof(Durable), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  REQUIRE(memory != MAP_FAILED);
  auto& durable = *static_cast<Durable*>(memory);

  Chance chance(seed);
  int kills = 0;
  int status = 1;
  for (int life = 0; life < 200 && status != 0; ++life) {
    status = live_in_child(options, durable, draw_fate(chance, options.path));
    if (WIFSIGNALED(status)) ++kills;
    // Between two lives logrotate may come; so may a kill between our own rename and create.
    if (chance.below(4) == 0 && std::filesystem::exists(options.path)) {
      std::filesystem::rename(options.path, options.path + "-" + std::to_string(life));
    }
  }
  CHECK(live_in_child(options, durable, {}) == 0);
  CHECK(kills > 10);

  const std::map<std::string, int> counts = count_keys(dir);
  CHECK(counts.size() == kAlerts);
  for (const auto& [key, count] : counts) {
    INFO(key);
    CHECK(count == 1);
  }
  REQUIRE(::munmap(memory, sizeof(Durable)) == 0);
}
