#include <fnmatch.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "admin/notify.hpp"
#include "base/text.hpp"
#include "base/thread_name.hpp"
#include "base/time_text.hpp"
#include "base/units.hpp"
#include "daemon/admin_desk.hpp"
#include "daemon/confinement.hpp"
#include "daemon/exit_code.hpp"
#include "daemon/lookout.hpp"
#include "daemon/metrics_survey.hpp"
#include "daemon/outlets.hpp"
#include "daemon/pipeline.hpp"
#include "daemon/policy_report.hpp"
#include "daemon/scan_report.hpp"
#include "daemon/setup.hpp"
#include "daemon/signal_queue.hpp"
#include "daemon/sinks.hpp"
#include "daemon/startup_pages.hpp"
#include "daemon/status_report.hpp"
#include "daemon/store_outbox.hpp"
#include "daemon/verbs.hpp"
#include "match/exceptions.hpp"
#include "sink/courier.hpp"
#include "source/source.hpp"
#include "state/directory_lock.hpp"
#include "state/store.hpp"

namespace nodeportd {
namespace {

using Facts = std::vector<std::pair<std::string, std::string>>;

// The running daemon: every part, made in the order in which a line passes them and ended in the
// order in which nothing is lost.
class Daemon {
 public:
  Daemon(Setup setup, RunCommand command)
      : setup_(std::move(setup)),
        command_(std::move(command)),
        log_(Log::to_stderr(setup_.config.log_level)) {}

  int run() {
    if (const Result<void> opened = open(); !opened) {
      log_.error("{}", opened.error().text);
      // No restart mends what only an operator can.
      return opened.error().kind == ErrorKind::config ? kExitConfig : kExitFailed;
    }
    start();
    io_.run();
    return stop();
  }

 private:
  [[nodiscard]] const Config& config() const { return setup_.config; }

  Result<void> open() {
    // Before the state opens, which starts the first thread; its directory is to be there for it.
    if (const Result<void> made = make_directory(config().state.directory); !made) return made;
    confine(config(), command_.config, log_);
    StoreOptions options = store_options(config());
    options.discards_newer = command_.discard_state;
    Result<std::unique_ptr<Store>> store = Store::open(options, clock_.wall());
    if (!store) return fail(store.error());
    store_ = std::move(*store);
    outbox_ = std::make_unique<StoreOutbox>(*store_, clock_);
    if (const Result<void> made = open_outlets(); !made) return made;
    pipeline_ = std::make_unique<Pipeline>(
        PipelineOptions{config().pipeline.workers, config().pipeline.batches,
                        config().pipeline.batch_size},
        pipeline_parts());

    Result<std::vector<FileMark>> positions = store_->positions();
    if (!positions) return fail(positions.error());
    Result<std::unique_ptr<Source>> source =
        Source::open(source_options(config()), std::move(*positions), pipeline_->feed(),
                     pipeline_->source_waker(), clock_);
    if (!source) return fail(source.error());
    source_ = std::move(*source);
    std::vector<std::string> streams;
    for (const StreamStatus& stream : source_->status()) streams.push_back(stream.path);
    if (const Result<void> restored = pipeline_->ledger().restore(streams); !restored) {
      return restored;
    }
    return open_admin();
  }

  Result<void> open_outlets() {
    std::vector<Outlets::Outlet> outlets;
    for (const SinkConfig& sink_config : config().sinks) {
      Result<std::unique_ptr<Sink>> sink = make_sink(config(), sink_config, clock_);
      if (!sink) return fail(sink.error());
      CourierOptions options;
      options.retry = {sink_config.retry.initial, sink_config.retry.max};
      options.attempt_max = attempt_max(sink_config);
      // One request a turn, so that each is settled before the next is made.
      if (const auto* webhook = std::get_if<WebhookSinkConfig>(&sink_config.target)) {
        options.batch_rows = webhook->batch_size;
      }
      auto courier = std::make_unique<Courier>(
          sink_config.name, std::move(*sink), *outbox_, options, clock_,
          [this](Notice notice) { pipeline_->ledger().post(std::move(notice)); });
      outlets.push_back(
          {{sink_config.name, sink_config.level, sink_config.rules, sink_config.phases},
           std::move(courier)});
    }
    outlets_ = std::make_unique<Outlets>(std::move(outlets));
    return {};
  }

  Pipeline::Parts pipeline_parts() {
    std::vector<Beat> beats;
    for (const SinkConfig& sink : config().sinks) {
      if (sink.heartbeat) beats.push_back({sink.name, *sink.heartbeat});
    }
    const AggregateConfig& aggregate = config().aggregate;
    return {.rules = *setup_.rules,
            .origin = {config().cluster, config().node, store_->epoch()},
            .aggregate = {aggregate.lateness, aggregate.idle_after, aggregate.update_every,
                          aggregate.max_keys, aggregate.max_bytes},
            .exceptions = exception_names(*setup_.rules),
            .silenced = config().lookout.silenced,
            .time = Ledger::Time::live,
            .store = *store_,
            .outlets = *outlets_,
            .outbox_max = config().state.max_size,
            .clock = clock_,
            .log = log_,
            .beats = std::move(beats),
            .beat_facts = [this] { return beat_facts(); }};
  }

  Result<void> open_admin() {
    std::vector<WatchedThread> threads = pipeline_->threads();
    threads.push_back({"source", &source_->pulse(), &pipeline_->source_waker()});
    for (WatchedThread& thread : outlets_->threads()) threads.push_back(std::move(thread));
    desk_ = std::make_unique<AdminDesk>(
        io_, AdminDesk::Parts{.config = config(),
                              .clock = clock_,
                              .log = log_,
                              .threads = std::move(threads),
                              .status = [this] { return report(); },
                              .metrics = [this] { return survey(report(), surveyed()); },
                              .sight = [this] { return sight(); },
                              .ledger = [this] { return pipeline_->ledger().status(); },
                              .dealt = [this] { return pipeline_->feed().dealt(); },
                              .rules = [this] { return setup_.rules->size(); }});
    return desk_->open();
  }

  [[nodiscard]] Surveyed surveyed() const {
    return {config(), *setup_.rules, *pipeline_, *source_, *store_, lookout_, clock_};
  }

  void start() {
    started_ = clock_.wall();
    for (const ExceptionSpec* over : expired(setup_.rules->exceptions(), started_)) {
      log_.warning("exception '{}' is over since {}: it suppresses nothing that happens now",
                   over->name, format_time(*over->until));
    }
    for (const std::string& warning : warnings_of_rules_without_literals(*setup_.rules)) {
      log_.warning("{}", warning);
    }
    pipeline_->ledger().post(started_notice());
    warn_of_blindness();
    signal_waits_.assign(::dup(signals_.fd()));
    wait_for_signals();
    wait_to_look();
    outlets_->start();
    pipeline_->start();
    source_thread_ = std::jthread([this](const std::stop_token& stop) {
      name_thread("source");
      source_->run(stop);
    });
    const std::string summary = "following " + counted(source_->status().size(), "log") + " with " +
                                counted(setup_.rules->size(), "rule") + " for " +
                                counted(config().sinks.size(), "sink");
    log_.info("ready: {}", summary);
    notify::ready(summary);
    desk_->start_watchdog();
    give_back_startup_pages();
  }

  void warn_of_blindness() {
    if (config().audit_policy.empty()) return;
    std::optional<Notice> blind = blindness(config().audit_policy);
    if (!blind) return;
    log_.warning("{}", blind->text);
    for (const auto& [name, value] : blind->facts) log_.warning("{}: {}", name, value);
    pipeline_->ledger().post(std::move(*blind));
  }

  void wait_for_signals() {
    using Descriptor = boost::asio::posix::stream_descriptor;
    signal_waits_.async_wait(Descriptor::wait_read, [this](const boost::system::error_code& error) {
      if (error) return;
      while (const std::optional<int> signal = signals_.take()) {
        if (*signal != SIGUSR1) {
          io_.stop();
          return;
        }
        log_.info("SIGUSR1: reopening file sinks");
        outlets_->reopen();
      }
      wait_for_signals();
    });
  }

  void wait_to_look() {
    look_timer_.expires_after(lookout_.every());
    look_timer_.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      for (Notice& notice : lookout_.look(sight())) {
        pipeline_->ledger().post(std::move(notice));
      }
      desk_->look();
      wait_to_look();
    });
  }

  Lookout::Sight sight() const {
    Lookout::Sight sight{.streams = source_->status(),
                         .patterns = {},
                         .sinks = outlets_->status(),
                         .wall = clock_.wall(),
                         .mono = clock_.mono()};
    for (const SourceConfig& source : config().sources) {
      const auto is_of_it = [&](const StreamStatus& stream) {
        return stream.path == source.audit_log ||
               ::fnmatch(source.audit_log.c_str(), stream.path.c_str(), FNM_PATHNAME) == 0;
      };
      if (std::none_of(sight.streams.begin(), sight.streams.end(), is_of_it)) {
        sight.patterns.push_back(source.audit_log);
      }
    }
    return sight;
  }

  // Against the stream: no new lines, then what is on its way, then what waits for sinks.
  [[nodiscard]] int stop() {
    // Whoever asks twice does not want to wait: the signal's default ends us, and loses nothing.
    signals_.let_go();
    const MonoTime deadline = clock_.mono() + config().pipeline.stop_timeout;
    log_.info("stopping: draining for at most {}", format_duration(config().pipeline.stop_timeout));
    notify::stopping("draining");
    source_thread_.request_stop();
    pipeline_->source_waker().wake();
    source_thread_.join();
    pipeline_->ledger().post(stopped_notice());
    pipeline_->finish();
    outlets_->stop(deadline, clock_);
    const bool durable = pipeline_->ledger().status().durable;
    const Result<void> marked =
        durable ? store_->mark_stopped(clock_.wall())
                : fail(ErrorKind::full, "what was read since it was last written is read again");
    if (!marked) {
      log_.error("the state could not be closed cleanly: {}", marked.error().text);
      return kExitFailed;
    }
    log_.info("stopped");
    return kExitWell;
  }

  Notice started_notice() const {
    const LastRun& last = store_->last_run();
    Notice notice{"daemon.started", "nodeportd started", {{"version", NODEPORTD_VERSION}}};
    switch (last.end) {
      case LastRun::End::first_start:
        notice.text += " for the first time on this state";
        notice.facts.emplace_back("last_run", "none");
        break;
      case LastRun::End::clean:
        notice.text += "; the last run ended cleanly";
        notice.facts.emplace_back("last_run", "clean");
        break;
      case LastRun::End::crashed:
        notice.text += "; the last run did not end cleanly";
        notice.facts.emplace_back("last_run", "crashed");
        break;
    }
    if (last.last_commit) {
      const auto gap =
          std::chrono::duration_cast<std::chrono::milliseconds>(clock_.wall() - *last.last_commit);
      notice.text += ", " + format_duration(gap) + " after its last commit";
      notice.facts.emplace_back("last_commit", format_time(*last.last_commit));
      notice.facts.emplace_back("gap_seconds", std::to_string(gap.count() / 1000));
    }
    return notice;
  }

  Notice stopped_notice() const {
    const WorkerCounters& counters = pipeline_->counters();
    return {"daemon.stopped",
            "nodeportd stopped: asked to",
            {{"started", format_time(started_)},
             {"records", std::to_string(counters.records.get())},
             {"matches", std::to_string(counters.matches.get())}}};
  }

  Facts beat_facts() const {
    const WorkerCounters& counters = pipeline_->counters();
    Facts facts = {{"records", std::to_string(counters.records.get())},
                   {"matches", std::to_string(counters.matches.get())},
                   {"uninspectable", std::to_string(counters.uninspectable.get())}};
    for (const StreamStatus& stream : source_->status()) {
      facts.emplace_back("log", stream.path);
      facts.emplace_back("file", stream.file);
      facts.emplace_back("offset", std::to_string(stream.offset));
      facts.emplace_back("unread_bytes", std::to_string(stream.unread));
    }
    return facts;
  }

  StatusReport report() const {
    const WorkerCounters& counters = pipeline_->counters();
    StatusReport report;
    report.cluster = config().cluster;
    report.node = config().node;
    report.epoch = store_->epoch();
    report.started = started_;
    report.now = clock_.wall();
    report.streams = source_->status();
    report.records = counters.records.get();
    report.bytes = counters.bytes.get();
    report.decoded = counters.decoded.get();
    report.matches = counters.matches.get();
    report.uninspectable = counters.uninspectable.get();
    report.ledger = pipeline_->ledger().status();
    for (const CourierStatus& courier : outlets_->status()) {
      const auto waiting = store_->pending_usage(courier.sink);
      const auto oldest = store_->oldest_pending(courier.sink);
      report.sinks.push_back({courier, waiting ? waiting->count : 0, waiting ? waiting->bytes : 0,
                              oldest ? *oldest : std::nullopt});
    }
    return report;
  }

  const SignalQueue signals_;
  Setup setup_;
  const RunCommand command_;
  Log log_;
  SystemClock clock_;
  WallTime started_{};
  boost::asio::io_context io_;
  boost::asio::posix::stream_descriptor signal_waits_{io_};
  boost::asio::steady_timer look_timer_{io_};
  Lookout lookout_{config().lookout};
  // In the order in which they need each other; destroyed the other way round.
  std::unique_ptr<Store> store_;
  std::unique_ptr<StoreOutbox> outbox_;
  std::unique_ptr<Outlets> outlets_;
  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<Source> source_;
  std::unique_ptr<AdminDesk> desk_;
  std::jthread source_thread_;
};

}  // namespace

int run(const RunCommand& command) {
  Setup setup = load_setup(command.config);
  if (!setup.problems.empty()) {
    print_problems(setup.problems);
    return kExitConfig;
  }
  return Daemon(std::move(setup), command).run();
}

}  // namespace nodeportd
