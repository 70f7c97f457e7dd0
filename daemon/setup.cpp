#include "daemon/setup.hpp"

#include <cstdio>
#include <utility>
#include <variant>

#include "base/text.hpp"
#include "config/load.hpp"
#include "daemon/shipped_rules.hpp"
#include "daemon/sink_faults.hpp"
#include "match/exceptions.hpp"

namespace nodeportd {
namespace {

SourceOptions::Input input_of(const SourceConfig& config) {
  SourceOptions::Input input;
  input.audit_log = config.audit_log;
  switch (config.start_at) {
    case SourceConfig::Start::end:
      input.start = SourceOptions::Input::Start::end;
      break;
    case SourceConfig::Start::beginning:
      input.start = SourceOptions::Input::Start::beginning;
      break;
    case SourceConfig::Start::back:
      input.start = SourceOptions::Input::Start::back;
      break;
  }
  input.back = config.start_back;
  input.max_line = config.max_line;
  return input;
}

}  // namespace

Setup load_setup(const std::string& config_path, FileKinds kinds) {
  LoadedConfig loaded = load_config(config_path, process_environment(), kinds);
  Setup setup;
  setup.problems = std::move(loaded.problems);
  setup.config = loaded.config;
  setup.is_config_well = setup.problems.empty();
  if (!loaded.has_rules) {
    // Those of the default path are not what was meant.
    setup.config.rules.clear();
    return setup;
  }
  if (setup.is_config_well) find_linked_logs(loaded, config_path, setup.problems);
  Problems of_rules;
  std::vector<CompiledRule> rules = load_rule_files(setup.config.rules, of_rules);
  // A rule that could not be read is not one that there is none of.
  if (setup.is_config_well && of_rules.empty()) {
    find_unknown_rules(loaded, config_path, rules, setup.problems);
  }
  setup.problems.insert(setup.problems.end(), of_rules.begin(), of_rules.end());
  std::vector<ExceptionSpec> exceptions;
  if (!setup.config.exceptions.is_null()) {
    exceptions = load_exceptions(setup.config.exceptions, config_path, rules, setup.problems);
  }
  conceal(loaded.expansions, config_path, setup.problems);
  keep_first(setup.problems);
  if (setup.problems.empty()) {
    setup.rules = std::make_shared<const RuleSet>(std::move(rules), std::move(exceptions));
  }
  return setup;
}

std::vector<CompiledRule> compile_rules(const std::vector<std::string>& paths, Problems& problems) {
  if (!paths.empty()) return load_rule_files(paths, problems, {FileKinds::any, true});
  std::vector<CompiledRule> rules;
  for (const ShippedRule& shipped : shipped_rules()) {
    load_rule_text(shipped.yaml, std::string(shipped.name), rules, problems);
  }
  return rules;
}

std::shared_ptr<const RuleSet> load_rules(const std::vector<std::string>& paths,
                                          Problems& problems) {
  std::vector<CompiledRule> rules = compile_rules(paths, problems);
  if (!problems.empty()) return nullptr;
  return std::make_shared<const RuleSet>(std::move(rules), std::vector<ExceptionSpec>{});
}

Setup load_setup_of(const std::string& config_path, const std::vector<std::string>& rules) {
  Setup setup;
  if (!config_path.empty()) setup = load_setup(config_path);
  if (!rules.empty() || config_path.empty()) setup.rules = load_rules(rules, setup.problems);
  return setup;
}

SourceOptions source_options(const Config& config) {
  SourceOptions options;
  for (const SourceConfig& source : config.sources) options.inputs.push_back(input_of(source));
  options.batch_bytes = config.pipeline.batch_size;
  options.reconcile = config.pipeline.reconcile;
  return options;
}

StoreOptions store_options(const Config& config) {
  StoreOptions options;
  options.directory = config.state.directory;
  options.durability = config.state.durability == StateConfig::Durability::power_loss
                           ? StoreOptions::Durability::power_loss
                           : StoreOptions::Durability::process_crash;
  options.max_size = config.state.max_size;
  options.history = config.state.history;
  options.open_windows = config.aggregate.max_bytes;
  return options;
}

void print_problems(const Problems& problems) {
  for (const Problem& problem : problems) {
    (void)std::fprintf(stderr, "%s\n", printable(to_text(problem)).c_str());
  }
}

}  // namespace nodeportd
