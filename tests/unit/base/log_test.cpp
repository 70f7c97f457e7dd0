#include "base/log.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "base/files.hpp"
#include "support/temp_dir.hpp"

using namespace nodeportd;
using std::chrono::milliseconds;

namespace {

// While it lives, stderr is a file.
class StderrFile {
 public:
  StderrFile() : saved_(::dup(STDERR_FILENO)) {
    const Fd file = open_file(path_, O_WRONLY | O_CREAT | O_APPEND).value();
    ::dup2(file.get(), STDERR_FILENO);
  }
  StderrFile(const StderrFile&) = delete;
  StderrFile& operator=(const StderrFile&) = delete;
  ~StderrFile() {
    ::dup2(saved_.get(), STDERR_FILENO);
    ::unsetenv("JOURNAL_STREAM");
  }

  [[nodiscard]] std::string text() const { return test::read_text(path_); }
  // What systemd sets for a service whose stderr it connects to the journal.
  void pretend_journal() const {
    struct stat status{};
    REQUIRE(::fstat(STDERR_FILENO, &status) == 0);
    const std::string stream = fmt::format("{}:{}", status.st_dev, status.st_ino);
    ::setenv("JOURNAL_STREAM", stream.c_str(), 1);
  }

 private:
  test::TempDir dir_;
  std::string path_ = dir_ / "stderr";
  Fd saved_;
};

}  // namespace

TEST_CASE("a log line is a time, a level and the text, on one line whatever the text holds") {
  const StderrFile stderr_file;
  const Log log = Log::to_stderr(LogLevel::info);
  log.debug("too quiet");
  log.warning("user {} asked", "eve\nfake: {}\x1b[2J\u202e");
  const std::string text = stderr_file.text();
  CHECK_THAT(text, Catch::Matches(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z warning user )"
                                  R"(eve\\x0afake: \{\}\\x1b\[2J\\u\{202e\} asked\n)"));
}

TEST_CASE("for the journal a line begins with its priority") {
  const StderrFile stderr_file;
  stderr_file.pretend_journal();
  const Log log = Log::to_stderr(LogLevel::debug);
  log.debug("d");
  log.info("i");
  log.warning("w");
  log.error("e");
  CHECK(stderr_file.text() == "<7>d\n<6>i\n<4>w\n<3>e\n");
}

TEST_CASE("a JOURNAL_STREAM inherited from somebody else does not make stderr a journal") {
  const StderrFile stderr_file;
  ::setenv("JOURNAL_STREAM", "1:1", 1);
  Log::to_stderr(LogLevel::info).info("plain");
  CHECK_THAT(stderr_file.text(), Catch::EndsWith(" info plain\n"));
}

TEST_CASE("no log writes nothing") {
  const StderrFile stderr_file;
  Log::none().error("nobody hears this");
  CHECK(stderr_file.text().empty());
}

TEST_CASE("a rate limit passes one call per interval and says how many it held back") {
  RateLimit limit(milliseconds(1000));
  const MonoTime start;
  const RateLimit::Verdict first = limit.ask(start);
  CHECK(first.pass);
  CHECK(first.suppressed == 0);
  CHECK_FALSE(limit.ask(start).pass);
  CHECK_FALSE(limit.ask(start + milliseconds(999)).pass);
  const RateLimit::Verdict later = limit.ask(start + milliseconds(1000));
  CHECK(later.pass);
  CHECK(later.suppressed == 2);
  CHECK(limit.ask(start + milliseconds(5000)).suppressed == 0);
}

TEST_CASE("of many threads that ask at once one passes, and no call goes uncounted") {
  RateLimit limit(milliseconds(1000));
  std::atomic<int> passed{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int call = 0; call < 1000; ++call) passed += limit.ask(MonoTime{}).pass ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(passed == 1);
  CHECK(limit.ask(MonoTime{} + milliseconds(1000)).suppressed == 3999);
}
