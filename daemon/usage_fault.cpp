#include "daemon/usage_fault.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cctype>
#include <string_view>
#include <vector>

#include "base/text.hpp"

namespace nodeportd {
namespace {

using Names = std::vector<std::string>;

// That the command line has come to, and how it is called.
struct Verb {
  const CLI::App* app = nullptr;
  std::string path;
};

Verb last_verb(const CLI::App& app) {
  Verb verb{&app, app.get_name()};
  while (!verb.app->get_subcommands().empty()) {
    verb.app = verb.app->get_subcommands().front();
    verb.path += ' ' + verb.app->get_name();
  }
  return verb;
}

Names verbs_of(const CLI::App& app) {
  Names names;
  for (const CLI::App* each : app.get_subcommands(nullptr)) names.push_back(each->get_name());
  return names;
}

Names options_of(const CLI::App& app) {
  Names names;
  for (const CLI::Option* each : app.get_options()) {
    for (const std::string& name : each->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

std::string unknown(std::string_view what, const std::string& word, const Names& names) {
  const std::vector<std::string_view> known(names.begin(), names.end());
  return fmt::format("no {} '{}'{}", what, word, did_you_mean(word, known));
}

std::string fault_of(const CLI::App& verb, const Names& unexpected, const CLI::ParseError& error) {
  const Names verbs = verbs_of(verb);
  const bool needs_verb = verb.get_require_subcommand_min() > 0;
  if (!unexpected.empty()) {
    const std::string word = unexpected.front().substr(0, unexpected.front().find('='));
    if (word.starts_with('-')) return unknown("option", word, options_of(verb));
    if (!verbs.empty()) return unknown("verb", unexpected.front(), verbs);
    return fmt::format("'{}' is one argument too many", unexpected.front());
  }
  if (needs_verb) return fmt::format("a verb is missing: {}", fmt::join(verbs, ", "));
  std::string text = error.what();
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    const std::string name = text.substr(0, text.find(':'));
    const CLI::Option* option = verb.get_option_no_throw(name);
    if (option != nullptr) return fmt::format("{} needs {}", name, option->get_type_name());
  }
  return text;
}

}  // namespace

std::string usage_fault(const CLI::App& app, const CLI::ParseError& error) {
  const Verb verb = last_verb(app);
  const std::string fault = printable(fault_of(*verb.app, app.remaining(true), error));
  return fmt::format("{}{} {} --help", fault, fault.ends_with('?') ? " See" : "; see", verb.path);
}

}  // namespace nodeportd
