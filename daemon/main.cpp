#include <malloc.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <system_error>

#include "daemon/cli.hpp"
#include "daemon/exit_code.hpp"
#include "daemon/verbs.hpp"

namespace {

struct Dispatch {
  int operator()(const nodeportd::Answered& answered) const { return answered.exit_code; }
  int operator()(const nodeportd::RunCommand& command) const { return nodeportd::run(command); }
  int operator()(const nodeportd::CheckCommand& command) const { return nodeportd::check(command); }
  int operator()(const nodeportd::ReplayCommand& command) const {
    return nodeportd::replay(command);
  }
  int operator()(const nodeportd::StatusCommand& command) const {
    return nodeportd::status(command);
  }
  int operator()(const nodeportd::ReloadCommand& command) const {
    return nodeportd::reload(command);
  }
  int operator()(const nodeportd::DeadlettersCommand& command) const {
    return nodeportd::deadletters(command);
  }
  int operator()(const nodeportd::ExposedCommand& command) const {
    return nodeportd::exposed(command);
  }
  int operator()(const nodeportd::TestSinkCommand& command) const {
    return nodeportd::test_sink(command);
  }
  int operator()(const nodeportd::ExplainCommand& command) const {
    return nodeportd::explain(command);
  }
  int operator()(const nodeportd::TestRulesCommand& command) const {
    return nodeportd::test_rules(command);
  }
  int operator()(const nodeportd::ConfigCommand& command) const {
    return nodeportd::config(command);
  }
};

// malloc's default, but fixed. Left to itself it keeps ever larger blocks in the heap once one of
// their size was freed, and a thread's heap never shrinks by what a line of 500 KB made of it.
constexpr int kOwnMappingFrom = 128 * 1024;

}  // namespace

int main(int argc, char** argv) {
  (void)::mallopt(M_MMAP_THRESHOLD, kOwnMappingFrom);
  // A peer that hangs up is an error of its socket, never the end of the daemon; the same for a
  // file that hits RLIMIT_FSIZE.
  (void)std::signal(SIGPIPE, SIG_IGN);
  (void)std::signal(SIGXFSZ, SIG_IGN);
  try {
    return nodeportd::end_output(std::visit(Dispatch(), nodeportd::parse_command_line(argc, argv)));
  } catch (const std::system_error& error) {
    // What prints gives up at the first failure: what the verb would have found is not known, were
    // it only for a reader that has gone.
    if (std::ferror(stdout) != 0) {
      return nodeportd::end_output(nodeportd::kExitFailed, error.code().value());
    }
    (void)std::fprintf(stderr, "nodeportd: %s\n", error.what());
    return nodeportd::kExitFailed;
  } catch (const std::exception& error) {
    (void)std::fprintf(stderr, "nodeportd: %s\n", error.what());
    return nodeportd::kExitFailed;
  }
}
