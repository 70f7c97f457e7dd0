#pragma once

#include <optional>
#include <string>

#include "config/load.hpp"
#include "support/temp_dir.hpp"

namespace nodeportd::test {

// Loads a config that is written in a test. No variable is set, unless the test sets some.
inline LoadedConfig load_text(
    const std::string& text, const Environment& environment = [](const std::string&) {
      return std::optional<std::string>();
    }) {
  const TempDir dir;
  const std::string path = dir / "c.yaml";
  write_text(path, text);
  return load_config(path, environment);
}

// Its problems, a line each, the file called `c.yaml`.
inline std::string problems_of(const std::string& text) {
  std::string lines;
  for (Problem& problem : load_text(text).problems) {
    problem.place.file = "c.yaml";
    lines += to_text(problem) + "\n";
  }
  return lines;
}

}  // namespace nodeportd::test
