#include <fmt/format.h>

#include "base/text.hpp"
#include "daemon/exit_code.hpp"
#include "daemon/setup.hpp"
#include "daemon/verbs.hpp"

namespace nodeportd {

int check(const CheckCommand& command) {
  const Setup setup = load_setup(command.config);
  if (!setup.problems.empty()) {
    print_problems(setup.problems);
    fmt::print(stderr, "{}: {}\n", command.config, counted(setup.problems.size(), "problem"));
    return kExitConfig;
  }
  fmt::print("{}: well: {}, {}, {}, {}\n", command.config,
             counted(setup.config.sources.size(), "source"), counted(setup.rules->size(), "rule"),
             counted(setup.rules->exceptions().size(), "exception"),
             counted(setup.config.sinks.size(), "sink"));
  return kExitWell;
}

}  // namespace nodeportd
