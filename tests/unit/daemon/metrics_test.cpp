#include "daemon/report/metrics.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

namespace nodeportd {
namespace {

MetricsReport sample_report() {
  MetricsReport report;
  report.now = MonoTime(std::chrono::seconds(100));
  report.status.now = WallTime(std::chrono::seconds(1'000));
  StreamStatus& log = report.status.streams.emplace_back();
  log.path = "/var/log/audit.log";
  log.records = 3;
  log.bytes = 70;
  log.unread = 17;
  log.last_read = WallTime(std::chrono::milliseconds(990'250));
  log.behind_since = report.now - std::chrono::milliseconds(2'500);
  report.rejects[static_cast<std::size_t>(Reject::torn)] = 4;
  report.ledger.alerts[{"rule-1", "denied"}] = 5;
  report.ledger.suppressed["night \"shift\""] = 6;
  report.ledger.notices["source.lines_lost"] = 7;
  report.troubles.emplace_back("source.missing", 2);
  StatusReport::Sink& sink = report.status.sinks.emplace_back();
  sink.courier.sink = "soc";
  sink.courier.alive = false;
  sink.courier.delivered = 8;
  sink.courier.retries = 9;
  sink.courier.put_off = 10;
  sink.courier.refused = 11;
  sink.oldest_pending = WallTime(std::chrono::seconds(940));
  sink.courier.latency.counts.assign(DurationHistogram::kBounds.size() + 1, 1);
  sink.courier.latency.sum = 12.5;
  return report;
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at) ++count;
  return count;
}

}  // namespace

TEST_CASE("each figure stands under its name, with the labels that tell it from others") {
  const std::string page = to_prometheus(sample_report());
  for (const char* line : {
           "nodeportd_build_info{version=\"" NODEPORTD_VERSION "\"} 1\n",
           "nodeportd_log_lines_total{log=\"/var/log/audit.log\"} 3\n",
           "nodeportd_log_bytes_total{log=\"/var/log/audit.log\"} 70\n",
           "nodeportd_log_unread_bytes{log=\"/var/log/audit.log\"} 17\n",
           "nodeportd_log_behind_seconds{log=\"/var/log/audit.log\"} 2.5\n",
           "nodeportd_log_last_read_timestamp_seconds{log=\"/var/log/audit.log\"} 990.25\n",
           "nodeportd_lines_uninspectable_total{reason=\"torn\"} 4\n",
           "nodeportd_lines_uninspectable_total{reason=\"legacy_format\"} 0\n",
           "nodeportd_alerts_total{rule=\"rule-1\",outcome=\"denied\"} 5\n",
           "nodeportd_matches_suppressed_total{exception=\"night \\\"shift\\\"\"} 6\n",
           "nodeportd_notices_total{notice=\"source.lines_lost\"} 7\n",
           "nodeportd_notices_total{notice=\"policy.blind\"} 0\n",
           "nodeportd_troubles{notice=\"source.missing\"} 2\n",
           "nodeportd_sink_alive{sink=\"soc\"} 0\n",
           "nodeportd_sink_delivered_total{sink=\"soc\"} 8\n",
           "nodeportd_sink_failed_attempts_total{sink=\"soc\"} 9\n",
           "nodeportd_sink_retried_total{sink=\"soc\"} 10\n",
           "nodeportd_sink_dead_letters_total{sink=\"soc\"} 11\n",
           "nodeportd_sink_oldest_waiting_seconds{sink=\"soc\"} 60\n",
           "nodeportd_alert_latency_seconds_bucket{sink=\"soc\",le=\"0.001\"} 1\n",
           "nodeportd_alert_latency_seconds_bucket{sink=\"soc\",le=\"+Inf\"} 15\n",
           "nodeportd_alert_latency_seconds_count{sink=\"soc\"} 15\n",
           "nodeportd_alert_latency_seconds_sum{sink=\"soc\"} 12.5\n",
       }) {
    CAPTURE(line);
    CHECK(page.find(line) != std::string::npos);
  }
}

TEST_CASE("of more than a hundred logs the rest is one, and none is lost in the sum") {
  MetricsReport report = sample_report();
  report.status.streams.assign(250, report.status.streams.front());
  for (std::size_t i = 0; i < 250; ++i) {
    report.status.streams[i].path = "/log/" + std::to_string(i);
  }
  report.status.streams[200].waiting = true;
  const std::string page = to_prometheus(report);
  CHECK(count_of(page, "nodeportd_log_lines_total{") == 101);
  CHECK(count_of(page, "# TYPE nodeportd_log_lines_total ") == 1);
  CHECK(page.find("nodeportd_log_lines_total{log=\"other\"} 450\n") != std::string::npos);
  CHECK(page.find("nodeportd_log_missing{log=\"other\"} 1\n") != std::string::npos);
  CHECK(page.find("nodeportd_log_behind_seconds{log=\"other\"} 2.5\n") != std::string::npos);
  CHECK(page.find("nodeportd_log_last_read_timestamp_seconds{log=\"other\"} 990.25\n") !=
        std::string::npos);
}

TEST_CASE("a file's name neither breaks the page nor adds a line to it, nor passes for another's") {
  MetricsReport report = sample_report();
  report.status.streams.assign(2, report.status.streams.front());
  report.status.streams[0].path = "/log/\xff\"} 1\nup 1\n";
  report.status.streams[1].path = "/log/\xfe\"} 1\nup 1\n";
  const std::string page = to_prometheus(report);
  CHECK(page.find("\nup 1") == std::string::npos);
  for (const char* line :
       {"nodeportd_log_lines_total{log=\"/log/\\\\xff\\\"} 1\\\\x0aup 1\\\\x0a\"} 3\n",
        "nodeportd_log_lines_total{log=\"/log/\\\\xfe\\\"} 1\\\\x0aup 1\\\\x0a\"} 3\n"}) {
    CAPTURE(page);
    CHECK(page.find(line) != std::string::npos);
  }
}

}  // namespace nodeportd
