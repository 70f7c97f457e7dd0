#include "daemon/report/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <limits>
#include <sstream>
#include <string_view>
#include <unordered_map>

#include "base/text.hpp"
#include "model/rule.hpp"

namespace nodeportd {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

constexpr std::size_t kLogsMax = 100;

// The families of a page, in the order in which their names came first. What is added under a name
// that is there joins its family: the format wants a family's metrics to stand together.
class Families {
 public:
  void count(const char* name, const char* help, std::uint64_t value, const Labels& labels = {}) {
    ClientMetric& metric = add(name, help, MetricType::Counter, labels);
    metric.counter.value = static_cast<double>(value);
  }
  void gauge(const char* name, const char* help, double value, const Labels& labels = {}) {
    add(name, help, MetricType::Gauge, labels).gauge.value = value;
  }
  void gauge(const char* name, const char* help, std::uint64_t value, const Labels& labels = {}) {
    gauge(name, help, static_cast<double>(value), labels);
  }
  void flag(const char* name, const char* help, bool value, const Labels& labels = {}) {
    gauge(name, help, value ? 1.0 : 0.0, labels);
  }
  void durations(const char* name, const char* help, const DurationHistogram::Figures& figures,
                 const Labels& labels = {}) {
    ClientMetric::Histogram& histogram = add(name, help, MetricType::Histogram, labels).histogram;
    histogram.sample_sum = figures.sum;
    for (std::size_t i = 0; i < figures.counts.size(); ++i) {
      histogram.sample_count += figures.counts[i];
      const double bound = i < DurationHistogram::kBounds.size()
                               ? DurationHistogram::kBounds[i]
                               : std::numeric_limits<double>::infinity();
      histogram.bucket.push_back({histogram.sample_count, bound});
    }
  }

  [[nodiscard]] std::string text() const {
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, families_);
    return out.str();
  }

 private:
  ClientMetric& add(const char* name, const char* help, MetricType type, const Labels& labels) {
    const auto [place, is_new] = places_.try_emplace(name, families_.size());
    if (is_new) families_.push_back({name, help, type, {}});
    ClientMetric& metric = families_[place->second].metric.emplace_back();
    // Not U+FFFD for what is not UTF-8: two files of nearly one name must not become one series.
    for (const ClientMetric::Label& label : labels) {
      metric.label.push_back({label.name, printable(label.value)});
    }
    return metric;
  }

  std::vector<MetricFamily> families_;
  std::unordered_map<std::string_view, std::size_t> places_;  // in families_, by name
};

double seconds_since(MonoTime then, MonoTime now) {
  return std::max(std::chrono::duration<double>(now - then).count(), 0.0);
}
double seconds_of(WallTime time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

// Each file of a folder may be followed, and whoever fills that folder must not fill the page.
std::vector<StreamStatus> shown_logs(const std::vector<StreamStatus>& streams) {
  if (streams.size() <= kLogsMax) return streams;
  std::vector<StreamStatus> shown(streams.begin(), streams.begin() + kLogsMax);
  StreamStatus other;
  other.path = "other";
  for (std::size_t i = kLogsMax; i < streams.size(); ++i) {
    const StreamStatus& each = streams[i];
    other.records += each.records;
    other.bytes += each.bytes;
    other.unread += each.unread;
    other.missing |= each.missing || each.waiting;
    other.last_read = std::max(other.last_read, each.last_read);
    if (each.behind_since) {
      other.behind_since =
          std::min(other.behind_since.value_or(MonoTime::max()), *each.behind_since);
    }
  }
  shown.push_back(std::move(other));
  return shown;
}

void add_logs(const MetricsReport& report, Families& page) {
  for (const StreamStatus& log : shown_logs(report.status.streams)) {
    const Labels labels{{"log", log.path}};
    page.count("nodeportd_log_lines_total", "Lines read of a followed log.", log.records, labels);
    page.count("nodeportd_log_bytes_total", "Bytes read of a followed log.", log.bytes, labels);
    page.gauge("nodeportd_log_unread_bytes", "Bytes of a followed log that wait to be read.",
               log.unread, labels);
    page.gauge("nodeportd_log_behind_seconds",
               "How long ago a followed log was last read to its end; 0 while it is.",
               log.behind_since ? seconds_since(*log.behind_since, report.now) : 0.0, labels);
    page.gauge("nodeportd_log_last_read_timestamp_seconds",
               "When lines of a followed log came last; 0 if none came since the start.",
               log.last_read ? seconds_of(*log.last_read) : 0.0, labels);
    page.flag("nodeportd_log_missing", "1 while there is no file to read under a log's path.",
              log.missing || log.waiting, labels);
  }
  const MetricsReport::Source& source = report.source;
  page.count("nodeportd_log_rotations_total", "Files that took the place of the one being read.",
             source.rotations);
  page.count("nodeportd_log_truncations_total", "Files that were cut or written anew in place.",
             source.truncations);
  page.count("nodeportd_log_files_lost_total", "Files that were gone before they were read.",
             source.files_lost);
  page.gauge("nodeportd_log_files_open", "Log files that are open.", source.files_open);
  page.count("nodeportd_inotify_overflows_total", "Times the kernel's queue of events ran over.",
             source.overflows);
  page.count("nodeportd_inotify_refusals_total", "Watches that the kernel refused.",
             source.unwatched);
}

void add_inspection(const MetricsReport& report, Families& page) {
  page.count("nodeportd_lines_inspected_total", "Lines that were scanned for the rules' words.",
             report.status.records);
  page.count("nodeportd_scan_hits_total", "Lines that the scan let through to be decoded.",
             report.status.decoded);
  for (std::size_t i = 0; i < kRejects; ++i) {
    page.count("nodeportd_lines_uninspectable_total", "Lines that could not be read whole.",
               report.rejects[i], {{"reason", std::string(to_text(static_cast<Reject>(i)))}});
  }
  page.count("nodeportd_matches_total", "Matches of events with rules.", report.status.matches);
  for (const auto& [exception, matches] : report.ledger.suppressed) {
    page.count("nodeportd_matches_suppressed_total", "Matches that an exception silenced.", matches,
               {{"exception", exception}});
  }
  page.gauge("nodeportd_rules", "Rules that are loaded.", report.rules);
  page.gauge("nodeportd_batches", "Batches that hold lines in memory.", report.batches);
  page.gauge("nodeportd_batches_in_use",
             "Batches on their way to the ledger; when all are, reading waits.",
             report.batches_in_use);
}

void add_alerts(const MetricsReport& report, Families& page) {
  const LedgerStatus& ledger = report.status.ledger;
  page.gauge("nodeportd_open_windows", "Windows that are open.",
             std::uint64_t{ledger.open_windows});
  for (const auto& [key, alerts] : report.ledger.alerts) {
    page.count("nodeportd_alerts_total",
               "Alerts made, by rule and outcome of the request; the daemon's own among them.",
               alerts, {{"rule", key.first}, {"outcome", key.second}});
  }
  page.count("nodeportd_alert_revisions_total", "Revisions of alerts committed to the state.",
             ledger.revisions);
  for (const std::string_view name : builtin::notice_names()) {
    const auto told = report.ledger.notices.find(std::string(name));
    page.count("nodeportd_notices_total", "Facts that the daemon told about itself, by name.",
               told == report.ledger.notices.end() ? 0 : told->second,
               {{"notice", std::string(name)}});
  }
  for (const auto& [name, count] : report.troubles) {
    page.gauge("nodeportd_troubles",
               "Logs, sinks and the like of which this is being told and not over.", count,
               {{"notice", name}});
  }
}

void add_state(const MetricsReport& report, Families& page) {
  const LedgerStatus& ledger = report.status.ledger;
  page.flag("nodeportd_state_durable", "0 while the state cannot be written.", ledger.durable);
  page.flag("nodeportd_reading_paused", "1 while reading waits for room for alerts.",
            ledger.paused);
  page.durations("nodeportd_state_transaction_duration_seconds",
                 "How long transactions of the state took.", report.ledger.transactions);
  page.count("nodeportd_state_transactions_failed_total", "Transactions that failed.",
             ledger.failed_commits);
  page.count("nodeportd_state_rows_quarantined_total", "Damaged rows that were set aside.",
             report.quarantined);
  page.gauge("nodeportd_outbox_bytes", "Bytes of alerts that wait for sinks.", report.outbox_bytes);
  page.gauge("nodeportd_outbox_max_bytes", "state.max_size: at this size a dead sink's expire.",
             report.outbox_bytes_max);
}

void add_sinks(const MetricsReport& report, Families& page) {
  for (const StatusReport::Sink& sink : report.status.sinks) {
    const CourierStatus& courier = sink.courier;
    const Labels labels{{"sink", courier.sink}};
    page.flag("nodeportd_sink_alive", "0 from a failed attempt to the next that succeeds.",
              courier.alive, labels);
    page.count("nodeportd_sink_delivered_total", "Alert revisions that a sink has taken.",
               courier.delivered, labels);
    page.count("nodeportd_sink_failed_attempts_total", "Attempts to deliver that failed.",
               courier.retries, labels);
    page.count("nodeportd_sink_retried_total", "Alert revisions left for another attempt.",
               courier.put_off, labels);
    page.count("nodeportd_sink_dead_letters_total", "Alert revisions refused for good.",
               courier.refused, labels);
    page.gauge("nodeportd_sink_waiting", "Alert revisions that wait for a sink.",
               sink.pending + courier.undurable_waiting, labels);
    page.gauge("nodeportd_sink_waiting_bytes", "Bytes of them in the state.", sink.pending_bytes,
               labels);
    const double age = sink.oldest_pending
                           ? seconds_of(report.status.now) - seconds_of(*sink.oldest_pending)
                           : 0.0;
    page.gauge("nodeportd_sink_oldest_waiting_seconds",
               "How long the alert revision waits that has waited longest.", std::max(age, 0.0),
               labels);
    page.count("nodeportd_sink_undurable_dropped_total",
               "Alert revisions given up while the state could not be written.",
               courier.undurable_dropped, labels);
    page.durations("nodeportd_alert_latency_seconds",
                   "From the time of an event to the delivery of the alert it made.",
                   courier.latency, labels);
  }
}

}  // namespace

std::string to_prometheus(const MetricsReport& report) {
  Families page;
  page.gauge("nodeportd_build_info", "Always 1; what runs stands in the labels.", 1.0,
             {{"version", NODEPORTD_VERSION}});
  page.gauge("nodeportd_start_time_seconds", "When the daemon started, in seconds since 1970.",
             seconds_of(report.status.started));
  add_logs(report, page);
  add_inspection(report, page);
  add_alerts(report, page);
  add_state(report, page);
  add_sinks(report, page);
  return page.text();
}

}  // namespace nodeportd
