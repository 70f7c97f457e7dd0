#include "daemon/completion_tree.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>

namespace nodeportd {
namespace {

// By the word that stands for the value in the help: `FILE`, `table|json`.
Offer offer_of(const std::string& placeholder) {
  if (placeholder.starts_with("FILE") || placeholder == "PATH") return {Offer::Kind::files, {}};
  if (placeholder.find('|') == std::string::npos) return {};
  Offer offer{Offer::Kind::words, {}};
  for (std::size_t begin = 0; begin < placeholder.size();) {
    const std::size_t end = std::min(placeholder.find('|', begin), placeholder.size());
    offer.words.push_back(placeholder.substr(begin, end - begin));
    begin = end + 1;
  }
  return offer;
}

void add_options(const CLI::App& app, OfferedVerb& verb) {
  for (const CLI::Option* option : app.get_options()) {
    const std::string& type = option->get_type_name();
    if (option->get_positional()) {
      verb.operand = offer_of(type.empty() ? option->get_single_name() : type);
      continue;
    }
    OfferedOption offered;
    for (const std::string& name : option->get_snames()) offered.names.push_back('-' + name);
    for (const std::string& name : option->get_lnames()) offered.names.push_back("--" + name);
    offered.about = option->get_description();
    offered.takes_value = option->get_items_expected_max() > 0;
    if (offered.takes_value) offered.value = offer_of(type);
    verb.options.push_back(std::move(offered));
  }
}

OfferedVerb verb_of(const CLI::App& app, const std::string& path) {
  OfferedVerb verb{path, app.get_name(), app.get_description(), {}, {}, {}};
  add_options(app, verb);
  for (const CLI::App* each : app.get_subcommands(nullptr)) {
    verb.verbs.push_back(
        verb_of(*each, path.empty() ? each->get_name() : path + ' ' + each->get_name()));
  }
  return verb;
}

}  // namespace

OfferedVerb completion_tree(const CLI::App& app) {
  return verb_of(app, "");
}

}  // namespace nodeportd
