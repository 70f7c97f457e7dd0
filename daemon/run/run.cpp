#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <filesystem>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "admin/notify.hpp"
#include "base/text.hpp"
#include "base/thread_name.hpp"
#include "base/time_text.hpp"
#include "base/units.hpp"
#include "daemon/engine/outlets.hpp"
#include "daemon/engine/pipeline.hpp"
#include "daemon/engine/store_outbox.hpp"
#include "daemon/exit_code.hpp"
#include "daemon/report/admin_desk.hpp"
#include "daemon/report/lookout.hpp"
#include "daemon/report/metrics_survey.hpp"
#include "daemon/report/policy_report.hpp"
#include "daemon/report/status_report.hpp"
#include "daemon/run/confinement.hpp"
#include "daemon/run/own_notices.hpp"
#include "daemon/run/reload.hpp"
#include "daemon/run/rule_watch.hpp"
#include "daemon/run/signal_queue.hpp"
#include "daemon/run/sinks.hpp"
#include "daemon/run/startup_pages.hpp"
#include "daemon/scan_report.hpp"
#include "daemon/setup.hpp"
#include "daemon/verbs.hpp"
#include "match/exceptions.hpp"
#include "sink/courier.hpp"
#include "source/source.hpp"
#include "state/directory_lock.hpp"
#include "state/store.hpp"

namespace nodeportd {
namespace {

// The running daemon: every part, made in the order in which a line passes them and ended in the
// order in which nothing is lost.
class Daemon {
 public:
  Daemon(Setup setup, RunCommand command)
      : setup_(std::move(setup)),
        command_(std::move(command)),
        log_(Log::to_stderr(setup_.config.log_level)) {}
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;
  ~Daemon() {
    // After an exception they still run, and post to a ledger that is destroyed before they are.
    if (outlets_) outlets_->stop(clock_.mono(), clock_);
  }

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
    left_ = confine(config(), command_.config, log_);
    StoreOptions options = store_options(config());
    options.discards_newer = command_.discard_state;
    Result<std::unique_ptr<Store>> store = Store::open(options, clock_.wall());
    if (!store) return fail(store.error());
    store_ = std::move(*store);
    state_ = std::make_unique<LastSurvey>(*store_);
    // First: with a damaged one begins an epoch.
    Result<std::vector<FileMark>> positions = store_->positions();
    if (!positions) return fail(positions.error());
    outbox_ = std::make_unique<StoreOutbox>(*store_, clock_);
    if (const Result<void> made = open_outlets(); !made) return made;
    pipeline_ = std::make_unique<Pipeline>(
        PipelineOptions{config().pipeline.workers, config().pipeline.batches,
                        config().pipeline.batch_size},
        pipeline_parts());

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
    return {.edition = std::make_shared<const Edition>(setup_.rules),
            .origin = {config().cluster, config().node, store_->epoch()},
            .aggregate = {aggregate.lateness, aggregate.idle_after, aggregate.update_every,
                          aggregate.max_keys, aggregate.max_bytes},
            .silenced = config().lookout.silenced,
            .time = Ledger::Time::live,
            .store = *store_,
            .outlets = *outlets_,
            .outbox_max = config().state.max_size,
            .clock = clock_,
            .log = log_,
            .beats = std::move(beats),
            .beat_facts = [this] { return beat_facts(pipeline_->counters(), source_->status()); }};
  }

  Result<void> open_admin() {
    std::vector<WatchedThread> threads = pipeline_->threads();
    threads.push_back({"source", &source_->pulse(), &pipeline_->source_waker()});
    for (WatchedThread& thread : outlets_->threads()) threads.push_back(std::move(thread));
    desk_ = std::make_unique<AdminDesk>(
        io_, AdminDesk::Parts{.config = config(),
                              .clock = clock_,
                              .log = log_,
                              .store = *store_,
                              .threads = std::move(threads),
                              .status = [this] { return report(); },
                              .metrics = [this] { return survey(report(), surveyed()); },
                              .sight = [this] { return sight(); },
                              .ledger = [this] { return pipeline_->ledger().status(); },
                              .dealt = [this] { return pipeline_->feed().dealt(); },
                              .rules = [this] { return setup_.rules->size(); },
                              .reload = [this] { return reload_as_asked(); },
                              .deliver = [this] { outlets_->wake_all(); }});
    return desk_->open();
  }

  [[nodiscard]] Surveyed surveyed() {
    return {config(), *setup_.rules, *pipeline_, *source_,      *state_, *outlets_,
            lookout_, clock_,        started_,   rules_loaded_, refused_};
  }

  void start() {
    started_ = rules_loaded_ = clock_.wall();
    warn_of_rules();
    pipeline_->ledger().post(started_notice(store_->last_run(), started_));
    warn_of_blindness();
    watch_rules();
    signal_waits_.assign(::dup(signals_.fd()));
    wait_for_signals();
    wait_to_look();
    outlets_->start();
    pipeline_->start();
    source_thread_ = std::jthread([this](const std::stop_token& stop) {
      name_thread("source");
      source_->run(stop);
    });
    log_.info("ready: {}", summary());
    notify::ready(summary());
    desk_->start_watchdog();
    give_back_startup_pages();
  }

  std::string summary() const {
    return "following " + counted(source_->status().size(), "log") + " with " +
           counted(setup_.rules->size(), "rule") + " for " + counted(config().sinks.size(), "sink");
  }

  void warn_of_rules() {
    for (const ExceptionSpec* over : expired(setup_.rules->exceptions(), clock_.wall())) {
      log_.warning("exception '{}' is over since {}: it suppresses nothing that happens now",
                   over->name, format_time(*over->until));
    }
    for (const std::string& warning : warnings_of_rules_without_literals(*setup_.rules)) {
      log_.warning("{}", warning);
    }
  }

  // A reload that changes nothing of it tells nothing anew.
  void warn_of_blindness() {
    const std::string& policy = config().audit_policy;
    const std::optional<Notice> before =
        std::exchange(blind_, policy.empty() ? std::optional<Notice>() : blindness(policy));
    if (!blind_ || blind_ == before) return;
    log_.warning("{}", blind_->text);
    for (const auto& [name, value] : blind_->facts) log_.warning("{}: {}", name, value);
    pipeline_->ledger().post(*blind_);
  }

  void wait_for_signals() {
    using Descriptor = boost::asio::posix::stream_descriptor;
    signal_waits_.async_wait(Descriptor::wait_read, [this](const boost::system::error_code& error) {
      if (error) return;
      while (const std::optional<int> signal = signals_.take()) {
        if (*signal == SIGUSR1) {
          log_.info("SIGUSR1: reopening file sinks");
          outlets_->reopen();
        } else if (*signal == SIGHUP) {
          (void)reload("SIGHUP");
        } else {
          io_.stop();
          return;
        }
      }
      wait_for_signals();
    });
  }

  // Takes up rules, exceptions and what else needs no restart; all of it, or nothing when anything
  // is wrong. The logs are read on meanwhile.
  Reload reload(std::string_view why) {
    log_.info("{}: reading the configuration anew", why);
    notify::reloading();
    // First: what changes while it is read is noticed.
    watch_rules();
    Reload again = load_again(command_.config, config(), left_);
    for (const Problem& problem : again.setup.problems) log_.error("{}", to_text(problem));
    pipeline_->ledger().post(notice_of(again));
    if (again.setup.problems.empty()) {
      take_up(again.setup);
    } else {
      refused_ = {clock_.wall(), to_text(again.setup.problems.front())};
    }
    notify::ready(summary());
    return again;
  }

  AdminAnswer reload_as_asked() {
    const Reload again = reload("nodeportd reload");
    return {.status = again.setup.problems.empty() ? 200U : 422U, .body = to_json(again)};
  }

  void take_up(const Setup& next) {
    setup_.rules = next.rules;
    rules_loaded_ = clock_.wall();
    refused_ = {};
    Config& running = setup_.config;
    running.rules = next.config.rules;
    running.exceptions = next.config.exceptions;
    running.watch = next.config.watch;
    running.lookout = next.config.lookout;
    running.audit_policy = next.config.audit_policy;
    running.log_level = next.config.log_level;
    pipeline_->use(std::make_shared<const Edition>(setup_.rules));
    pipeline_->ledger().silence(running.lookout.silenced);
    lookout_.use(running.lookout);
    log_.set_level(running.log_level);
    warn_of_rules();
    warn_of_blindness();
    watch_rules();
  }

  // Links may lead elsewhere than when they were watched last.
  void watch_rules() {
    if (!config().watch) {
      rule_watch_.reset();
      return;
    }
    if (!rule_watch_) {
      rule_watch_ = std::make_unique<RuleWatch>(io_, [this] { (void)reload("files changed"); });
    }
    std::vector<std::string> paths = config().rules;
    paths.push_back(command_.config);
    for (const std::string& path : paths) {
      if (const Result<void> watched = rule_watch_->add(path); !watched) {
        log_.warning("changes are not noticed, SIGHUP is: {}", watched.error().text);
      }
    }
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
    std::vector<StreamStatus> streams = source_->status();
    std::vector<std::string> patterns = patterns_without_log(config().sources, streams);
    return {.streams = std::move(streams),
            .patterns = std::move(patterns),
            .sinks = outlets_->status(),
            .wall = clock_.wall(),
            .mono = clock_.mono()};
  }

  // Against the stream: no new lines, then what is on its way, then what waits for sinks.
  [[nodiscard]] int stop() {
    // Whoever asks twice does not want to wait: the signal's default ends us, and loses nothing.
    signals_.let_go_of_stops();
    const MonoTime deadline = clock_.mono() + config().pipeline.stop_timeout;
    log_.info("stopping: draining for at most {}", format_duration(config().pipeline.stop_timeout));
    notify::stopping("draining");
    source_thread_.request_stop();
    pipeline_->source_waker().wake();
    source_thread_.join();
    pipeline_->ledger().post(stopped_notice(started_, pipeline_->counters()));
    pipeline_->finish();
    outlets_->stop(deadline, clock_);
    pipeline_->ledger().close();  // what sinks refused meanwhile
    // What sinks lack and no outbox has is lost with us.
    const bool durable = pipeline_->ledger().status().durable && outlets_->undurable_waiting() == 0;
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

  StatusReport report() { return take_status(surveyed()); }

  const SignalQueue signals_;
  Setup setup_;
  const RunCommand command_;
  Log log_;
  SystemClock clock_;
  WallTime started_{};
  WallTime rules_loaded_{};
  Surveyed::Refused refused_;
  std::optional<Notice> blind_;  // what the audit policy hides, as it was told last
  boost::asio::io_context io_;
  boost::asio::posix::stream_descriptor signal_waits_{io_};
  boost::asio::steady_timer look_timer_{io_};
  Lookout lookout_{config().lookout};
  std::optional<std::vector<AllowedPath>> left_;  // to a confined daemon
  std::unique_ptr<RuleWatch> rule_watch_;
  // In the order in which they need each other; destroyed the other way round.
  std::unique_ptr<Store> store_;
  std::unique_ptr<LastSurvey> state_;
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
  // The working directory may be gone when the config is read anew.
  RunCommand kept = command;
  kept.config = std::filesystem::absolute(command.config).string();
  return Daemon(std::move(setup), std::move(kept)).run();
}

}  // namespace nodeportd
