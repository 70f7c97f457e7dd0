#include "daemon/cli.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdio>
#include <functional>
#include <initializer_list>
#include <utility>

#include "base/units.hpp"
#include "daemon/cli_checks.hpp"
#include "daemon/completion.hpp"
#include "daemon/exit_code.hpp"
#include "daemon/usage_fault.hpp"

namespace nodeportd {
namespace {

constexpr const char* kConfigDefault = "/etc/nodeportd/nodeportd.yaml";

constexpr const char* kAbout =
    "nodeportd follows kube-apiserver's audit log and alerts when somebody exposes a Service\n"
    "through a node port: who, from where, which service, which port, and whether it worked.";

constexpr const char* kExamples =
    "Examples:\n"
    "  nodeportd check                              all problems of config and rules at once\n"
    "  nodeportd run --config ./nodeportd.yaml      follow the logs that the config names\n"
    "  nodeportd replay audit.log                   what the shipped rules find in a file\n"
    "  zcat audit-*.log.gz | nodeportd replay -     the same, from standard input\n"
    "  nodeportd explain audit.log:17               why each rule matches line 17 or does not\n"
    "  nodeportd test ./rules                       run the tests that stand in rule files\n"
    "  nodeportd status                             what the running daemon reads and sends\n"
    "  nodeportd status --watch                     the same, every two seconds\n"
    "  nodeportd config show                        the config with defaults, secrets masked\n"
    "  nodeportd reload                             take up changed rules and config\n"
    "  nodeportd exposed --namespace shop           what is open now, since when and by whom\n"
    "  nodeportd test-sink soc                      send a marked test alert to one sink\n"
    "  nodeportd deadletters resend --sink soc      try again what a receiver refused\n"
    "\n"
    "Exit codes: 0 well, 1 failed at run time, 2 bad usage, 78 bad configuration.\n"
    "The log goes to stderr; `kill -HUP` takes up rules and config anew, `kill -USR1` reopens "
    "file\n"
    "sinks, `kill -TERM` drains and stops.";

// What stands below a verb's options: more about it, and commands as they are meant.
void end_help(CLI::App& verb, const std::string& more,
              std::initializer_list<const char*> examples) {
  std::string text = more.empty() ? "" : more + "\n\n";
  text += "Examples:";
  for (const char* example : examples) text += std::string("\n  nodeportd ") + example;
  verb.footer(text);
}

void add_config(CLI::App& verb, std::string& config) {
  verb.add_option("-c,--config", config, "The configuration")
      ->type_name("FILE")
      ->default_str(kConfigDefault);
}

CLI::Validator checked(std::function<std::string(const std::string&)> check) {
  return {[check = std::move(check)](const std::string& text) { return check(text); }, ""};
}

CLI::Validator one_of(std::vector<std::string> words) {
  return checked(
      [words = std::move(words)](const std::string& text) { return check_one_of(text, words); });
}

CLI::Validator numbered(std::int64_t least, std::int64_t most) {
  return checked([=](const std::string& text) { return check_number(text, least, most); });
}

void add_format(CLI::App& verb, OutputFormat& format) {
  const auto set = [&format](const std::string& word) {
    format = word == "json" ? OutputFormat::json : OutputFormat::table;
  };
  verb.add_option_function<std::string>("--format", set, "table, or json: one object a line")
      ->check(one_of({"table", "json"}))
      ->type_name("table|json")
      ->default_str("table");
}

void add_run(CLI::App& app, RunCommand& run) {
  CLI::App* verb = app.add_subcommand("run", "Follow the audit logs and deliver alerts");
  add_config(*verb, run.config);
  end_help(*verb, "", {"run --config ./nodeportd.yaml", "run --discard-state"});
  verb->add_flag("--discard-state", run.discard_state,
                 "Set a state aside that a newer version wrote, and read the logs again");
}

CLI::App* add_check(CLI::App& app, CheckCommand& check) {
  CLI::App* verb = app.add_subcommand(
      "check", "Check the config, the rules and the exceptions, and say everything that is wrong");
  end_help(
      *verb,
      "With --audit-policy the exit code is 0 if the policy logs all that nodeportd needs, 1 if\n"
      "it does not, 78 if kube-apiserver would refuse it.",
      {"check --config ./nodeportd.yaml", "check --audit-policy audit-policy.yaml"});
  add_config(*verb, check.config);
  verb->add_option("--audit-policy", check.audit_policy,
                   "Instead: say what kube-apiserver's audit policy lets nodeportd see")
      ->excludes("--config")
      ->type_name("FILE");
  return verb;
}

void add_replay(CLI::App& app, ReplayCommand& replay, std::string& batch_size) {
  CLI::App* verb = app.add_subcommand(
      "replay", "Run the daemon's own engine over files and print the final figures");
  end_help(
      *verb,
      "Files in the given order are one log, plain or .gz; `-` is standard input. The same input\n"
      "gives the same bytes, whatever --workers and --batch-size. Rows go to stdout, a summary to\n"
      "stderr. Nothing is sent and no state is kept.",
      {"replay audit.log", "replay --rules ./rules --format json audit-*.log.gz audit.log"});
  verb->add_option("FILE", replay.files, "Audit logs")->required()->type_name("");
  verb->add_option(
          "-r,--rules", replay.rules,
          "A rule file or a folder of them; without --rules and --config the shipped rules")
      ->type_name("PATH");
  verb->add_option("-c,--config", replay.config, "Take rules and exceptions from this config")
      ->type_name("FILE");
  verb->add_option("--workers", replay.workers,
                   "Threads that inspect lines, the reading one among them")
      ->check(numbered(1, 64))
      ->type_name("N")
      ->default_str("1");
  verb->add_option("--batch-size", batch_size, "Bytes that a worker is handed at a time")
      ->check(checked(check_batch_size))
      ->type_name("SIZE")
      ->default_str("256KiB");
  verb->add_option("--cluster", replay.cluster, "The cluster's name in alerts")->type_name("NAME");
  verb->add_option("--node", replay.node, "The node's name in alerts")->type_name("NAME");
  verb->add_flag("--splunk", replay.splunk,
                 "Print what Splunk's search prints, the whole input being its one batch");
  add_format(*verb, replay.format);
}

void add_socket(CLI::App& verb, std::string& socket) {
  verb.add_option("--socket", socket, "Its socket, instead of the config's")->type_name("PATH");
}

CLI::App* add_status(CLI::App& app, StatusCommand& status) {
  CLI::App* verb = app.add_subcommand(
      "status", "Ask the running daemon for positions, lag, rotations, rules, windows and sinks");
  end_help(*verb, "", {"status", "status --watch 5", "status --probe readyz"});
  status.config = kConfigDefault;
  add_config(*verb, status.config);
  add_socket(*verb, status.socket);
  add_format(*verb, status.format);
  verb->add_option("-w,--watch", status.watch, "Again and again, every so many seconds (2)")
      ->expected(0, 1)
      ->default_str("2")
      ->check(checked(check_seconds))
      ->type_name("SECONDS");
  verb->add_option("--probe", status.probe,
                   "Instead: print what /healthz or /readyz answers; exit code 1 if it is not well")
      ->check(one_of({"healthz", "readyz"}))
      ->excludes("--watch")
      ->type_name("healthz|readyz");
  return verb;
}

CLI::App* add_reload(CLI::App& app, ReloadCommand& reload) {
  CLI::App* verb = app.add_subcommand(
      "reload", "Have the running daemon take up rules, exceptions and config anew");
  end_help(*verb,
           "All of it, or nothing when anything is wrong (78): then each problem is printed. What\n"
           "changed and needs a restart is named.",
           {"reload", "reload --format json"});
  reload.config = kConfigDefault;
  add_config(*verb, reload.config);
  add_socket(*verb, reload.socket);
  add_format(*verb, reload.format);
  return verb;
}

void add_deadletters(CLI::App& app, DeadlettersCommand& deadletters) {
  CLI::App* verb = app.add_subcommand(
      "deadletters", "List or resend alerts that a receiver refused or that expired");
  verb->require_subcommand(0, 1);
  CLI::App* list =
      verb->add_subcommand("list", "List them with their numbers, oldest first (the default)");
  CLI::App* resend = verb->add_subcommand(
      "resend", "Put them back into the outbox: they go out at once, or when the daemon starts");
  resend->callback([&] { deadletters.action = DeadlettersCommand::Action::resend; });
  resend->add_option("NUMBER", deadletters.numbers, "Which ones; none: all of them")
      ->check(numbered(1, INT64_MAX))
      ->type_name("");
  // Each has them, so that its help shows them.
  for (CLI::App* each : {verb, list, resend}) {
    add_config(*each, deadletters.config);
    each->add_option("--sink", deadletters.sink, "Only those of this sink")->type_name("NAME");
    if (each != resend) add_format(*each, deadletters.format);
  }
  end_help(*verb, "", {"deadletters", "deadletters resend --sink soc"});
  end_help(*list, "", {"deadletters list --sink soc", "deadletters list --format json"});
  end_help(*resend, "",
           {"deadletters resend", "deadletters resend --sink soc", "deadletters resend 17 18"});
}

void add_exposed(CLI::App& app, ExposedCommand& exposed) {
  CLI::App* verb = app.add_subcommand(
      "exposed",
      "List the node ports and external IPs that are open, whether the daemon runs or not");
  add_config(*verb, exposed.config);
  end_help(*verb, "", {"exposed --namespace shop", "exposed --format json"});
  verb->add_option("-n,--namespace", exposed.ns, "Only those of this namespace")->type_name("NS");
  add_format(*verb, exposed.format);
}

void add_explain(CLI::App& app, ExplainCommand& explain, std::string& place) {
  CLI::App* verb = app.add_subcommand(
      "explain", "Say for each rule which selection held or failed, on which field and value");
  end_help(
      *verb,
      "The lines before LINE are read as well, so that the history of Services is what it was. A\n"
      "record of several lines is found by each of them. Without LINE: every line that the scan\n"
      "lets through.",
      {"explain audit.log:17", "explain --rules ./rules audit.log"});
  verb->add_option("FILE[:LINE]", place, "An audit log, plain or .gz, and a line from 1")
      ->required()
      ->check(checked(check_place))
      ->type_name("");
  verb->add_option(
          "-r,--rules", explain.rules,
          "A rule file or a folder of them; without --rules and --config the shipped rules")
      ->type_name("PATH");
  verb->add_option("-c,--config", explain.config, "Take rules and exceptions from this config")
      ->type_name("FILE");
  add_format(*verb, explain.format);
}

// A colon may be a part of the file's name; digits behind the last one are a line.
void split_place(const std::string& place, ExplainCommand& explain) {
  explain.file = place;
  const std::size_t colon = place.rfind(':');
  if (colon == std::string::npos || colon == 0) return;
  const char* end = place.data() + place.size();
  const auto [stop, error] = std::from_chars(place.data() + colon + 1, end, explain.line);
  const bool is_line = error == std::errc() && stop == end && explain.line > 0;
  if (is_line) {
    explain.file.resize(colon);
  } else {
    explain.line = 0;
  }
}

void add_test(CLI::App& app, TestRulesCommand& test) {
  CLI::App* verb = app.add_subcommand("test", "Run the tests that stand in rule files");
  end_help(*verb,
           "Each rule is tested alone, by the daemon's own engine. 0: all well; 1: a test failed; "
           "78: a\nrule file is broken.",
           {"test", "test ./rules"});
  verb->add_option("PATH", test.paths, "Rule files, or folders of them; none: the shipped rules")
      ->type_name("");
  add_format(*verb, test.format);
}

void add_config_verbs(CLI::App& app, ConfigCommand& config) {
  using Action = ConfigCommand::Action;
  CLI::App* verb = app.add_subcommand("config", "Print the config's schema, defaults or effect");
  verb->require_subcommand(1);
  CLI::App* schema = verb->add_subcommand("schema", "Print the JSON schema of the configuration");
  schema->add_flag("--rules", config.of_rules, "That of rule files instead");
  schema->callback([&config] { config.action = Action::schema; });
  CLI::App* defaults =
      verb->add_subcommand("defaults", "Print every key with its default and what it means");
  defaults->callback([&config] { config.action = Action::defaults; });
  CLI::App* show = verb->add_subcommand(
      "show", "Print the config with variables replaced, defaults filled in and secrets masked");
  add_config(*show, config.config);
  end_help(*verb, "", {"config show", "config defaults"});
  end_help(*schema, "", {"config schema > nodeportd.schema.json", "config schema --rules"});
  end_help(*defaults, "", {"config defaults | less"});
  end_help(*show, "", {"config show --config ./nodeportd.yaml"});
}

void add_completion(CLI::App& app, std::string& shell) {
  CLI::App* verb = app.add_subcommand("completion", "Print the script for a shell's completion");
  end_help(*verb, "", {"completion bash > nodeportd.bash && . ./nodeportd.bash"});
  verb->add_option("SHELL", shell, "The shell")
      ->required()
      ->check(one_of({"bash", "zsh", "fish"}))
      ->type_name("bash|zsh|fish");
}

Answered print_completion(const CLI::App& app, const std::string& shell) {
  (void)std::fputs(completion_script(completion_tree(app), shell).c_str(), stdout);
  return Answered{kExitWell};
}

void add_test_sink(CLI::App& app, TestSinkCommand& test_sink) {
  CLI::App* verb =
      app.add_subcommand("test-sink", "Send a marked test alert through one sink of the config");
  add_config(*verb, test_sink.config);
  end_help(*verb, "", {"test-sink soc"});
  verb->add_option("NAME", test_sink.sink, "The sink")->required()->type_name("");
}

}  // namespace

Command parse_command_line(int argc, char** argv) {
  CLI::App app(kAbout, "nodeportd");
  app.footer(kExamples);
  app.set_version_flag("--version", std::string("nodeportd ") + NODEPORTD_VERSION);
  app.require_subcommand(1);
  app.get_formatter()->column_width(34);

  RunCommand run{kConfigDefault, false};
  add_run(app, run);

  CheckCommand check{kConfigDefault, ""};
  CLI::App* check_verb = add_check(app, check);

  ReplayCommand replay;
  std::string batch_size = "256KiB";
  add_replay(app, replay, batch_size);

  StatusCommand status;
  CLI::App* status_verb = add_status(app, status);
  ReloadCommand reload;
  CLI::App* reload_verb = add_reload(app, reload);

  DeadlettersCommand deadletters;
  deadletters.config = kConfigDefault;
  add_deadletters(app, deadletters);

  ExposedCommand exposed{kConfigDefault, "", OutputFormat::table};
  add_exposed(app, exposed);

  TestSinkCommand test_sink{kConfigDefault, ""};
  add_test_sink(app, test_sink);

  ExplainCommand explain;
  std::string explained_place;
  add_explain(app, explain, explained_place);

  TestRulesCommand test_rules;
  add_test(app, test_rules);

  ConfigCommand config{ConfigCommand::Action::show, false, kConfigDefault};
  add_config_verbs(app, config);

  std::string shell;
  add_completion(app, shell);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return Answered{app.exit(error)};
    (void)std::fprintf(stderr, "nodeportd: %s\n", usage_fault(app, error).c_str());
    return Answered{kExitUsage};
  }
  if (app.got_subcommand("run")) return run;
  if (app.got_subcommand(check_verb)) return check;
  if (app.got_subcommand(status_verb)) return status;
  if (app.got_subcommand(reload_verb)) return reload;
  if (app.got_subcommand("test-sink")) return test_sink;
  if (app.got_subcommand("deadletters")) return deadletters;
  if (app.got_subcommand("config")) return config;
  if (app.got_subcommand("completion")) return print_completion(app, shell);
  if (app.got_subcommand("exposed")) return exposed;
  if (app.got_subcommand("test")) return test_rules;
  if (app.got_subcommand("explain")) {
    split_place(explained_place, explain);
    return explain;
  }
  replay.batch_bytes = parse_size(batch_size).value_or(replay.batch_bytes);
  return replay;
}

}  // namespace nodeportd
