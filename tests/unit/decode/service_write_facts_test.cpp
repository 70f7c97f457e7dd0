// Which events are writes of a Service, and what else is told of them.
#include <memory_resource>

#include "decode/exposure_fields.hpp"
#include "unit/decode/service_event.hpp"

namespace nodeportd {

using namespace test;

TEST_CASE("only writes of the spec of a core Service are its writes") {
  const std::string write = event_text({"create", "201", spec(kAsked), stored(kOpen)});
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = write;
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
  };
  const std::string verb = R"("verb":"create")";
  const std::string api = R"("apiVersion":"v1"},"responseStatus")";
  CHECK(writes_in(write).size() == 1);
  CHECK(writes_in(with(api, R"("apiGroup":"","subresource":""},"responseStatus")")).size() == 1);
  CHECK(writes_in(with(R"("stage":"ResponseComplete")", R"("stage":"Panic")")).size() == 1);
  CHECK(writes_in(with(R"("stage":"ResponseComplete",)", "")).size() == 1);
  for (const std::string& other :
       {with(verb, R"("verb":"get")"), with(verb, R"("verb":"list")"),
        with(verb, R"("verb":"Create")"), with(api, R"("subresource":"status"},"responseStatus")"),
        with(api, R"("subresource":"proxy"},"responseStatus")"),
        with(api, R"("apiGroup":"serving.knative.dev"},"responseStatus")"),
        with(R"("resource":"services")", R"("resource":"endpoints")"),
        with(R"("stage":"ResponseComplete")", R"("stage":"RequestReceived")"),
        with(R"("stage":"ResponseComplete")", R"("stage":"ResponseStarted")")}) {
    INFO(other);
    CHECK(writes_in(other).empty());
  }
}

TEST_CASE("a deleted Service that finalizers keep is still there") {
  const std::string kept = R"({"kind":"Service","metadata":{"name":"shop","resourceVersion":"9",
      "deletionTimestamp":"2026-11-24T09:00:00Z","finalizers":["f"]},"spec":{)" +
                           kOpen + "}}";
  const std::string freed = R"({"kind":"Service","metadata":{"name":"shop","resourceVersion":"9",
      "deletionTimestamp":"2026-11-24T09:00:00Z"},"spec":{)" +
                            kOpen + "}}";
  const auto told = [](const Parts& parts) {
    const ServiceWrite write = write_in(parts);
    return std::pair(text_of(write.exposure), write.extent);
  };
  using Told = std::pair<std::string, ServiceWrite::Extent>;
  const std::string metadata = R"({"kind":"PartialObjectMetadata","metadata":{"name":"shop",
      "finalizers":["f"]}})";
  CHECK(told({"delete", "200", "", metadata}) ==
        Told("closed succeeded -; full", ServiceWrite::Extent::nothing));
  CHECK(told({"delete", "200", "", kept}) ==
        Told("closed succeeded -; full", ServiceWrite::Extent::nothing));
  CHECK(told({"patch", "200", R"({"spec":{"type":"NodePort"}})", kept}) ==
        Told("patched succeeded NodePort 31000/TCP via node_port; full",
             ServiceWrite::Extent::whole));
  CHECK(told({"patch", "200", R"({"metadata":{"finalizers":null}})", freed}) ==
        Told("closed succeeded NodePort via node_port; full", ServiceWrite::Extent::gone));
}

TEST_CASE("a deletion of many is one of each") {
  const auto writes =
      writes_in(event_text({"deletecollection", "200", "", R"({"kind":"ServiceList","items":[
          {"metadata":{"name":"a","namespace":"web","uid":"u-a"}},
          {"metadata":{"name":"b","namespace":"web","uid":"u-b"}}]})"}));
  REQUIRE(writes.size() == 2);
  CHECK(writes[0].exposure.name == "a");
  CHECK(writes[1].exposure.uid == "u-b");
  CHECK(writes[1].extent == ServiceWrite::Extent::gone);
  CHECK(writes_in(event_text({"deletecollection", "200", "", ""})).size() == 1);
}

TEST_CASE("who did it, from where and to what is told") {
  const ServiceWrite write =
      write_in({"create", "201", spec(kAsked),
                R"({"kind":"Service","metadata":{"name":"shop-x7k2p","namespace":"web","uid":"u-9",
           "resourceVersion":"3"},"spec":{)" +
                    kOpen + "}}",
                "", R"(,"impersonatedUser":{"username":"system:admin"})"});
  const Exposure& facts = write.exposure;
  CHECK(facts.audit_id == "a-1");
  CHECK(facts.user == "eve");
  CHECK(facts.actor == "system:admin");
  CHECK(facts.origin_ip == "10.0.0.7");
  CHECK(facts.ns == "web");
  CHECK(facts.name == "shop-x7k2p");
  CHECK(facts.uid == "u-9");
  CHECK(facts.doors.node_ports == std::vector<NodePort>{{31000, "", 80, "", "TCP"}});
  CHECK(write.time == WallTime(Micros(1795510800000001)));
  CHECK(write.audit_key != 0);
  CHECK(write_in({"create", "201", spec(kAsked), ""}).exposure.actor == "eve");
}

TEST_CASE("the last of duplicate keys counts, and what a body calls itself changes nothing") {
  const auto facts = [](const std::string& request) {
    return text_of(write_in({"patch", "200", request, ""}).exposure);
  };
  CHECK(facts(R"({"spec":{"type":"ClusterIP","type":"NodePort"}})") ==
        "patched succeeded NodePort ?/ via node_port; request_only (policy_level)");
  CHECK(facts(R"({"spec":{"type":"NodePort"},"spec":{"type":"ClusterIP"}})") ==
        "patched succeeded ClusterIP; request_only (policy_level)");
  CHECK(facts(R"({"spec":{"Type":"NodePort","TYPE":"NodePort"}})") ==
        "patched succeeded -; request_only (policy_level)");
  CHECK(facts(R"({"spec":{"\u0074ype":"\u004eodePort"}})") ==
        "patched succeeded NodePort ?/ via node_port; request_only (policy_level)");
  CHECK(facts(R"({"spec":{"ports":[{"port":80,"nodePort":"x"},{"nodePort":30001.5},
      {"nodePort":0},{"nodePort":-1},{"nodePort":70000}],"type":"LoadBalancer"}})") ==
        "patched succeeded LoadBalancer ?/ ?/ ?/ ?/ ?/ via load_balancer; request_only "
        "(policy_level)");
}

TEST_CASE("what was refused is kept short, what was stored is kept whole") {
  std::string ports;
  for (int i = 0; i < 3'000; ++i) {
    ports += (i == 0 ? "" : ",") + std::string(R"({"port":1,"nodePort":)") +
             std::to_string(30'000 + i) + "}";
  }
  const std::string many = R"("type":"NodePort","ports":[)" + ports + "]";
  CHECK(write_in({"create", "422", spec(many), kStatus}).exposure.doors.node_ports.size() == 64);
  const ServiceWrite write = write_in({"create", "201", spec(many), stored(many)});
  CHECK(write.exposure.doors.node_ports.size() == 3'000);
  CHECK(write.exposure.inspectable == Exposure::Inspectable::full);
  // A dry run is answered with what would have been stored, and must not crowd out what is.
  const ServiceWrite dry = write_in({"create", "201", spec(many), stored(many), "?dryRun=All"});
  CHECK(dry.exposure.doors.node_ports.size() == 64);
}

TEST_CASE("what is too much to remember is said to be") {
  std::string addresses = "\"192.0.2.1\"";
  for (int i = 0; i < 5'000; ++i) addresses += ",\"192.0.2.1\"";
  const std::string many = R"("type":"ClusterIP","externalIPs":[)" + addresses + "]";
  const ServiceWrite write = write_in({"update", "200", spec(many), stored(many)});
  CHECK(write.exposure.inspectable == Exposure::Inspectable::none);
  CHECK(write.exposure.inspectable_reason == "too_many");
  CHECK(write.extent == ServiceWrite::Extent::unknown);
}

TEST_CASE("a placeholder is no body") {
  const std::string skipped = R"("skipped-too-big-size-object")";
  CHECK(text_of(write_in({"create", "201", skipped, skipped}).exposure) ==
        "created succeeded -; none (truncated)");
  CHECK(text_of(write_in({"create", "201", spec(kAsked), skipped}).exposure) ==
        "created succeeded NodePort ?/TCP via node_port; request_only (truncated)");
}

TEST_CASE(
    "an event differs from another with its auditID by the apiserver's clock, or as a whole") {
  const auto content = [](const std::string& more, const std::string& code = "201") {
    return write_in({"create", code, "", "", "", more}).content;
  };
  const auto received = [](const std::string& micros) {
    return R"(,"requestReceivedTimestamp":"2026-11-24T09:00:00.)" + micros + R"(Z")";
  };
  CHECK(content(received("000001")) == content(received("000001")));
  CHECK(content(received("000001")) != content(received("000002")));
  CHECK(content(received("000001")) != content(received("000001") + R"(,"more":1)"));
  // What tells no time of both.
  CHECK(content("") == content(""));
  CHECK(content("", "201") != content("", "202"));
}

TEST_CASE("the facts become fields behind whatever the event called so") {
  AuditDecoder decoder;
  const std::string json = event_text(
      {"create", "201", spec(kAsked), stored(kOpen), "", R"(,"exposure":{"outcome":"forged"})"});
  const auto event = decoder.decode(json);
  REQUIRE(event);
  ServiceWrite write = writes_in(json).at(0);
  std::pmr::monotonic_buffer_resource arena;
  const auto field = [&](History history, std::string_view name) {
    const AuditEvent whole = ExposedEvent(*event, write.exposure, arena).with(history);
    REQUIRE(whole.root.find("verb"));
    return whole.root.find("exposure")->find(name);
  };
  CHECK(field(History::pending, "outcome")->text == "succeeded");
  CHECK(field(History::pending, "before") == nullptr);
  CHECK(field(History::pending, "opened") == nullptr);
  CHECK(field(History::pending, "change") == nullptr);
  CHECK(field(History::settled, "opened")->kind == Value::Kind::null);
  CHECK(field(History::settled, "change")->text == "created");
  write.exposure.opened = write.exposure.doors;
  const Value* ports = field(History::settled, "opened")->find("node_ports");
  REQUIRE(ports->size == 1);
  CHECK(ports->items[0].find("number")->text == "31000");
  CHECK(ports->items[0].find("name")->kind == Value::Kind::null);
}

}  // namespace nodeportd
