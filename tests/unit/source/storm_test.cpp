#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <deque>
#include <filesystem>
#include <map>

#include "unit/source/followed.hpp"

namespace nodeportd::test {

namespace fs = std::filesystem;

namespace {

// How often each line came.
std::map<std::string, int> counts(const RecordingSupply& supply) {
  std::map<std::string, int> counts;
  for (const Handed& each : supply.history) {
    for (const std::string& line : each.lines) ++counts[line];
  }
  return counts;
}

// A writer that keeps its file open, as the apiserver does.
class Writer {
 public:
  explicit Writer(const std::string& path)
      : fd_(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600)) {}
  void write(const std::string& line) const {
    REQUIRE(::write(fd_.get(), line.data(), line.size()) == static_cast<ssize_t>(line.size()));
  }

 private:
  Fd fd_;
};

}  // namespace

TEST_CASE("a storm of small writes over thirty logs that rotate in it loses no line") {
  constexpr int kLogs = 30;
  constexpr int kWrites = 200'000;
  Scene scene;
  scene.options.inputs[0].audit_log = scene.dir / "*.log";
  const auto path_of = [&](int log) { return scene.dir / (std::to_string(log) + ".log"); };
  std::vector<Writer> writers;
  for (int log = 0; log < kLogs; ++log) writers.emplace_back(path_of(log));
  scene.open();
  scene.drain();
  // Neighbours in the kernel's queue are never alike, so it joins none of them and overflows.
  for (int i = 0; i < kWrites; ++i) {
    const int log = i % kLogs;
    if (i >= kWrites / 2 && i < kWrites / 2 + kLogs) {
      fs::rename(path_of(log), scene.dir / (std::to_string(log) + "-2026-11-24T09-00-00.000.log"));
      writers[static_cast<std::size_t>(log)] = Writer(path_of(log));
    }
    writers[static_cast<std::size_t>(log)].write(std::to_string(i) + "\n");
  }
  scene.drain();
  const auto told = counts(scene.supply);
  CHECK(told.size() == kWrites);
  for (const auto& [line, count] : told) {
    if (count != 1) FAIL_CHECK(line << " came " << count << " times");
  }
  CHECK(scene.source->counters().overflows.get() > 0);
  CHECK(scene.source->counters().streams.rotations.get() == kLogs);
}

TEST_CASE("ten thousand rotations leave nothing behind: each line once, few files and positions") {
  constexpr int kRotations = 10'000;
  constexpr std::size_t kKept = 5;  // --audit-log-maxbackup
  Scene scene;
  write_text(scene.log(), "0\n");
  scene.open();
  std::deque<std::string> backups;
  for (int i = 1; i <= kRotations; ++i) {
    backups.push_back(scene.rotate(std::to_string(i) + "\n"));
    if (i % 3 != 0) scene.drain();  // now and then two rotations come together
    if (backups.size() > kKept) {
      fs::remove(backups.front());
      backups.pop_front();
    }
  }
  scene.drain();
  int next = 0;
  for (const Handed& each : scene.supply.history) {
    for (const std::string& line : each.lines) REQUIRE(line == std::to_string(next++));
  }
  CHECK(next == kRotations + 1);
  CHECK(scene.supply.notices().empty());
  CHECK(scene.source->counters().files_open.get() <= 9);
  CHECK(scene.supply.marks().size() <= 9);
}

TEST_CASE("a thousand logs that rotate again and again give each line once") {
  // Each log is open, and so is what it was before.
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = limit.rlim_max;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
  constexpr int kLogs = 1'000;
  constexpr int kRounds = 5;
  Scene scene;
  scene.options.inputs[0].audit_log = scene.dir / "*/audit.log";
  std::size_t written = 0;
  for (int log = 0; log < kLogs; ++log) fs::create_directory(scene.dir / std::to_string(log));
  const auto write = [&](int lines) {
    for (int log = 0; log < kLogs; ++log) {
      std::string text;
      for (int i = 0; i < lines; ++i) text += "line " + std::to_string(written++) + '\n';
      append_text(scene.dir / (std::to_string(log) + "/audit.log"), text);
    }
  };
  write(10);
  scene.open();
  for (int round = 0; round < kRounds; ++round) {
    scene.drain();
    write(10);
    const std::string name = fs::path(scene.rotated_name()).filename().string();
    for (int log = 0; log < kLogs; ++log) {
      const std::string folder = scene.dir / std::to_string(log);
      fs::rename(folder + "/audit.log", folder + '/' + name);
    }
    write(20);
    scene.drain();
    scene.clock.advance(std::chrono::minutes(2));  // what was left is let go of
  }
  scene.reconcile();
  const auto told = counts(scene.supply);
  CHECK(told.size() == written);
  for (const auto& [line, count] : told) {
    if (count != 1) FAIL_CHECK(line << " came " << count << " times");
  }
  CHECK(scene.supply.notices().empty());
  CHECK(scene.source->counters().files_open.get() == kLogs);
}

}  // namespace nodeportd::test
