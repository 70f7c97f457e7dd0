#include "decode/outcome.hpp"

#include <optional>
#include <string>
#include <string_view>

#include "decode/json_read.hpp"

namespace nodeportd {
namespace {

using Outcome = Exposure::Outcome;

constexpr std::uint32_t kCodeMax = 999;
// Go reads no parameter at all where there are more, since 1.25.
constexpr std::size_t kQueryMax = 10'000;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// nullopt where Go's url.QueryUnescape gives an error.
std::optional<std::string> unescape(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    plain += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return plain;
}

// As Go's net/url reads a query, and so the apiserver: a pair that does not unescape, or holds a
// semicolon, is passed over; the rest counts. The parameter's presence is what makes a dry run.
bool asks_for_dry_run(std::string_view uri) {
  const std::size_t mark = uri.find('?');
  if (mark == std::string_view::npos) return false;
  std::string_view query = uri.substr(mark + 1);
  for (std::size_t pairs = 0; !query.empty(); ++pairs) {
    if (pairs == kQueryMax) return false;
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    if (pair.find(';') != std::string_view::npos) continue;
    const std::size_t equals = pair.find('=');
    const auto key = unescape(pair.substr(0, equals));
    const auto value =
        equals == std::string_view::npos ? std::string() : unescape(pair.substr(equals + 1));
    if (key == "dryRun" && value) return true;
  }
  return false;
}

bool is_dry_run(const Value& event) {
  // A DELETE that brings options is judged by them alone.
  const Value* request = event.find("requestObject");
  if (string_in(&event, "verb").starts_with("delete") && is_object(request)) {
    const Value* options = request->find("dryRun");
    return is_list(options) && options->size > 0;
  }
  const std::string_view uri = string_in(&event, "requestURI");
  if (asks_for_dry_run(uri)) return true;
  // Some carriers have no URI, and Go before 1.17 took a semicolon for an ampersand.
  if (!uri.empty() && uri.find(';') == std::string_view::npos) return false;
  const auto code = whole_number(member(event.find("responseStatus"), "code"), kCodeMax);
  const bool is_created = string_in(&event, "verb") == "create" || code == 201U;
  const Value* response = event.find("responseObject");
  const Value* metadata = member(response, "metadata");
  return is_created && string_in(response, "kind") == "Service" &&
         !string_in(metadata, "uid").empty() && string_in(metadata, "resourceVersion").empty();
}

Outcome refusal(const Value& event) {
  const std::string_view decision =
      string_in(event.find("annotations"), "authorization.k8s.io/decision");
  if (decision == "forbid") return Outcome::denied;
  if (decision == "allow") return Outcome::rejected;
  // The body is read only once the request is authorized.
  return event.find("requestObject") == nullptr ? Outcome::denied : Outcome::rejected;
}

}  // namespace

Outcome outcome_of(const Value& event) {
  if (string_in(&event, "stage") == "Panic") return Outcome::failed;
  const Value* status = event.find("responseStatus");
  const auto code = whole_number(member(status, "code"), kCodeMax).value_or(0);
  const std::string_view verdict = string_in(status, "status");
  // Carriers that tell no code say this much.
  const bool is_success = code == 0 ? verdict == "Success" : code / 100 == 2;
  if (is_success) return is_dry_run(event) ? Outcome::dry_run : Outcome::succeeded;
  if (code == 0) return verdict == "Failure" ? Outcome::failed : Outcome::unknown;
  if (code == 401) return Outcome::denied;
  if (code == 403) return refusal(event);
  if (code == 409) return Outcome::conflict;
  if (code / 100 == 4) return Outcome::rejected;
  return code / 100 == 5 ? Outcome::failed : Outcome::unknown;
}

}  // namespace nodeportd
