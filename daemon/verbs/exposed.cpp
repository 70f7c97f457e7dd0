#include <fmt/format.h>

#include "config/load.hpp"
#include "daemon/exit_code.hpp"
#include "daemon/setup.hpp"
#include "daemon/verbs.hpp"
#include "daemon/verbs/exposed_report.hpp"

namespace nodeportd {

int exposed(const ExposedCommand& command) {
  const LoadedConfig loaded = load_config(command.config);
  if (!loaded.problems.empty()) {
    print_problems(loaded.problems);
    return kExitConfig;
  }
  Result<std::unique_ptr<Store>> store = Store::open_beside(store_options(loaded.config));
  if (!store) return complain(store.error());
  const Result<void> printed = print_exposed(**store, command, stdout, stderr);
  return printed ? kExitWell : complain(printed.error());
}

}  // namespace nodeportd
