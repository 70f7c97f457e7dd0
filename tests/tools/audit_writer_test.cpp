#include <zlib.h>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "support/temp_dir.hpp"

namespace nodeportd::test {
namespace {

namespace fs = std::filesystem;

int write_log(const TempDir& dir, const std::string& options) {
  const std::string command = std::string(AUDIT_WRITER) + " --out " + (dir / "audit.log") +
                              " --truth " + (dir / "truth.jsonl") + ' ' + options;
  return std::system(command.c_str());
}

std::string unzipped(const fs::path& path) {
  gzFile file = ::gzopen(path.c_str(), "rb");  // reads plain files too
  std::string text;
  std::vector<char> buffer(64UL * 1024);
  for (int size = 0; (size = ::gzread(file, buffer.data(), 64 * 1024)) > 0;) {
    text.append(buffer.data(), static_cast<std::size_t>(size));
  }
  ::gzclose(file);
  return text;
}

// The rotated files in the order of their names and then the live one.
std::vector<fs::path> files_of(const TempDir& dir) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(dir.path())) {
    if (entry.path().filename().string().starts_with("audit-")) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  files.push_back(dir.path() / "audit.log");
  return files;
}

std::string whole_log(const TempDir& dir) {
  std::string text;
  for (const fs::path& file : files_of(dir)) text += unzipped(file);
  return text;
}

std::size_t count(const std::string& text, const std::string& word) {
  std::size_t hits = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    ++hits;
  }
  return hits;
}

}  // namespace

TEST_CASE("one seed and start give one log, however it is rotated and written") {
  const std::string plan = "--lines 3000 --creations 60 --seed 7 --start 2026-11-24T08:00:00Z ";
  const TempDir plain;
  const TempDir rotated;
  const TempDir other;
  REQUIRE(write_log(plain, plan) == 0);
  REQUIRE(write_log(rotated, plan + "--rotate-every 100 --gzip --chunked") == 0);
  REQUIRE(write_log(other, "--lines 3000 --creations 60 --seed 8 --start 2026-11-24T08:00:00Z") ==
          0);
  CHECK(files_of(rotated).size() == 30);
  CHECK(files_of(rotated).front().extension() == ".gz");
  const std::string text = whole_log(plain);
  CHECK(count(text, "\n") == 3000);
  CHECK(text == whole_log(rotated));
  CHECK(text != whole_log(other));
  CHECK(read_text(plain / "truth.jsonl") == read_text(rotated / "truth.jsonl"));
}

TEST_CASE("the truth names each creation once and the log holds it") {
  const TempDir dir;
  REQUIRE(write_log(dir, "--lines 1200 --creations 110 --big-every 400") == 0);
  const std::string truth = read_text(dir / "truth.jsonl");
  const std::string text = whole_log(dir);
  CHECK(count(truth, "\n") == 110);
  CHECK(count(truth, R"("code":201)") == 70);
  CHECK(count(truth, R"("code":403)") == 10);
  CHECK(count(truth, R"("code":409)") == 20);
  CHECK(count(truth, R"("code":422)") == 10);
  CHECK(count(truth, R"("dryRun":true)") == 10);
  CHECK(count(truth, R"("type":"nodeport")") == 10);
  CHECK(count(truth, R"("userAgent":null)") > 0);
  CHECK(count(truth, R"("203.0.113.77",)") > 0);
  for (std::size_t at = 0; at < truth.size(); at = truth.find('\n', at) + 1) {
    const std::string id = truth.substr(at, truth.find(',', at) - at).substr(1);
    CHECK(count(text, id) == 2);
  }
  CHECK(count(text, R"("stage":"RequestReceived")") > 300);
  CHECK(text.size() > 3UL * 300 * 1024);
}

TEST_CASE("no more rotated files stay than asked for") {
  const TempDir dir;
  REQUIRE(write_log(dir, "--lines 1000 --creations 10 --rotate-every 50 --keep 3") == 0);
  CHECK(files_of(dir).size() == 4);
}

}  // namespace nodeportd::test
