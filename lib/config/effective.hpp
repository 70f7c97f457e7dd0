#pragma once

#include <cstddef>

#include "base/yaml_schema.hpp"
#include "config/load.hpp"

namespace nodeportd {

// A config as the daemon understands it: every variable replaced, every default written out, and
// what may be a secret masked.
struct EffectiveConfig {
  YamlNode config;
  std::size_t masked = 0;  // values; without any, the config can be loaded again and is the same
};

// Of a config without problems. The schema says what there is and where secrets may stand: the
// values of headers, and what follows the host in a URL, or all of a URL that a variable is in.
[[nodiscard]] EffectiveConfig effective_config(const LoadedConfig& loaded,
                                               const YamlSchema& schema);

}  // namespace nodeportd
