#include "daemon/verbs/surroundings.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <glob.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>
#include <variant>

namespace nodeportd {
namespace {

namespace fs = std::filesystem;

class FaultSearch {
 public:
  void look_at(const SourceConfig& source) {
    glob_t found{};
    const int failed = ::glob(source.audit_log.c_str(), 0, nullptr, &found);
    std::vector<std::string> logs;
    if (failed == 0) logs.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
    ::globfree(&found);
    for (const std::string& log : logs) need("audit_log", log, R_OK);
    if (!logs.empty()) return;
    // Why, as far as the folder tells it.
    const fs::path folder = fs::path(source.audit_log).parent_path();
    const bool is_pattern = source.audit_log.find_first_of("*?[") != std::string::npos;
    if (folder.native().find_first_of("*?[") == std::string::npos &&
        !need("audit_log", folder, R_OK | X_OK)) {
      return;
    }
    add("audit_log", source.audit_log, is_pattern ? "no file matches" : "there is no such file");
  }

  void look_at(const SinkConfig& sink) {
    what_ = "sink " + sink.name + ": ";
    std::visit(*this, sink.target);
    what_.clear();
  }

  // Made at the start where it is missing, if it can be.
  void look_at(const StateConfig& state) {
    fs::path folder = state.directory;
    std::error_code ignored;
    while (!fs::exists(folder, ignored) && folder.has_relative_path()) {
      folder = folder.parent_path();
    }
    need("state.directory", folder, W_OK | X_OK);
  }

  void operator()(const FileSinkConfig& sink) {
    if (sink.path == "-" || sink.path.starts_with("/dev/")) return;
    std::error_code ignored;
    if (fs::exists(sink.path, ignored)) {
      need("path", sink.path, R_OK | W_OK);
    } else {
      need("path", fs::path(sink.path).parent_path(), W_OK | X_OK);
    }
  }
  void operator()(const SyslogSinkConfig& /*sink*/) {}
  void operator()(const WebhookSinkConfig& sink) {
    const auto need_if_named = [&](const char* key, const std::string& file) {
      if (!file.empty()) need(key, file, R_OK);
    };
    need_if_named("bearer_token_file", sink.bearer_token_file);
    need_if_named("ca_file", sink.ca_file);
    need_if_named("cert_file", sink.cert_file);
    need_if_named("key_file", sink.key_file);
    for (const auto& [header, file] : sink.headers_file) need("headers_file", file, R_OK);
  }

  std::vector<std::string> take() { return std::move(faults_); }

 private:
  // By the rights under which we would open it.
  bool need(const char* key, const fs::path& path, int mode) {
    if (::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0) return true;
    add(key, path.string(), std::generic_category().message(errno));
    return false;
  }

  void add(const char* key, const std::string& path, const std::string& why) {
    faults_.push_back(fmt::format("{}{} {}: {}", what_, key, path, why));
  }

  std::string what_;  // whose key it is, where several have it
  std::vector<std::string> faults_;
};

}  // namespace

std::vector<std::string> faults_around(const Config& config) {
  FaultSearch search;
  for (const SourceConfig& source : config.sources) search.look_at(source);
  for (const SinkConfig& sink : config.sinks) search.look_at(sink);
  search.look_at(config.state);
  return search.take();
}

}  // namespace nodeportd
