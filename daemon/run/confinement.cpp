#include "daemon/run/confinement.hpp"

#include <fmt/format.h>
#include <sys/prctl.h>

#include "confine/landlock.hpp"
#include "confine/syscall_filter.hpp"
#include "daemon/run/confined_paths.hpp"

namespace nodeportd {
namespace {

bool is_whole(const Confinement& confinement) {
  return (!confinement.files || *confinement.files) &&
         (!confinement.system_calls || *confinement.system_calls);
}

}  // namespace

std::string to_text(const Confinement& confinement) {
  std::vector<std::string> held;
  std::vector<std::string> missing;
  if (const auto& files = confinement.files) {
    (*files ? held : missing)
        .push_back(*files ? fmt::format("Landlock (version {})", **files) : files->error().text);
  }
  if (const auto& calls = confinement.system_calls) {
    (*calls ? held : missing).push_back(*calls ? "seccomp" : calls->error().text);
  }
  std::string text =
      held.empty() ? "not confined" : fmt::format("confined by {}", fmt::join(held, ", "));
  if (!missing.empty()) text += fmt::format("; missing: {}", fmt::join(missing, ", "));
  return text;
}

std::optional<std::vector<AllowedPath>> confine(const Config& config,
                                                const std::string& config_file, const Log& log) {
  if (config.confine == Confine::none) {
    log.warning("not confined: `confine: none`");
    return std::nullopt;
  }
  // Not RLIMIT_CORE: a core that goes to a program (core_pattern with |, as systemd-coredump) is
  // made whatever that limit. This also closes /proc/PID/mem and environ to others of our account.
  (void)::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  Confinement confinement;
  std::optional<std::vector<AllowedPath>> left;
  if (config.confine != Confine::system_calls) {
    const ConfinedPaths paths = confined_paths(config, config_file);
    confinement.files = confine_files(paths.allowed);
    for (const std::string& folder : paths.missing) {
      log.warning("{} is not there: if it is made later, nodeportd must be restarted to use it",
                  folder);
    }
    if (*confinement.files) left = there(paths);
  }
  // Last: it takes away the calls of the other, too.
  if (config.confine != Confine::files) confinement.system_calls = confine_syscalls();
  const std::string text = to_text(confinement);
  if (is_whole(confinement)) {
    log.info("{}", text);
  } else {
    log.warning("{}", text);
  }
  return left;
}

}  // namespace nodeportd
