#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace nodeportd {

// What the command line asks for: one struct a verb.

struct RunCommand {
  std::string config;
  bool discard_state = false;  // of a newer version
};

struct CheckCommand {
  std::string config;
  std::string audit_policy;  // empty: the config is checked
};

enum class OutputFormat : std::uint8_t { table, json };

struct ReplayCommand {
  std::vector<std::string> files;
  std::vector<std::string> rules;
  std::string config;  // empty: none is read
  std::size_t workers = 1;
  std::uint64_t batch_bytes = 256 * 1024;
  std::string cluster;
  std::string node;
  OutputFormat format = OutputFormat::table;
  bool splunk = false;
};

struct StatusCommand {
  std::string config;
  std::string socket;  // empty: the one that the config names
  OutputFormat format = OutputFormat::table;
  double watch = 0;   // seconds between two looks; 0: one is enough
  std::string probe;  // `healthz` or `readyz`: that alone, and whether it holds; empty: all
};

struct ReloadCommand {
  std::string config;
  std::string socket;  // as StatusCommand's
  OutputFormat format = OutputFormat::table;
};

struct DeadlettersCommand {
  enum class Action : std::uint8_t { list, resend };
  std::string config;
  Action action = Action::list;
  std::vector<std::int64_t> numbers;  // resend: these; empty: all
  std::string sink;                   // only of this one; empty: of every sink
  OutputFormat format = OutputFormat::table;
};

struct ExposedCommand {
  std::string config;
  std::string ns;  // empty: every namespace
  OutputFormat format = OutputFormat::table;
};

struct TestSinkCommand {
  std::string config;
  std::string sink;
};

struct ExplainCommand {
  std::string file;
  std::uint64_t line = 0;  // 0: every line that the scan lets through
  std::vector<std::string> rules;
  std::string config;  // empty: none is read
  OutputFormat format = OutputFormat::table;
};

struct TestRulesCommand {
  std::vector<std::string> paths;  // rule files and folders of them; none: the shipped rules
  OutputFormat format = OutputFormat::table;
};

struct ConfigCommand {
  enum class Action : std::uint8_t { schema, defaults, show };
  Action action = Action::show;
  bool of_rules = false;  // the schema of rule files
  std::string config;
};

// The command line is answered already (`--help`, `--version`) or is wrong (exit code 2).
struct Answered {
  int exit_code = 0;
};

using Command = std::variant<Answered, RunCommand, CheckCommand, ReplayCommand, StatusCommand,
                             ReloadCommand, DeadlettersCommand, ExposedCommand, TestSinkCommand,
                             TestRulesCommand, ExplainCommand, ConfigCommand>;

// Prints help and errors itself.
[[nodiscard]] Command parse_command_line(int argc, char** argv);

}  // namespace nodeportd
