#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/counter.hpp"
#include "base/pulse.hpp"
#include "base/result.hpp"
#include "base/waker.hpp"
#include "model/batch.hpp"
#include "model/position.hpp"
#include "source/stream.hpp"

namespace nodeportd {

struct SourceOptions {
  struct Input {
    std::string audit_log;  // a path, or a pattern as glob(3) takes it
    enum class Start { end, beginning, back } start = Start::back;
    std::chrono::milliseconds back{3'600'000};
    std::uint64_t max_line = 16ULL << 20U;
  };
  std::vector<Input> inputs;
  std::size_t batch_bytes = 256UL * 1024;
  // How often to look by itself, whatever the kernel says or fails to say.
  std::chrono::milliseconds reconcile{10'000};
};

// Where empty batches come from and full ones go to.
class BatchSupply {
 public:
  virtual ~BatchSupply() = default;
  // A cleared batch; nullptr when none is free now.
  virtual Batch* try_take() = 0;
  // A cleared batch, waiting for one.
  virtual Batch* take() = 0;
  // Never fails: there are never more batches than places for them.
  virtual void hand_on(Batch* batch) = 0;
  // It may keep a batch that is in no hurry back until then; then let_go() is called.
  [[nodiscard]] virtual std::optional<MonoTime> kept_until() const { return std::nullopt; }
  virtual void let_go() {}
};

struct SourceCounters {
  StreamCounters streams;
  Counter overflows;   // of the kernel's event queue
  Counter reconciles;  // looks that nothing but time had asked for
  Counter unwatched;   // files or folders that inotify refused to watch
  Counter files_open;  // now
  Counter batches;     // handed on
};

class BatchStock;
class Watches;

// Follows audit logs: bytes on disk become batches of records. A log file is the buffer: while no
// batch is free nothing is read, and nothing is dropped.
class Source {
 public:
  // `resume` are all positions that the state keeps; those of other streams are left alone.
  // `waker` is woken when a batch is free again and when run() is to stop. All references outlive
  // the source. Fails on a pattern that glob(3) refuses; a missing file is waited for.
  [[nodiscard]] static Result<std::unique_ptr<Source>> open(SourceOptions options,
                                                            std::vector<FileMark> resume,
                                                            BatchSupply& supply, Waker& waker,
                                                            const Clock& clock);
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  ~Source();

  // Answers at each turn and before it sleeps.
  [[nodiscard]] Pulse& pulse() { return pulse_; }
  // The source's thread: until `stop` is requested. Sleeps while there is nothing to read.
  void run(const std::stop_token& stop);
  // One turn of it, without waiting: hears the kernel, reads as far as batches allow, but no more
  // than some; true if it should be called again at once.
  bool step();

  // Any thread.
  [[nodiscard]] const SourceCounters& counters() const { return counters_; }
  // In the order of batch.stream; as of the end of the last turn.
  [[nodiscard]] std::vector<StreamStatus> status() const;

 private:
  struct Followed;

  Source(SourceOptions options, std::vector<FileMark> resume, BatchSupply& supply, Waker& waker,
         const Clock& clock);
  [[nodiscard]] Result<void> find_streams(const Moment& now);
  [[nodiscard]] Result<std::vector<std::string>> expand(const std::string& pattern) const;
  void add_stream(const std::string& path, const SourceOptions::Input& input, const Moment& now);
  void let_go_of_gone(const SourceOptions::Input& input, const std::vector<std::string>& there,
                      const Moment& now);
  [[nodiscard]] Moment now() const { return {clock_.wall(), clock_.mono()}; }
  void hear_kernel();
  void reconcile(const Moment& now);
  enum class Served { idle, busy, starved };
  Served serve(Followed& followed, const Moment& now);
  Served rest(Followed& followed);
  bool renew_watches(Followed& followed);
  void sleep(const std::stop_token& stop);
  void publish_status(MonoTime now);

  SourceOptions options_;
  std::vector<FileMark> resume_;  // of streams that are not there yet, or any more
  Waker& waker_;
  const Clock& clock_;
  std::unique_ptr<BatchStock> stock_;
  std::unique_ptr<Watches> watches_;
  std::map<std::uint32_t, std::unique_ptr<Followed>> followed_;  // by batch.stream
  std::uint32_t streams_found_ = 0;
  SourceCounters counters_;
  Pulse pulse_;
  WallTime opened_{};
  MonoTime next_reconcile_{};
  bool started_ = false;
  bool starved_ = false;
  bool told_unwatched_ = false;

  mutable std::mutex mutex_;
  std::map<std::uint32_t, StreamStatus> status_;  // by batch.stream
};

struct ReadOptions {
  std::size_t batch_bytes = 256UL * 1024;
  std::uint64_t max_line = 16ULL << 20U;
};

// Reads complete files in the given order, plain or gzip, `-` being standard input, into batches
// whose stream is the file as named; a last line needs no newline. Waits for free batches.
// `progress` hears how many bytes were read so far. Errors: not_found and io, with the name of the
// file; malformed for broken gzip. What was read before was handed on.
[[nodiscard]] Result<void> read_files(const std::vector<std::string>& files,
                                      const ReadOptions& options, BatchSupply& supply,
                                      const std::function<void(std::uint64_t)>& progress);

}  // namespace nodeportd
