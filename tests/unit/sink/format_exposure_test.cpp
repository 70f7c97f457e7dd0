#include <catch2/catch.hpp>

#include "sink/format.hpp"

namespace nodeportd {
namespace {

Exposure opening() {
  Exposure exposure;
  exposure.audit_id = "a-1";
  exposure.change = Exposure::Change::applied;
  exposure.outcome = Exposure::Outcome::succeeded;
  exposure.type = "NodePort";
  exposure.doors.node_ports = {{31000, "http", 80, "web", "TCP"},
                               {std::nullopt, "", std::nullopt, "", ""}};
  exposure.doors.external_ips = {"192.0.2.7"};
  exposure.doors.health_check_node_port = 32000;
  exposure.via = {Exposure::Via::node_port, Exposure::Via::external_ips};
  exposure.before = Exposure::Before::closed;
  exposure.opened.external_ips = {"192.0.2.7"};
  exposure.inspectable = Exposure::Inspectable::full;
  exposure.ns = "web";
  exposure.name = "shop";
  exposure.uid = "u-1";
  exposure.user = "flux";
  exposure.actor = "admin";
  exposure.origin_ip = "10.0.0.7";
  return exposure;
}

std::string exposure_in_json(const Exposure& exposure) {
  Alert alert;
  alert.exposures = {exposure};
  const std::string json = to_json(alert);
  const std::string_view key = R"("exposure":[)";
  const std::size_t begin = json.find(key) + key.size();
  return json.substr(begin, json.find(R"(],"events")") - begin);
}

}  // namespace

TEST_CASE("the facts of a service write are an object with the documented names") {
  CHECK(exposure_in_json(opening()) ==
        R"({"audit_id":"a-1","change":"applied","outcome":"succeeded","type":"NodePort",)"
        R"("node_ports":[{"number":31000,"name":"http","port":80,"target_port":"web",)"
        R"("protocol":"TCP"},{"number":null,"name":null,"port":null,"target_port":null,)"
        R"("protocol":null}],"external_ips":["192.0.2.7"],"health_check_node_port":32000,)"
        R"("unlisted":0,)"
        R"("via":["node_port","external_ips"],"before":"closed","opened":{"node_ports":[],)"
        R"("external_ips":["192.0.2.7"],"health_check_node_port":null},"inspectable":"full",)"
        R"("inspectable_reason":null,"namespace":"web","name":"shop","uid":"u-1","user":"flux",)"
        R"("actor":"admin","origin_ip":"10.0.0.7","audit_id_reused":false})");
  CHECK(
      exposure_in_json({}) ==
      R"({"audit_id":null,"change":"updated","outcome":"unknown","type":null,"node_ports":[],)"
      R"("external_ips":[],"health_check_node_port":null,"unlisted":0,"via":[],"before":"unknown",)"
      R"("opened":null,"inspectable":"none","inspectable_reason":null,"namespace":null,)"
      R"("name":null,"uid":null,"user":null,"actor":null,"origin_ip":null,)"
      R"("audit_id_reused":false})");
}

TEST_CASE("a line of text says which door of what was opened, and whether it worked") {
  Exposure exposure = opening();
  CHECK(to_words(exposure) == "applied web/shop NodePort 31000/TCP ?/ 192.0.2.7, succeeded");
  for (std::uint32_t i = 0; i < 9; ++i) {
    exposure.doors.node_ports.push_back({32'000 + i, "", 80, "", "UDP"});
  }
  CHECK(to_words(exposure) ==
        "applied web/shop NodePort 31000/TCP ?/ 32000/UDP 32001/UDP and 8 more, succeeded");
  CHECK(to_words({}) == "updated /?, unknown");

  Alert alert;
  alert.rule_name = "Service opened";
  alert.exposures = {opening()};
  alert.count = 2;
  CHECK(to_line(alert) ==
        "medium Service opened:  (exposure applied web/shop NodePort 31000/TCP ?/ 192.0.2.7, "
        "succeeded) count 2");
}

TEST_CASE("a stranger's names cannot act on a terminal") {
  Exposure exposure = opening();
  exposure.name = "a\x1b[31m\xe2\x80\xae";
  CHECK(exposure_in_json(exposure).find(R"("name":"a\u001B[31m\u202E")") != std::string::npos);
  Alert alert;
  alert.exposures = {exposure};
  CHECK(to_line(alert).find('\x1b') == std::string::npos);
}

}  // namespace nodeportd
