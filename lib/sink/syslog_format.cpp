#include "sink/syslog_format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "base/time_text.hpp"
#include "sink/format.hpp"

// Written by hand: Debian packages no writer of RFC 5424 that takes structured data and bounds it.

namespace nodeportd {
namespace {

// 32473 is the enterprise number that RFC 5612 sets aside for documentation; we have none.
constexpr std::string_view kSdId = "nodeportd@32473";
constexpr std::size_t kParamNameMax = 32;  // RFC 5424, 6.3.3
constexpr std::size_t kValueMax = 1024;
constexpr std::size_t kValueLeast = 16;
constexpr std::size_t kNamedLeast = 48;  // ids and times are shorter, so always whole
constexpr std::size_t kFieldsMax = 32;
constexpr std::size_t kNamedMax = 32;
constexpr std::size_t kIdentity = 4;  // the first of what is named: which revision this is

struct Param {
  std::string name;
  std::string value;  // printable
};

// What is said of an alert beside the line for a person.
struct Facts {
  std::vector<Param> named;   // at most kNamedMax, what matters most first
  std::vector<Param> fields;  // of the group and of notices: as many as a rule has
};

// How much of each is said.
struct Allowance {
  std::size_t value = kValueMax;
  std::size_t fields = kFieldsMax;
  std::size_t named = kNamedMax;
  bool has_line = true;  // for a person

  [[nodiscard]] bool shrink() {
    if (value > kValueLeast) {
      value /= 2;
    } else if (fields > 0) {
      fields /= 2;
    } else if (named > kIdentity) {
      named /= 2;
    } else if (has_line) {
      has_line = false;
    } else {
      return false;
    }
    return true;
  }
};

unsigned severity(Level level) {
  static constexpr std::array<unsigned, 5> kSeverities = {6, 5, 4, 3, 2};
  return kSeverities[static_cast<std::size_t>(level)];
}

// A name that a rule's author chose, as a parameter may be named.
std::string to_param_name(std::string_view prefix, std::string_view name) {
  std::string safe(prefix);
  for (const char c : name) {
    if (safe.size() == kParamNameMax) break;
    const bool allowed = c > ' ' && c < 0x7F && c != '=' && c != ']' && c != '"';
    safe += allowed ? c : '_';
  }
  return safe;
}

Facts facts_of(const Alert& alert) {
  Facts facts;
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) facts.named.push_back({std::string(name), printable(value)});
  };
  add("alert_id", alert.id);
  add("epoch", alert.epoch);
  add("revision", std::to_string(alert.revision));
  add("phase", to_text(alert.phase));
  add("undurable", alert.undurable ? "true" : "");
  add("replayed", alert.replayed ? "true" : "");
  add("test", alert.test ? "true" : "");
  add("rule_id", alert.rule_id);
  add("rule", alert.rule_name);
  add("level", to_text(alert.level));
  add("cluster", alert.cluster);
  add("node", alert.node);
  add("count", std::to_string(alert.count));
  add("user", alert.user.value_or(""));
  add("src_ip", alert.src_ip.value_or(""));
  add("window_start", format_time(alert.window_start));
  add("first_time", format_time(alert.first_time));
  add("last_time", format_time(alert.last_time));
  if (!alert.events.empty()) add("audit_id", alert.events.front().audit_id);
  if (alert.has_risk) add("risk_score", std::to_string(alert.score));
  for (const auto& [name, value] : alert.group) {
    if (value) facts.fields.push_back({to_param_name("g.", name), printable(*value)});
  }
  for (const auto& [name, value] : alert.facts) {
    facts.fields.push_back({to_param_name("f.", name), printable(value)});
  }
  return facts;
}

void append(std::string& text, const Param& param, std::size_t value_max) {
  text += ' ' + param.name + "=\"";
  for (const char c : shorten(param.value, value_max)) {
    if (c == '"' || c == '\\' || c == ']') text += '\\';
    text += c;
  }
  text += '"';
}

std::string to_params(const Facts& facts, Allowance allowance) {
  const std::size_t named = std::min(facts.named.size(), allowance.named);
  const std::size_t fields = std::min(facts.fields.size(), allowance.fields);
  std::string text;
  for (std::size_t i = 0; i < named; ++i) {
    append(text, facts.named[i], std::max(allowance.value, kNamedLeast));
  }
  for (std::size_t i = 0; i < fields; ++i) append(text, facts.fields[i], allowance.value);
  const std::size_t omitted = facts.named.size() - named + facts.fields.size() - fields;
  if (omitted > 0) append(text, {"omitted", std::to_string(omitted)}, kValueMax);
  return text;
}

std::string rfc5424_header(const Alert& alert, const SyslogOrigin& origin) {
  return fmt::format("<{}>1 {} {} {} {} {} ", origin.facility * 8 + severity(alert.level),
                     format_time(alert.last_time), origin.hostname.empty() ? "-" : origin.hostname,
                     origin.app_name, origin.pid, to_text(alert.phase));
}

std::string rfc3164_header(const Alert& alert, const SyslogOrigin& origin) {
  // Not the system's clock: it counts nanoseconds, which end in 2262, and an event's time may not.
  const std::time_t seconds =
      std::chrono::floor<std::chrono::seconds>(alert.last_time).time_since_epoch().count();
  std::tm local{};  // RFC 3164 has no zone: its times are local
  (void)::localtime_r(&seconds, &local);
  std::array<char, 32> time{};
  const std::size_t size = std::strftime(time.data(), time.size(), "%b %e %H:%M:%S", &local);
  return fmt::format("<{}>{} {}{}{}[{}]: ", origin.facility * 8 + severity(alert.level),
                     std::string_view(time.data(), size), origin.hostname,
                     origin.hostname.empty() ? "" : " ", origin.app_name, origin.pid);
}

}  // namespace

std::string to_syslog(const Alert& alert, SyslogForm form, const SyslogOrigin& origin,
                      std::size_t size_max) {
  const Facts facts = facts_of(alert);
  const std::string line = to_line(alert);
  const bool structured = form == SyslogForm::rfc5424;
  const std::string header =
      structured ? rfc5424_header(alert, origin) : rfc3164_header(alert, origin);
  const auto compose = [&](Allowance allowance) {
    const std::string message = shorten(line, allowance.has_line ? 2 * allowance.value : 0);
    const std::string params = to_params(facts, allowance);
    return structured ? fmt::format("{}[{}{}] {}", header, kSdId, params, message)
                      : header + message + params;
  };
  Allowance allowance;
  std::string text = compose(allowance);
  while (text.size() > size_max && allowance.shrink()) text = compose(allowance);
  return text;
}

std::string octet_counted(std::string_view message) {
  return fmt::format("{} {}", message.size(), message);
}

}  // namespace nodeportd
