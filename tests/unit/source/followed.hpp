#pragma once

#include <zlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/time_text.hpp"
#include "source/source.hpp"
#include "support/manual_clock.hpp"
#include "support/temp_dir.hpp"

namespace nodeportd::test {

// What one batch brought.
struct Handed {
  std::uint32_t stream = 0;
  FileMark end;
  bool at_end = false;
  std::vector<Notice> notices;
  std::vector<std::string> lines;
  std::vector<Record> records;  // their text is gone
};

// Takes what a source hands on, and keeps it as the rest of the daemon would.
class RecordingSupply final : public BatchSupply {
 public:
  explicit RecordingSupply(std::size_t batches = 4) : batches_(batches) {
    for (auto& batch : batches_) {
      batch = std::make_unique<Batch>();
      free_.push_back(batch.get());
    }
  }

  Batch* try_take() override {
    if (free_.empty()) return nullptr;
    Batch* batch = free_.front();
    free_.erase(free_.begin());
    return batch;
  }
  Batch* take() override {
    if (free_.empty()) release();
    return try_take();
  }
  void hand_on(Batch* batch) override {
    Handed handed{batch->stream, batch->end, batch->at_end, batch->notices, {}, {}};
    for (const Record& record : batch->records) {
      handed.lines.emplace_back(record.text);
      handed.records.push_back(record);
      handed.records.back().text = {};
    }
    largest = std::max(largest, batch->bytes.capacity());
    history.push_back(std::move(handed));
    (hold ? held_ : free_).push_back(batch);
    if (!hold) batch->clear();
  }
  // Gives back what was held.
  void release() {
    for (Batch* batch : held_) {
      batch->clear();
      free_.push_back(batch);
    }
    held_.clear();
  }

  // Takes everything back, also from a source that is gone.
  void reset() {
    held_.clear();
    free_.clear();
    for (auto& batch : batches_) {
      batch->clear();
      free_.push_back(batch.get());
    }
  }

  // The positions after the first `batches` of the history.
  [[nodiscard]] std::vector<FileMark> marks_after(std::size_t batches) const {
    auto kept = before;
    for (std::size_t i = 0; i < batches; ++i) {
      const FileMark& mark = history[i].end;
      const std::tuple key{mark.stream, mark.device, mark.inode};
      if (mark.finished) {
        kept.erase(key);
      } else {
        kept[key] = mark;
      }
    }
    std::vector<FileMark> marks;
    for (const auto& [key, mark] : kept) marks.push_back(mark);
    return marks;
  }
  [[nodiscard]] std::vector<FileMark> marks() const { return marks_after(history.size()); }
  [[nodiscard]] std::vector<std::string> lines() const {
    std::vector<std::string> all;
    for (const Handed& each : history) all.insert(all.end(), each.lines.begin(), each.lines.end());
    return all;
  }
  // The rules of all notices, in order.
  [[nodiscard]] std::vector<std::string> notices() const {
    std::vector<std::string> all;
    for (const Handed& each : history) {
      for (const Notice& notice : each.notices) all.push_back(notice.rule);
    }
    return all;
  }
  // The same with the file's name and the place from which on lines may be lost: `RULE NAME from
  // 8`.
  [[nodiscard]] std::vector<std::string> gaps() const {
    std::vector<std::string> all;
    for (const Handed& each : history) {
      for (const Notice& notice : each.notices) {
        all.push_back(notice.rule);
        for (const auto& [fact, value] : notice.facts) {
          if (fact == "file") all.back() += ' ' + value.substr(value.rfind('/') + 1);
          if (fact == "offset") all.back() += " from " + value;
        }
      }
    }
    return all;
  }
  // Goes on from the positions, as a new process would.
  void forget_history() {
    const std::vector<FileMark> kept = marks();
    before.clear();
    for (const FileMark& mark : kept) before[{mark.stream, mark.device, mark.inode}] = mark;
    history.clear();
  }

  std::map<std::tuple<std::string, std::uint64_t, std::uint64_t>, FileMark> before;
  std::vector<Handed> history;
  std::size_t largest = 0;
  bool hold = false;

 private:
  std::vector<std::unique_ptr<Batch>> batches_;
  std::vector<Batch*> free_;
  std::vector<Batch*> held_;
};

inline void pack(const std::string& path, const std::string& text) {
  const gzFile file = ::gzopen(path.c_str(), "wb1");
  (void)::gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
  (void)::gzclose(file);
}

// A folder with a log, and a source that follows it in the test's own steps.
class Scene {
 public:
  explicit Scene(std::size_t batches = 4) : supply(batches) {
    options.inputs.push_back({.audit_log = log(), .start = SourceOptions::Input::Start::beginning});
  }

  [[nodiscard]] std::string log() const { return dir / "audit.log"; }
  // The name that lumberjack would give a file that is rotated now.
  [[nodiscard]] std::string rotated_name() {
    clock.advance(std::chrono::milliseconds(1));
    std::string stamp = format_time(clock.wall()).substr(0, 23);
    std::replace(stamp.begin(), stamp.end(), ':', '-');
    return dir / ("audit-" + stamp + ".log");
  }
  // Renames the log away, as lumberjack does, and begins a new one.
  std::string rotate(const std::string& next_text = "") {
    const std::string name = rotated_name();
    std::filesystem::rename(log(), name);
    clock.advance(std::chrono::milliseconds(1));
    write_text(log(), next_text);
    return name;
  }
  // Compresses a rotated file and removes the plain form.
  static void compress(const std::string& path) {
    pack(path + ".gz", read_text(path));
    std::filesystem::remove(path);
  }

  void open() { open(supply.marks()); }
  void open(std::vector<FileMark> marks) {
    source.reset();
    auto opened = Source::open(options, std::move(marks), supply, waker, clock);
    REQUIRE(opened.has_value());
    source = std::move(*opened);
  }
  // All that can be read now.
  void drain() {
    while (source->step()) {
    }
  }
  void reconcile() {
    clock.advance(options.reconcile);
    drain();
  }
  // The lines that came since the last call.
  std::vector<std::string> news() {
    drain();
    const std::vector<std::string> all = supply.lines();
    std::vector<std::string> fresh(all.begin() + static_cast<std::ptrdiff_t>(told_), all.end());
    told_ = all.size();
    return fresh;
  }
  // Stops without a word and starts again from the positions.
  void restart() {
    source.reset();
    supply.reset();
    supply.forget_history();
    told_ = 0;
    open();
  }

  TempDir dir;
  ManualClock clock{*parse_time("2026-11-24T09:00:00Z")};
  Waker waker;
  RecordingSupply supply;
  SourceOptions options;
  std::unique_ptr<Source> source;

 private:
  std::size_t told_ = 0;
};

using Lines = std::vector<std::string>;

// A log of which "a1" was read, and which goes on.
struct HalfRead : Scene {
  HalfRead() {
    write_text(log(), "a1 " + std::string(300, '-') + "\n");
    open();
    drain();
    append_text(log(), "a2\na3\n");
    source.reset();
    clock.advance(std::chrono::seconds(5));
  }
  Lines after_restart() {
    restart();
    return news();
  }
};

}  // namespace nodeportd::test
