#include "tidy/house_rules.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string_view>

namespace nodeportd::test {
namespace {

constexpr std::size_t kLinesMax = 400;
constexpr std::size_t kColumnsMax = 100;

bool starts_with_any(std::string_view path, const std::vector<std::string_view>& beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [&](std::string_view each) { return path.starts_with(each); });
}

// Which files of lib/ and daemon/ may include a third party's headers.
struct Fence {
  std::string_view header;
  std::vector<std::string_view> open_to;
};

const std::vector<Fence>& fences() {
  static const std::vector<Fence> all = {
      {"CLI/", {"daemon/cli.cpp", "daemon/completion_tree.cpp", "daemon/usage_fault.cpp"}},
      {"boost/asio",
       {"lib/sink/http_client.cpp", "lib/sink/syslog_peer.cpp", "lib/sink/timed_io.",
        "lib/admin/client.cpp", "lib/admin/server.cpp", "daemon/report/admin_desk.",
        "daemon/run/rule_watch.", "daemon/run/run.cpp"}},
      {"boost/beast", {"lib/sink/http_client.cpp", "lib/admin/client.cpp", "lib/admin/server.cpp"}},
      {"boost/lockfree", {"lib/queue/"}},
      {"boost/url", {"lib/base/http_url.cpp"}},
      {"cereal/", {"lib/state/"}},
      {"date/", {"lib/base/time_text.cpp"}},
      {"linux/landlock.h", {"lib/confine/landlock.cpp"}},
      {"openssl/", {"lib/base/digest.cpp", "lib/sink/http_client.cpp", "lib/sink/tls.cpp"}},
      {"prometheus/", {"daemon/report/metrics.cpp"}},
      {"rapidjson/", {"lib/base/json_text.hpp", "lib/decode/", "lib/sink/format.cpp"}},
      {"re2/", {"lib/match/"}},
      {"seccomp.h", {"lib/confine/syscall_filter.cpp"}},
      {"simdjson.h", {"lib/decode/token_index.cpp"}},
      {"spdlog/", {"lib/base/log.cpp"}},
      {"sqlite3.h", {"lib/state/"}},
      {"sys/inotify.h", {"lib/source/inotify.cpp"}},
      {"systemd/", {"lib/admin/notify.cpp"}},
      {"tl/", {"lib/base/result.hpp"}},
      {"yaml-cpp/", {"lib/base/yaml.cpp", "lib/base/yaml_fault.cpp", "lib/base/yaml_text.cpp"}},
      {"zlib.h", {"lib/source/"}},
  };
  return all;
}

// The first folder of a path: `match` of `match/rule_set.hpp`.
std::string folder_of(std::string_view path) {
  return std::string(path.substr(0, path.find('/')));
}

// What the folders of daemon/ may include of each other: `replay` and `run` share the engine, and
// what a running daemon reports of itself knows neither of them.
bool may_include_in_daemon(const std::string& here, const std::string& there) {
  static const std::map<std::string, std::set<std::string>> allowed = {
      {"engine", {"engine"}},
      {"report", {"engine", "report", ""}},
      {"run", {"engine", "report", "run", ""}},
      {"verbs", {"engine", "report", "run", "verbs", ""}},
      {"", {""}}};
  const auto found = allowed.find(here);
  return found != allowed.end() && found->second.contains(there);
}

// `engine` of `daemon/engine/feed.hpp`, nothing of `daemon/setup.hpp`.
std::string daemon_folder_of(std::string_view path) {
  path.remove_prefix(std::string_view("daemon/").size());
  const std::size_t end = path.find('/');
  return end == std::string_view::npos ? "" : std::string(path.substr(0, end));
}

// Stages stand in a star around model and base; only daemon/ sees more than one of them.
bool may_include(const std::string& path, const std::string& header) {
  const std::string there = folder_of(header);
  if (path.starts_with("lib/")) {
    const std::string here = folder_of(std::string_view(path).substr(4));
    if (there == here || there == "base") return true;
    return there == "model" && here != "base";
  }
  if (path.starts_with("tests/unit/") && !path.starts_with("tests/unit/daemon/")) {
    const std::string here = folder_of(std::string_view(path).substr(11));
    // Beside what they test: an event is best written as JSON and decoded.
    static const std::set<std::string> common = {"base",    "model", "decode",
                                                 "support", "tools", "unit"};
    return there == here || common.contains(there);
  }
  if (path.starts_with("daemon/") && there == "daemon") {
    return may_include_in_daemon(daemon_folder_of(path), daemon_folder_of(header));
  }
  return true;
}

class Inspection {
 public:
  explicit Inspection(const SourceFile& file)
      : path_(file.path), is_product_(starts_with_any(file.path, {"lib/", "daemon/"})) {
    std::istringstream lines(file.text);
    for (std::string line; std::getline(lines, line);) lines_.push_back(line);
  }

  std::vector<std::string> run() {
    for (number_ = 1; number_ <= lines_.size(); ++number_) {
      const std::string& line = lines_[number_ - 1];
      if (path_.ends_with(".md")) {
        check_prose(line);
        continue;
      }
      check_include(line);
      check_words(line);
      check_width(line);
    }
    check_whole();
    return std::move(complaints_);
  }

 private:
  void complain(const std::string& what) {
    complaints_.push_back(path_ + ':' + std::to_string(number_) + ": " + what);
  }

  void check_include(const std::string& line) {
    static const std::regex form(R"re(^\s*#\s*include\s+(["<])([^">]+)[">])re");
    std::smatch found;
    if (!std::regex_search(line, found, form)) return;
    const std::string header = found[2];
    if (found[1] == "\"" && !may_include(path_, header)) complain("may not include " + header);
    if (!is_product_) return;
    for (const Fence& fence : fences()) {
      if (header.starts_with(fence.header) && !starts_with_any(path_, fence.open_to)) {
        complain(header + " is fenced: see fences() in tests/tidy/house_rules.cpp");
      }
    }
  }

  void check_words(const std::string& line) {
    static const std::regex later(R"(\b(TODO|FIXME|XXX|HACK)\b)");
    static const std::regex vague(
        R"(\b(class|struct|using)\s+\w*(Manager|Helper|Util|Utils|Handler|Processor)\b)");
    static const std::regex clock(R"(::now\(\))");
    // A `sleep(...)` of ours waits for something; these wait for nothing.
    static const std::regex sleeping(
        R"(\b(sleep_for|usleep|nanosleep)\b|this_thread::sleep|(^|[^\w:])::sleep\(|\bsleep\(\d)");
    if (std::regex_search(line, later)) complain("do it, or file an issue");
    const std::string code = line.substr(0, line.find("//"));
    if (std::regex_search(code, vague)) complain("name it after what it is");
    if (!starts_with_any(path_, {"lib/base/clock.cpp", "tests/support/eventually.hpp"}) &&
        std::regex_search(code, clock)) {
      complain("take the time as an argument, or a Clock");
    }
    if (std::regex_search(code, sleeping)) complain("wait for the event, not for a while");
  }

  void check_width(const std::string& line) {
    // Code points, as an editor counts columns: not the continuation bytes of UTF-8.
    const auto columns = std::count_if(line.begin(), line.end(), [](char c) {
      return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    });
    if (static_cast<std::size_t>(columns) > kColumnsMax) complain("is wider than 100 columns");
  }

  void check_prose(const std::string& line) {
    static const std::regex private_path(R"((^|[\s(`"'])(/root/|/home/\w|/Users/|\.\./shared))");
    if (std::regex_search(line, private_path)) complain("a path that only one machine has");
  }

  void check_whole() {
    number_ = lines_.size();
    if (path_ == "CHANGELOG.md" && !holds_line("## [Unreleased]")) {
      complain("has no section '## [Unreleased]'");
    }
    if (path_.ends_with(".hpp") && !holds_line("#pragma once")) complain("needs #pragma once");
    if (!path_.ends_with(".md") && lines_.size() > kLinesMax) complain("is longer than 400 lines");
  }

  bool holds_line(std::string_view wanted) const {
    return std::find(lines_.begin(), lines_.end(), wanted) != lines_.end();
  }

  std::string path_;
  bool is_product_;
  std::vector<std::string> lines_;
  std::size_t number_ = 0;
  std::vector<std::string> complaints_;
};

}  // namespace

std::vector<std::string> complaints_about(const SourceFile& file) {
  return Inspection(file).run();
}

}  // namespace nodeportd::test
