#include "daemon/run/confined_paths.hpp"

#include <glob.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <variant>

namespace nodeportd {
namespace {

namespace fs = std::filesystem;

// What every program reads: libraries that others load when they first need them, settings, zones,
// the distribution's certificates and resolver modules. No secrets are kept there.
constexpr auto kOfPrograms = std::to_array<std::string_view>(
    {"/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/ssl/openssl.cnf",
     "/etc/pki/tls/openssl.cnf", "/etc/crypto-policies", "/etc/localtime", "/dev/null",
     "/dev/random", "/dev/urandom",
#ifdef NODEPORTD_SANITIZED
     "/proc",  // the leak checker looks for threads
#endif
     // How many processors there are.
     "/sys/devices/system/cpu"});

// resolv.conf is mostly a link into one of the folders, where it is written anew with each network.
constexpr auto kOfResolver = std::to_array<std::string_view>(
    {"/etc/gai.conf", "/etc/host.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/protocols",
     "/etc/resolv.conf", "/etc/services", "/run/NetworkManager", "/run/resolvconf",
     "/run/systemd/resolve"});

// Debian's places and Red Hat's.
constexpr auto kOfTls = std::to_array<std::string_view>(
    {"/etc/ca-certificates", "/etc/pki/ca-trust", "/etc/pki/tls/certs", "/etc/ssl/certs"});

// The kubelet links from the first to the second, Docker from there to the third, and each new
// container has folders of its own.
constexpr auto kOfContainers = std::to_array<std::string_view>(
    {"/var/log/containers", "/var/log/pods", "/var/lib/docker/containers"});

// Folders that hold others' secrets, or nearly everything.
constexpr auto kShared =
    std::to_array<std::string_view>({"/", "/dev", "/etc", "/etc/kubernetes", "/etc/kubernetes/pki",
                                     "/home", "/proc", "/root", "/run", "/var", "/var/lib"});

bool is_shared(const fs::path& folder) {
  std::error_code ignored;
  const fs::path place = fs::weakly_canonical(folder, ignored);  // /var/run is /run
  return std::find(kShared.begin(), kShared.end(), place.native()) != kShared.end();
}

bool is_beneath(const fs::path& path, std::string_view folder) {
  return path.native().starts_with(std::string(folder) + '/');
}

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

// Where the links of `path` lead; empty if nowhere.
fs::path target_of(const fs::path& path) {
  std::error_code failed;
  fs::path target = fs::canonical(path, failed);
  return failed ? fs::path() : target;
}

std::vector<fs::path> files_of(const std::string& pattern) {
  glob_t found{};
  std::vector<fs::path> files;
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    files.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  ::globfree(&found);
  return files;
}

class Gathering {
 public:
  void add(const fs::path& path, FileAccess access) {
    if (path.empty()) return;
    paths_.allowed.push_back({path.string(), access});
  }

  template <typename List>
  void read_each(const List& paths) {
    for (const std::string_view path : paths) add(path, FileAccess::read);
  }

  // The file and what is renamed to take its place.
  void read_file(const fs::path& file) {
    read_place(file);
    read_place(target_of(file));
  }

  void read_rules(const std::vector<std::string>& rules, const std::string& config_file) {
    read_file(fs::absolute(config_file));
    for (const std::string& path : rules) {
      std::error_code ignored;
      if (fs::is_directory(path, ignored)) {
        add(path, FileAccess::read);
      } else {
        read_file(path);
      }
    }
  }

  void read_source(const std::string& audit_log) {
    fs::path folder = fs::path(audit_log).parent_path();
    while (folder.native().find_first_of("*?[") != std::string::npos) {
      folder = folder.parent_path();
    }
    // The apiserver may make it after we have started. Rather read too much than be blind.
    while (!is_there(folder) && !is_shared(folder.parent_path())) folder = folder.parent_path();
    add_folder(folder, FileAccess::read);
    for (const fs::path& file : files_of(audit_log)) read_file(file);
    const bool is_container =
        std::any_of(kOfContainers.begin(), kOfContainers.end(),
                    [&](std::string_view each) { return is_beneath(audit_log, each); });
    if (is_container) read_each(kOfContainers);
  }

  void add_folder(const fs::path& folder, FileAccess access) {
    add(folder, access);
    // That the socket's folder is missing is told where the socket is opened.
    if (access != FileAccess::sockets && !is_there(folder)) {
      paths_.missing.push_back(folder.string());
    }
  }

  void write_file(const fs::path& file) {
    if (file == "-") return;
    // A device or a standard stream, and never what else /dev holds.
    if (is_beneath(file, "/dev") || is_beneath(file, "/proc")) return add(file, FileAccess::write);
    add_folder(file.parent_path(), FileAccess::write);
    std::error_code ignored;
    if (fs::is_symlink(file, ignored)) add(target_of(file), FileAccess::write);
  }

  void operator()(const FileSinkConfig& sink) { write_file(sink.path); }
  void operator()(const SyslogSinkConfig& sink) {
    // Connecting to a local socket is not a matter of opening files.
    if (sink.transport != SyslogSinkConfig::Transport::local) read_each(kOfResolver);
  }
  void operator()(const WebhookSinkConfig& sink) {
    read_each(kOfResolver);
    read_each(kOfTls);
    for (const char* variable : {"SSL_CERT_FILE", "SSL_CERT_DIR"}) {
      // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody changes the environment
      if (const char* path = std::getenv(variable)) add(path, FileAccess::read);
    }
    for (const std::string& file :
         {sink.ca_file, sink.cert_file, sink.key_file, sink.bearer_token_file}) {
      read_file(file);
    }
    for (const auto& [header, file] : sink.headers_file) read_file(file);
  }

  ConfinedPaths take() {
    std::vector<AllowedPath>& allowed = paths_.allowed;
    std::sort(allowed.begin(), allowed.end());
    allowed.erase(std::unique(allowed.begin(), allowed.end()), allowed.end());
    return std::move(paths_);
  }

 private:
  void read_place(const fs::path& file) {
    const fs::path folder = file.parent_path();
    add(is_shared(folder) ? file : folder, FileAccess::read);
  }

  ConfinedPaths paths_;
};

}  // namespace

ConfinedPaths confined_paths(const Config& config, const std::string& config_file) {
  Gathering gathering;
  gathering.read_each(kOfPrograms);
  gathering.read_rules(config.rules, config_file);
  // The file alone: beside it mostly lie the keys of the cluster.
  if (!config.audit_policy.empty()) gathering.add(config.audit_policy, FileAccess::read);
  for (const SourceConfig& source : config.sources) gathering.read_source(source.audit_log);
  for (const SinkConfig& sink : config.sinks) std::visit(gathering, sink.target);
  gathering.add_folder(config.state.directory, FileAccess::write);
  gathering.add_folder(fs::path(config.admin_socket).parent_path(), FileAccess::sockets);
  return gathering.take();
}

ConfinedPaths paths_of_rules(const std::vector<std::string>& rules,
                             const std::string& config_file) {
  Gathering gathering;
  gathering.read_rules(rules, config_file);
  return gathering.take();
}

std::vector<AllowedPath> there(ConfinedPaths paths) {
  std::erase_if(paths.allowed, [](const AllowedPath& each) { return !is_there(each.path); });
  return std::move(paths.allowed);
}

}  // namespace nodeportd
