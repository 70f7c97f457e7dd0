#pragma once

#include <string>

#include "base/files.hpp"
#include "base/problem.hpp"
#include "config/config.hpp"
#include "config/substitute.hpp"

namespace nodeportd {

struct LoadedConfig {
  Config config;
  YamlNode written;       // the file
  YamlNode expanded;      // the same with its variables replaced
  Expansions expansions;  // what they brought, which no problem shows
  Problems problems;  // in the order of the file; when there are any, `config` is not to be used
  // Nothing is wrong with where `config` says that rules lie, whatever else is: what is wrong with
  // them can be told in the same pass.
  bool has_rules = false;
};

// Reads the config and finds everything that is wrong with it in one pass. Reads no other file:
// whether the paths it names exist is for those who open them. `kinds`: of what `path` may be.
[[nodiscard]] LoadedConfig load_config(const std::string& path,
                                       const Environment& environment = process_environment(),
                                       FileKinds kinds = FileKinds::any);

// What is wrong with a file sink whose file `audit_log` names too.
[[nodiscard]] std::string followed_log(const std::string& audit_log);

}  // namespace nodeportd
