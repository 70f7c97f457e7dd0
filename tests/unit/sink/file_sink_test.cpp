#include "sink/file_sink.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <sstream>

#include "sink/format.hpp"
#include "support/fake_outbox.hpp"
#include "support/file_size_limit.hpp"
#include "support/temp_dir.hpp"

using namespace nodeportd;
using namespace nodeportd::test;
using namespace std::chrono_literals;

namespace {

using Keys = std::vector<std::string>;
using Fsync = FileSinkOptions::Fsync;

FileSinkOptions at(const std::string& path) {
  FileSinkOptions options;
  options.path = path;
  return options;
}

std::vector<Alert> alerts(int first, int last) {
  std::vector<Alert> made;
  for (int i = first; i <= last; ++i) made.push_back(numbered_alert(i));
  return made;
}

// What a courier does for each batch.
std::vector<Outcome> carry(FileSink& sink, const std::vector<Alert>& batch) {
  REQUIRE(sink.prepare());
  return sink.deliver(batch);
}

Outcome::Kind carry_one(FileSink& sink, int number) {
  return carry(sink, alerts(number, number)).front().kind;
}

constexpr auto kDelivered = Outcome::Kind::delivered;
constexpr auto kRetry = Outcome::Kind::retry;

Keys keys_in(const std::string& path) {
  Keys keys;
  std::istringstream text(read_text(path));
  for (std::string line; std::getline(text, line);) {
    if (auto key = delivered_key(line)) keys.push_back(*key);
  }
  return keys;
}

std::size_t line_size() {
  return to_json(numbered_alert(1)).size() + 1;
}

unsigned mode_of(const std::string& path) {
  struct stat status{};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

}  // namespace

TEST_CASE("alerts are appended as JSON lines to a file of the wanted mode, whatever the umask") {
  const TempDir dir;
  FileSinkOptions options = at(dir / "alerts.json");
  options.mode = 0640;
  const mode_t umask_before = ::umask(0077);
  FileSink sink(options);
  const std::vector<Outcome> outcomes = carry(sink, alerts(1, 2));
  (void)::umask(umask_before);
  REQUIRE(outcomes.size() == 2);
  CHECK(outcomes[0].kind == kDelivered);
  CHECK(outcomes[1].kind == kDelivered);
  CHECK(mode_of(options.path) == 0640);
  CHECK(carry_one(sink, 3) == kDelivered);
  CHECK(read_text(options.path) == to_json(numbered_alert(1)) + "\n" + to_json(numbered_alert(2)) +
                                       "\n" + to_json(numbered_alert(3)) + "\n");
}

TEST_CASE(
    "what root creates belongs to whom the folder belongs to, what was there stays whose it was") {
  if (::geteuid() != 0) return;
  constexpr uid_t kNobody = 65'534;
  const TempDir dir;
  REQUIRE(::chown(dir.path().c_str(), kNobody, kNobody) == 0);
  write_text(dir / "old.json", "");
  for (const char* name : {"new.json", "old.json"}) {
    FileSink sink(at(dir / name));
    CHECK(carry_one(sink, 1) == kDelivered);
  }
  struct stat status{};
  REQUIRE(::stat((dir / "new.json").c_str(), &status) == 0);
  CHECK(status.st_uid == kNobody);
  CHECK(status.st_gid == kNobody);
  CHECK(mode_of(dir / "new.json") == 0600);
  REQUIRE(::stat((dir / "old.json").c_str(), &status) == 0);
  CHECK(status.st_uid == 0);
}

TEST_CASE("what stood in the file stays, and its torn last line is ended") {
  const TempDir dir;
  write_text(dir / "alerts.json", "old\n{\"alert_id\":\"to");
  FileSink sink(at(dir / "alerts.json"));
  CHECK(carry_one(sink, 1) == kDelivered);
  CHECK(read_text(dir / "alerts.json") ==
        "old\n{\"alert_id\":\"to\n" + to_json(numbered_alert(1)) + "\n");
}

TEST_CASE("a missing directory is a reason to try again, and said so") {
  const TempDir dir;
  FileSink sink(at(dir / "later/alerts.json"));
  const Result<void> early = sink.prepare();
  REQUIRE_FALSE(early);
  CHECK(early.error().text == (dir / "later/alerts.json") + ": its directory does not exist");
  CHECK(sink.deliver(alerts(1, 1)).front().kind == kRetry);
  CHECK_FALSE(sink.recover(to_text(FileEnd{1, 2, 3})));
  std::filesystem::create_directory(dir / "later");
  CHECK(carry_one(sink, 1) == kDelivered);
}

TEST_CASE("a directory and a FIFO are refused at once") {
  const TempDir dir;
  REQUIRE(::mkfifo((dir / "fifo").c_str(), 0600) == 0);
  CHECK_FALSE(FileSink(at(dir / "fifo")).prepare());
  CHECK_FALSE(FileSink(at(dir.path().string())).prepare());
}

TEST_CASE("a character device takes alerts and keeps no mark") {
  FileSink null_device(at("/dev/null"));
  CHECK(carry_one(null_device, 1) == kDelivered);
  CHECK(null_device.mark().empty());
  FileSink full_device(at("/dev/full"));
  const std::vector<Outcome> outcomes = carry(full_device, alerts(1, 1));
  CHECK(outcomes[0].kind == kRetry);
  CHECK(outcomes[0].why == "/dev/full: No space left on device");
}

TEST_CASE(
    "standard output takes alerts; a reader that sleeps means retry, and stop() ends the wait") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const Fd reader(ends[0]);
  const Fd saved(::dup(STDOUT_FILENO));
  FileSink sink(at("-"));
  REQUIRE(::dup2(ends[1], STDOUT_FILENO) >= 0);
  const Result<void> ready = sink.prepare();
  (void)::dup2(saved.get(), STDOUT_FILENO);
  ::close(ends[1]);
  REQUIRE(ready);
  CHECK(sink.mark().empty());
  CHECK(sink.deliver(alerts(1, 1)).front().kind == kDelivered);
  std::string got(4096, '\0');
  const ssize_t size = ::read(reader.get(), got.data(), got.size());
  CHECK(got.substr(0, static_cast<std::size_t>(size)) == to_json(numbered_alert(1)) + "\n");

  sink.stop();
  CHECK(sink.deliver(alerts(2, 2)).front().why == "-: stopping");
}

TEST_CASE("a mark survives its text, and only its own text") {
  const FileEnd end{.device = 18446744073709551615U, .inode = 7, .size = 0};
  CHECK(parse_file_end(to_text(end)) == end);
  for (const char* bad : {"", "file1", "file1 1 2", "file1 1 2 3 4", "file1 1 2 -3", "file2 1 2 3",
                          "file1 1 2 99999999999999999999", "file1  1 2 3"}) {
    CHECK(parse_file_end(bad) == std::nullopt);
  }
}

TEST_CASE("after a kill the lines written since the mark are recovered, whole ones only") {
  const TempDir dir;
  const std::string path = dir / "alerts.json";
  std::string kept;
  {
    FileSink sink(at(path));
    CHECK(carry_one(sink, 1) == kDelivered);
    kept = sink.mark();
    CHECK(carry(sink, alerts(2, 3)).size() == 2);
  }
  Alert undurable = numbered_alert(9);
  undurable.undurable = true;
  // The last line lacks its newline and nothing else: it will be whole, so it was written.
  append_text(path, to_json(undurable) + "\n" + to_json(numbered_alert(4)));

  FileSink next(at(path));
  const Result<Keys> keys = next.recover(kept);
  REQUIRE(keys);
  CHECK(*keys == Keys{"a2.e.1", "a3.e.1", "a4.e.1"});
  CHECK(read_text(path).ends_with("}\n"));
  // The mark is at the end now: nothing is found a second time.
  CHECK(FileSink(at(path)).recover(next.mark()) == Keys{});
}

TEST_CASE("without a mark nothing counts as delivered") {
  const TempDir dir;
  write_text(dir / "alerts.json", to_json(numbered_alert(1)) + "\n");
  const auto mark = GENERATE("", "garbage");
  FileSink sink(at(dir / "alerts.json"));
  CHECK(sink.recover(mark) == Keys{});
  CHECK_FALSE(sink.mark().empty());
}

TEST_CASE("the marked file is found under its new name, and its torn line is ended") {
  const TempDir dir;
  const std::string path = dir / "alerts.json";
  std::string kept;
  {
    FileSink sink(at(path));
    REQUIRE(sink.prepare());
    kept = sink.mark();
    CHECK(carry_one(sink, 1) == kDelivered);
  }
  append_text(path, "{\"alert_id\":\"to");
  std::filesystem::rename(path, dir / "alerts.json-20261124");
  write_text(dir / "alerts.json.1", to_json(numbered_alert(8)) + "\n");
  FileSink sink(at(path));
  CHECK(sink.recover(kept) == Keys{"a1.e.1"});
  CHECK(read_text(dir / "alerts.json-20261124").ends_with("{\"alert_id\":\"to\n"));
  CHECK(read_text(path).empty());
}

TEST_CASE("after copytruncate or removal what was written is found in the copies") {
  const TempDir dir;
  const std::string path = dir / "alerts.json";
  std::string kept;
  {
    FileSink sink(at(path));
    CHECK(carry(sink, alerts(1, 3)).size() == 3);
    kept = sink.mark();
    CHECK(carry_one(sink, 4) == kDelivered);
  }
  std::filesystem::copy(path, dir / "alerts.json.1");
  const bool removed = GENERATE(false, true);
  if (removed) {
    std::filesystem::remove(path);
  } else {
    std::filesystem::resize_file(path, 0);
    append_text(path, to_json(numbered_alert(5)) + "\n");
  }
  FileSink sink(at(path));
  Result<Keys> keys = sink.recover(kept);
  REQUIRE(keys);
  std::sort(keys->begin(), keys->end());
  Keys expected{"a1.e.1", "a2.e.1", "a3.e.1", "a4.e.1"};
  if (!removed) expected.emplace_back("a5.e.1");
  CHECK(*keys == expected);
}

TEST_CASE(
    "a file that was renamed, removed or truncated under us is noticed before the next line") {
  const TempDir dir;
  const std::string path = dir / "alerts.json";
  FileSink sink(at(path));
  CHECK(carry_one(sink, 1) == kDelivered);
  SECTION("renamed") {
    std::filesystem::rename(path, dir / "alerts.json.1");
    CHECK(carry_one(sink, 2) == kDelivered);
    CHECK(keys_in(dir / "alerts.json.1") == Keys{"a1.e.1"});
    CHECK(keys_in(path) == Keys{"a2.e.1"});
  }
  SECTION("renamed, and reopen() asked for") {
    std::filesystem::rename(path, dir / "alerts.json.1");
    REQUIRE(sink.reopen());
    CHECK(std::filesystem::file_size(path) == 0);
    CHECK(carry_one(sink, 2) == kDelivered);
    CHECK(keys_in(path) == Keys{"a2.e.1"});
  }
  SECTION("removed") {
    std::filesystem::remove(path);
    CHECK(carry_one(sink, 2) == kDelivered);
    CHECK(keys_in(path) == Keys{"a2.e.1"});
  }
  SECTION("truncated") {
    std::filesystem::resize_file(path, 0);
    REQUIRE(sink.prepare());
    CHECK(parse_file_end(sink.mark())->size == 0);
    CHECK(carry_one(sink, 2) == kDelivered);
    CHECK(keys_in(path) == Keys{"a2.e.1"});
  }
}

TEST_CASE("its own rotation moves path to path.1 and so on, and keeps as many as wanted") {
  const TempDir dir;
  FileSinkOptions options = at(dir / "alerts.json");
  options.rotate_size = 2 * line_size();
  options.rotate_keep = 2;
  FileSink sink(options);
  for (int i = 1; i <= 9; ++i) CHECK(carry_one(sink, i) == kDelivered);
  CHECK(keys_in(options.path) == Keys{"a9.e.1"});
  CHECK(keys_in(options.path + ".1") == Keys{"a7.e.1", "a8.e.1"});
  CHECK(keys_in(options.path + ".2") == Keys{"a5.e.1", "a6.e.1"});
  CHECK_FALSE(std::filesystem::exists(options.path + ".3"));
  CHECK(sink.trouble().empty());
}

TEST_CASE("a rotation that fails delays no alert and shows") {
  const TempDir dir;
  FileSinkOptions options = at(dir / "alerts.json");
  options.rotate_size = 1;
  options.rotate_keep = 1;
  std::filesystem::create_directories(options.path + ".1/in-the-way");
  FileSink sink(options);
  CHECK(carry_one(sink, 1) == kDelivered);
  CHECK(carry_one(sink, 2) == kDelivered);
  CHECK(keys_in(options.path) == Keys{"a1.e.1", "a2.e.1"});
  CHECK(sink.trouble().starts_with("cannot rotate: "));
  std::filesystem::remove_all(options.path + ".1");
  CHECK(carry_one(sink, 3) == kDelivered);
  CHECK(keys_in(options.path) == Keys{"a3.e.1"});
  CHECK(sink.trouble().empty());
}

TEST_CASE("when space runs out whole lines count, the cut one is ended and written again") {
  const TempDir dir;
  const std::string path = dir / "alerts.json";
  FileSink sink(at(path));
  CHECK(carry_one(sink, 1) == kDelivered);
  const std::size_t cut = GENERATE(0U, 1U, 50U);
  {
    const FileSizeLimit full(2 * line_size() + cut);
    const std::vector<Outcome> outcomes = carry(sink, alerts(2, 4));
    CHECK(outcomes[0].kind == kDelivered);
    CHECK(outcomes[1].kind == kRetry);
    CHECK(outcomes[2].kind == kRetry);
    CHECK(outcomes[1].why == path + ": File too large");
    CHECK(parse_file_end(sink.mark())->size == 2 * line_size() + cut);
    // Nothing can be written yet, not even the newline.
    if (cut > 0) CHECK_FALSE(sink.prepare());
  }
  CHECK(carry(sink, alerts(3, 4)).back().kind == kDelivered);
  CHECK(keys_in(path) == Keys{"a1.e.1", "a2.e.1", "a3.e.1", "a4.e.1"});
  CHECK(std::filesystem::file_size(path) == 4 * line_size() + cut + (cut > 0 ? 1 : 0));
}

TEST_CASE("a line that lacks its newline alone is written, and is not written again") {
  const TempDir dir;
  const std::string path = dir / "alerts.json";
  FileSink sink(at(path));
  {
    const FileSizeLimit full(2 * line_size() - 1);
    const std::vector<Outcome> outcomes = carry(sink, alerts(1, 3));
    CHECK(outcomes[1].kind == kDelivered);
    CHECK(outcomes[2].kind == kRetry);
  }
  CHECK(carry_one(sink, 3) == kDelivered);
  CHECK(keys_in(path) == Keys{"a1.e.1", "a2.e.1", "a3.e.1"});
}

TEST_CASE("fsync at intervals is due after the first line and done when its time comes") {
  const TempDir dir;
  FileSinkOptions options = at(dir / "alerts.json");
  options.fsync = GENERATE(Fsync::interval, Fsync::each, Fsync::never);
  FileSink sink(options);
  const MonoTime now{10h};
  REQUIRE(sink.prepare());
  CHECK(sink.tend(now) == std::nullopt);
  CHECK(carry_one(sink, 1) == kDelivered);
  if (options.fsync != Fsync::interval) {
    CHECK(sink.tend(now) == std::nullopt);
    return;
  }
  CHECK(sink.tend(now) == now + 1s);
  CHECK(carry_one(sink, 2) == kDelivered);
  CHECK(sink.tend(now + 400ms) == now + 1s);
  CHECK(sink.tend(now + 1s) == std::nullopt);
  CHECK(sink.tend(now + 9s) == std::nullopt);
}
