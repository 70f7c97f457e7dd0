#include "daemon/report/page_desk.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "daemon/report/page_files.hpp"
#include "daemon/report/policy_report.hpp"

namespace nodeportd {
namespace {

using namespace std::chrono_literals;

// Whoever asks more often is told the same again.
constexpr auto kOverviewKept = 1s;
constexpr auto kPolicyKept = 1min;
constexpr std::size_t kAlertsMax = 1'000;

// The script and the style are ours, nothing else runs or loads, and nobody frames the page. None
// of it may be read by another website's page.
AdminAnswer for_browsers(std::string content_type, std::string body) {
  return {.content_type = std::move(content_type),
          .body = std::move(body),
          .headers = {{"Content-Security-Policy",
                       "default-src 'none'; script-src 'self'; style-src 'self'; "
                       "connect-src 'self'; img-src 'self' data:; base-uri 'none'; "
                       "form-action 'none'; frame-ancestors 'none'"},
                      {"Referrer-Policy", "no-referrer"},
                      {"Cross-Origin-Resource-Policy", "same-origin"},
                      {"Cross-Origin-Opener-Policy", "same-origin"}}};
}

std::string in_words(const std::string& trouble) {
  if (trouble == "source.silent") return "brings no lines";
  if (trouble == "source.behind") return "reading does not keep up: alerts come late";
  return "";
}

}  // namespace

void PageDesk::add_to(AdminRoutes& routes) {
  const auto add_file = [&](const char* path, const char* type, std::string_view text) {
    routes.add(
        path, [=] { return for_browsers(type, std::string(text)); }, AdminRoutes::Reach::machine);
  };
  add_file("/", "text/html; charset=utf-8", page_html());
  add_file("/page.css", "text/css; charset=utf-8", page_css());
  add_file("/page.js", "text/javascript; charset=utf-8", page_js());
  routes.add("/overview", [this] { return overview(); }, AdminRoutes::Reach::machine);
}

AdminAnswer PageDesk::overview() {
  const MonoTime now = parts_.clock.mono();
  if (!made_ || now - *made_ >= kOverviewKept) {
    body_ = to_json(look());
    made_ = parts_.clock.mono();
  }
  return for_browsers("application/json", body_);
}

Overview PageDesk::look() {
  MetricsReport report = parts_.metrics();
  Overview overview;
  overview.troubles = troubles(report);
  overview.status = std::move(report.status);
  overview.open_services = report.open_services;
  OverviewBuilder alerts;
  const auto more = parts_.store.for_each_recent_alert(
      overview.status.now - 24h, kAlertsMax,
      [&](const Alert& alert, WallTime committed) { alerts.add(alert, committed); });
  if (more) {
    overview.is_cut = *more == More::some;
  } else {
    overview.troubles.push_back({"state", "", "cannot be read: " + more.error().text});
  }
  alerts.finish(overview);
  return overview;
}

std::vector<ProbeCheck> PageDesk::troubles(const MetricsReport& report) {
  std::vector<ProbeCheck> troubles = parts_.checks();
  std::erase_if(troubles, [](const ProbeCheck& check) { return check.reason.empty(); });
  for (const auto& [name, count] : report.troubles) {
    const std::string words = in_words(name);
    if (count > 0 && !words.empty()) troubles.push_back({"source", "", words});
  }
  for (const StatusReport::Sink& sink : report.status.sinks) {
    if (!sink.courier.alive) {
      troubles.push_back({"sink", sink.courier.sink, "takes nothing: " + sink.courier.last_error});
    } else if (!sink.courier.trouble.empty()) {
      troubles.push_back({"sink", sink.courier.sink, sink.courier.trouble});
    }
  }
  if (const std::string& blind = blindness_now(); !blind.empty()) {
    troubles.push_back({"audit policy", parts_.config.audit_policy, blind});
  }
  return troubles;
}

const std::string& PageDesk::blindness_now() {
  const MonoTime now = parts_.clock.mono();
  const std::string& path = parts_.config.audit_policy;
  if (policy_read_ && policy_ == path && now - *policy_read_ < kPolicyKept) return blindness_;
  policy_read_ = now;
  policy_ = path;
  const auto blind = path.empty() ? std::nullopt : blindness(path);
  blindness_ = blind ? blind->text : "";
  return blindness_;
}

}  // namespace nodeportd
