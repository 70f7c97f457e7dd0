#pragma once

#include <string>
#include <vector>

#include "support/schema_text.hpp"

namespace nodeportd::test {

// Of config/schema/nodeportd.schema.json: every place where a key of the config may stand, those of
// exceptions excepted, with the least that a config needs around it.
inline std::vector<SchemaPlace> config_places(const YamlSchema& schema) {
  const std::string source = "sources: [{audit_log: /a.log}]\n";
  const std::string sink = "sinks: [{name: s, type: file, path: /s}]\n";
  const YamlNode& definitions = *schema.root().find("definitions");
  const YamlNode& sinks = *definitions.find("sink");
  std::vector<SchemaPlace> places = {
      {"the config", schema.keys(schema.root(), ""), source + sink, "\n"},
      {"a source", schema.keys(*definitions.find("source"), ""),
       sink + "sources: [{audit_log: /a.log, ", "}]\n"},
      {"a file sink", schema.keys(sinks, "file"),
       source + "sinks: [{name: s, type: file, path: /s, ", "}]\n"},
      {"a syslog sink", schema.keys(sinks, "syslog"), source + "sinks: [{name: s, type: syslog, ",
       "}]\n"},
      {"a webhook", schema.keys(sinks, "webhook"),
       source + "sinks: [{name: s, type: webhook, url: 'https://a', ", "}]\n"},
      {"'retry'", schema.keys(*sinks.find("properties")->find("retry"), ""),
       source + "sinks: [{name: s, type: file, path: /s, retry: {", "}}]\n"}};
  for (const auto& [key, described] : schema.keys(schema.root(), "")) {
    if (described->find("properties") == nullptr) continue;
    places.push_back({"'" + std::string(key) + "'", schema.keys(*described, ""),
                      source + sink + std::string(key) + ": {", "}\n"});
  }
  return places;
}

}  // namespace nodeportd::test
