#include <fmt/format.h>

#include <string>

#include "base/text.hpp"
#include "base/yaml_text.hpp"
#include "config/defaults.hpp"
#include "config/effective.hpp"
#include "config/load.hpp"
#include "daemon/exit_code.hpp"
#include "daemon/setup.hpp"
#include "daemon/shipped_schemas.hpp"
#include "daemon/verbs.hpp"

namespace nodeportd {
namespace {

int show(const std::string& path) {
  const LoadedConfig loaded = load_config(path);
  if (!loaded.problems.empty()) {
    print_problems(loaded.problems);
    return kExitConfig;
  }
  const EffectiveConfig effective = effective_config(loaded, YamlSchema::parse(config_schema()));
  if (effective.masked > 0) {
    fmt::print("# {} may hold a secret and stand as ********.\n",
               counted(effective.masked, "value"));
  }
  fmt::print("{}", to_yaml(effective.config));
  return kExitWell;
}

}  // namespace

int config(const ConfigCommand& command) {
  switch (command.action) {
    case ConfigCommand::Action::schema:
      fmt::print("{}", command.of_rules ? rules_schema() : config_schema());
      return kExitWell;
    case ConfigCommand::Action::defaults:
      fmt::print(
          "# Every key with its default. What stands behind # is off, or has no default.\n{}",
          commented_defaults(YamlSchema::parse(config_schema())));
      return kExitWell;
    case ConfigCommand::Action::show:
      break;
  }
  return show(command.config);
}

}  // namespace nodeportd
