#include <fmt/format.h>

#include "daemon/exit_code.hpp"
#include "daemon/setup.hpp"
#include "daemon/verbs.hpp"

namespace nodeportd {

int check(const CheckCommand& command) {
  const Setup setup = load_setup(command.config);
  if (!setup.problems.empty()) {
    print_problems(setup.problems);
    fmt::print(stderr, "{}: {} {}\n", command.config, setup.problems.size(),
               setup.problems.size() == 1 ? "problem" : "problems");
    return kExitConfig;
  }
  fmt::print("{}: well: {} logs, {} rules, {} exceptions, {} sinks\n", command.config,
             setup.config.sources.size(), setup.rules->size(), setup.rules->exceptions().size(),
             setup.config.sinks.size());
  return kExitWell;
}

}  // namespace nodeportd
