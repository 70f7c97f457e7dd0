#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "decode/audit_decoder.hpp"
#include "decode/scan.hpp"

namespace nodeportd {

TEST_CASE("every line of a real audit log decodes") {
  const std::filesystem::path corpus = NODEPORTD_CORPUS;
  if (!std::filesystem::exists(corpus)) {
    WARN("skipped: " << corpus << " is not there");
    return;
  }
  const Scan scan(std::vector<Literals>{{{"nodeport"}}});
  AuditDecoder decoder;
  int events = 0;
  int passed = 0;
  int with_type = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(corpus)) {
    if (entry.path().extension() != ".log") continue;
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);) {
      if (line.empty() || line[0] != '{') continue;
      CAPTURE(entry.path().string(), line.substr(0, 200));
      const auto event = decoder.decode(line);
      REQUIRE(event);
      const Value* body = event->root.find("requestObject");
      const Value* spec = body != nullptr ? body->find("spec") : nullptr;
      const Value* type = spec != nullptr ? spec->find("type") : nullptr;
      const bool is_node_port = type != nullptr && type->text == "NodePort";
      const bool passes = scan.may_match(line);
      if (is_node_port) CHECK(passes);
      ++events;
      passed += passes ? 1 : 0;
      with_type += is_node_port ? 1 : 0;
    }
  }
  CHECK(events > 1'000);
  CHECK(with_type >= 6);
  CHECK(passed < events / 4);
}

}  // namespace nodeportd
