// What a write of a Service did, by every route, at every audit level, with every outcome. The
// expected facts are by hand, from the apiserver's rules.
#include "decode/service_write.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "decode/audit_decoder.hpp"
#include "decode/exposure_fields.hpp"
#include "support/exposure_text.hpp"

namespace nodeportd {
namespace {

using test::text_of;

// An event, put together of what a case is about.
struct Parts {
  std::string verb = "create";
  std::string code = "201";
  std::string request;   // JSON; empty: not logged
  std::string response;  // likewise
  std::string query = {};
  std::string more = {};  // further members
};

std::string event_text(const Parts& parts) {
  std::string text = R"({"kind":"Event","auditID":"a-1","stage":"ResponseComplete","verb":")" +
                     parts.verb + R"(","requestURI":"/api/v1/namespaces/web/services)" +
                     parts.query + R"(","user":{"username":"eve"},)" +
                     R"("sourceIPs":["203.0.113.9","10.0.0.7"],"stageTimestamp":)" +
                     R"("2026-11-24T09:00:00.000001Z","objectRef":{"resource":"services",)" +
                     R"("namespace":"web","name":"shop","apiVersion":"v1"},)" +
                     R"("responseStatus":{"code":)" + parts.code + "}";
  if (!parts.request.empty()) text += R"(,"requestObject":)" + parts.request;
  if (!parts.response.empty()) text += R"(,"responseObject":)" + parts.response;
  return text + parts.more + "}";
}

std::vector<ServiceWrite> writes_in(const std::string& json) {
  AuditDecoder decoder;
  const auto event = decoder.decode(json);
  INFO(json);
  REQUIRE(event);
  return read_service_writes(*event);
}

ServiceWrite write_in(const Parts& parts) {
  const auto writes = writes_in(event_text(parts));
  REQUIRE(writes.size() == 1);
  return writes[0];
}

std::string spec(const std::string& inner) {
  return R"({"kind":"Service","apiVersion":"v1","metadata":{"name":"shop"},"spec":{)" + inner +
         "}}";
}
std::string stored(const std::string& inner) {
  return R"({"kind":"Service","apiVersion":"v1","metadata":{"name":"shop","namespace":"web",)" +
         std::string(R"("uid":"u-1","resourceVersion":"7"},"spec":{)") + inner + "}}";
}

const std::string kStatus = R"({"kind":"Status","status":"Failure"})";
const std::string kAsked = R"("type":"NodePort","ports":[{"port":80,"protocol":"TCP"}])";
const std::string kOpen =
    R"("type":"NodePort","ports":[{"port":80,"protocol":"TCP","nodePort":31000}])";
const std::string kClosed = R"("type":"ClusterIP","ports":[{"port":80,"protocol":"TCP"}])";

struct Row {
  Parts parts;
  std::string facts;
  ServiceWrite::Extent extent;
};

using Extent = ServiceWrite::Extent;

void check(const Row& row) {
  INFO(event_text(row.parts));
  const ServiceWrite write = write_in(row.parts);
  CHECK(text_of(write.exposure) == row.facts);
  CHECK(write.extent == row.extent);
}

}  // namespace

TEST_CASE("with the answer in the log every route is told by what was stored") {
  check(GENERATE(values<Row>({
      {{"create", "201", spec(kAsked), stored(kOpen)},
       "created succeeded NodePort 31000/TCP via node_port; full",
       Extent::whole},
      {{"create", "201", spec(kOpen), stored(kOpen)},
       "created succeeded NodePort 31000/TCP via node_port,explicit_port; full",
       Extent::whole},
      // A mutating webhook opened what the client did not ask for.
      {{"create", "201", spec(kClosed), stored(kOpen)},
       "created succeeded NodePort 31000/TCP via node_port; full",
       Extent::whole},
      {{"create", "201", spec(kAsked), stored(kClosed)},
       "created succeeded ClusterIP; full",
       Extent::whole},
      {{"update", "200", spec(kAsked), stored(kOpen)},
       "updated succeeded NodePort 31000/TCP via node_port; full",
       Extent::whole},
      {{"update", "201", spec(kAsked), stored(kOpen)},
       "created succeeded NodePort 31000/TCP via node_port; full",
       Extent::whole},
      {{"patch", "200", R"({"spec":{"type":"NodePort"}})", stored(kOpen)},
       "patched succeeded NodePort 31000/TCP via node_port; full",
       Extent::whole},
      {{"patch", "200", R"([{"op":"replace","path":"/spec/type","value":"NodePort"}])",
        stored(kOpen)},
       "patched succeeded NodePort 31000/TCP via node_port; full",
       Extent::whole},
      {{"patch", "200",
        R"([{"op":"add","path":"/spec/ports/-","value":{"port":80,"nodePort":31000}}])",
        stored(kOpen)},
       "patched succeeded NodePort 31000/TCP via node_port,explicit_port; full",
       Extent::whole},
      {{"patch", "201", spec(kAsked), stored(kOpen), "/shop?fieldManager=flux"},
       "applied succeeded NodePort 31000/TCP via node_port; full",
       Extent::whole},
      {{"patch", "200", spec(kAsked), stored(kOpen), "/shop?fieldManager=flux"},
       "applied succeeded NodePort 31000/TCP via node_port; full",
       Extent::whole},
      {{"create", "201", spec(R"("type":"LoadBalancer")"),
        stored(R"("type":"LoadBalancer","healthCheckNodePort":32001,"ports":[
            {"port":443,"protocol":"TCP","nodePort":32000}])")},
       "created succeeded LoadBalancer 32000/TCP health=32001 via load_balancer,health_check; full",
       Extent::whole},
      // Without node ports a load balancer opens none.
      {{"create", "201", spec(R"("type":"LoadBalancer")"),
        stored(R"("type":"LoadBalancer","ports":[{"port":443,"protocol":"TCP"}])")},
       "created succeeded LoadBalancer; full",
       Extent::whole},
      {{"create", "201", spec(R"("externalIPs":["192.0.2.7"])"),
        stored(R"("type":"ClusterIP","externalIPs":["192.0.2.7"])")},
       "created succeeded ClusterIP ip=192.0.2.7 via external_ips; full",
       Extent::whole},
      {{"delete", "200", "", R"({"kind":"Status","status":"Success"})"},
       "closed succeeded -; full",
       Extent::gone},
  })));
}

TEST_CASE("at level Request an opening is told as far as it was asked for") {
  check(GENERATE(values<Row>({
      {{"create", "201", spec(kAsked), ""},
       "created succeeded NodePort ?/TCP via node_port; request_only (policy_level)",
       Extent::whole},
      {{"create", "201", spec(kOpen), ""},
       "created succeeded NodePort 31000/TCP via node_port,explicit_port; request_only "
       "(policy_level)",
       Extent::whole},
      {{"create", "201", spec(kClosed), ""},
       "created succeeded ClusterIP; request_only (policy_level)",
       Extent::whole},
      {{"create", "201",
        spec(R"("type":"LoadBalancer","allocateLoadBalancerNodePorts":false,"ports":[{"port":1},
             {"port":2,"nodePort":30002}])"),
        ""},
       "created succeeded LoadBalancer 30002/ via load_balancer,explicit_port; request_only "
       "(policy_level)",
       Extent::whole},
      {{"patch", "200", R"({"spec":{"type":"NodePort"}})", ""},
       "patched succeeded NodePort via node_port; request_only (policy_level)",
       Extent::partial},
      {{"patch", "200", R"({"spec":{"externalIPs":["192.0.2.7"]}})", ""},
       "patched succeeded - ip=192.0.2.7 via external_ips; request_only (policy_level)",
       Extent::partial},
      {{"patch", "200", R"({"metadata":{"labels":{"a":"b"}}})", ""},
       "patched succeeded -; request_only (policy_level)",
       Extent::nothing},
      {{"patch", "200", R"({"spec":{"selector":{"a":"b"}}})", ""},
       "patched succeeded -; request_only (policy_level)",
       Extent::nothing},
      // An accepted number is an open port, whatever the type was.
      {{"patch", "200", R"({"spec":{"ports":[{"port":81,"nodePort":30081,"protocol":"UDP"}]}})",
        ""},
       "patched succeeded - 30081/UDP via explicit_port; request_only (policy_level)",
       Extent::partial},
      // Which ports these get depends on what is stored.
      {{"patch", "200", R"({"spec":{"ports":[{"port":81}]}})", ""},
       "patched succeeded -; none (policy_level)",
       Extent::unknown},
      {{"patch", "200", R"({"spec":{"$patch":"replace","type":"NodePort"}})", ""},
       "patched succeeded NodePort via node_port; none (policy_level)",
       Extent::unknown},
      {{"patch", "200", R"({"spec":null})", ""},
       "patched succeeded -; none (policy_level)",
       Extent::unknown},
      // The client asked for metadata alone, or for a table, as the answer.
      {{"patch", "200", R"([{"op":"replace","path":"/spec/type","value":"NodePort"}])",
        R"({"kind":"PartialObjectMetadata","metadata":{"name":"shop","uid":"u-1"}})"},
       "patched succeeded -; none (transformed)",
       Extent::unknown},
      {{"create", "201", spec(kAsked), R"({"kind":"Table","rows":[]})"},
       "created succeeded NodePort ?/TCP via node_port; request_only (transformed)",
       Extent::whole},
  })));
}

TEST_CASE("a JSON Patch at, above or below a door is not told by itself") {
  const auto inspectable = [](const std::string& patch) {
    return write_in({"patch", "200", patch, ""}).exposure.inspectable;
  };
  for (const char* operation :
       {R"({"op":"replace","path":"/spec/type","value":"NodePort"})",
        R"({"op":"add","path":"/spec/ports/-","value":{"port":1}})",
        R"({"op":"replace","path":"/spec","value":{}})", R"({"op":"replace","path":"","value":{}})",
        R"({"op":"add","path":"/spec/externalIPs","value":["192.0.2.7"]})",
        R"({"op":"copy","from":"/metadata/annotations/t","path":"/spec/type"})",
        R"({"op":"move","from":"/spec/type","path":"/metadata/annotations/t"})",
        R"({"op":"remove","path":"/spec/ports/0/nodePort"})", R"({"op":"add"})", R"("text")"}) {
    CAPTURE(operation);
    CHECK(inspectable("[" + std::string(operation) + "]") == Exposure::Inspectable::none);
    CHECK(inspectable(R"([{"op":"add","path":"/metadata/labels/a","value":"b"},)" +
                      std::string(operation) + "]") == Exposure::Inspectable::none);
  }
  for (const char* operation : {R"({"op":"add","path":"/metadata/labels/type","value":"NodePort"})",
                                R"({"op":"test","path":"/spec/type","value":"ClusterIP"})",
                                R"({"op":"replace","path":"/spec/selector/app","value":"b"})",
                                R"({"op":"replace","path":"/spec/typex","value":"b"})"}) {
    CAPTURE(operation);
    CHECK(inspectable("[" + std::string(operation) + "]") == Exposure::Inspectable::request_only);
  }
}

TEST_CASE("without a body nothing is guessed") {
  check(GENERATE(values<Row>({
      {{"create", "201", "", ""}, "created succeeded -; none (policy_level)", Extent::unknown},
      {{"patch", "200", "", ""}, "patched succeeded -; none (policy_level)", Extent::unknown},
      {{"create", "201", "null", "null"},
       "created succeeded -; none (policy_level)",
       Extent::unknown},
      {{"create", "201", "", "", "", R"(,"annotations":{"audit.k8s.io/truncated":"true"})"},
       "created succeeded -; none (truncated)",
       Extent::unknown},
      {{"delete", "200", "", ""}, "closed succeeded -; full", Extent::gone},
  })));
}

TEST_CASE("an attempt is never called a success") {
  const std::string forbid = R"(,"annotations":{"authorization.k8s.io/decision":"forbid"})";
  const std::string allow = R"(,"annotations":{"authorization.k8s.io/decision":"allow"})";
  check(GENERATE_COPY(values<Row>({
      {{"create", "403", "", kStatus, "", forbid},
       "created denied -; none (refused)",
       Extent::nothing},
      {{"create", "403", "", "", "", forbid},
       "created denied -; none (policy_level)",
       Extent::nothing},
      {{"create", "401", "", ""}, "created denied -; none (policy_level)", Extent::nothing},
      {{"create", "403", "", ""}, "created denied -; none (policy_level)", Extent::nothing},
      {{"create", "403", spec(kAsked), kStatus, "", allow},
       "created rejected NodePort ?/TCP via node_port; request_only (refused)",
       Extent::nothing},
      {{"create", "403", spec(kAsked), kStatus},
       "created rejected NodePort ?/TCP via node_port; request_only (refused)",
       Extent::nothing},
      {{"create", "422", spec(R"("type":"NodePort","ports":[{"nodePort":99}])"), kStatus},
       "created rejected NodePort 99/ via node_port,explicit_port; request_only (refused)",
       Extent::nothing},
      {{"create", "409", spec(kAsked), kStatus},
       "created conflict NodePort ?/TCP via node_port; request_only (refused)",
       Extent::nothing},
      {{"create", "4.09e2", spec(kAsked), kStatus},
       "created conflict NodePort ?/TCP via node_port; request_only (refused)",
       Extent::nothing},
      {{"create", "500", spec(kAsked), kStatus},
       "created failed NodePort ?/TCP via node_port; request_only (refused)",
       Extent::nothing},
      {{"patch", "422", R"([{"op":"replace","path":"/spec/type","value":"NodePort"}])", kStatus},
       "patched rejected -; none (refused)",
       Extent::nothing},
      {{"create", "201", spec(kAsked), stored(kOpen), "?dryRun=All"},
       "created dry_run NodePort 31000/TCP via node_port; full",
       Extent::nothing},
      {{"patch", "200", R"({"spec":{"type":"NodePort"}})", stored(kOpen), "/shop?a=b&dryRun=All"},
       "patched dry_run NodePort 31000/TCP via node_port; full",
       Extent::nothing},
      {{"create", "201", spec(kAsked), "", "?%64ry%52un=All"},
       "created dry_run NodePort ?/TCP via node_port; request_only (policy_level)",
       Extent::nothing},
      {{"create", "201", spec(kAsked), "", "?x=dryRun&dryrun=All&dryRunX=All&a;dryRun=All"},
       "created succeeded NodePort ?/TCP via node_port; request_only (policy_level)",
       Extent::whole},
      // An object that the apiserver did not store has no resourceVersion.
      {{"create", "201", spec(kAsked), spec(kOpen), "?a;dryRun=All"},
       "created dry_run NodePort 31000/TCP via node_port; full",
       Extent::nothing},
      {{"delete", "200", R"({"kind":"DeleteOptions","dryRun":["All"]})", ""},
       "closed dry_run -; full",
       Extent::nothing},
      {{"create", "999999999999999999999999999999", spec(kAsked), ""},
       "created unknown NodePort ?/TCP via node_port; request_only (policy_level)",
       Extent::nothing},
      {{"create", "1e999", spec(kAsked), ""},
       "created unknown NodePort ?/TCP via node_port; request_only (policy_level)",
       Extent::nothing},
      {{"create", "null", spec(kAsked), ""},
       "created unknown NodePort ?/TCP via node_port; request_only (policy_level)",
       Extent::nothing},
  })));
}

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
  check({{"delete", "200", "", kept}, "closed succeeded -; full", Extent::nothing});
  check({{"patch", "200", R"({"spec":{"type":"NodePort"}})", kept},
         "patched succeeded NodePort 31000/TCP via node_port; full",
         Extent::whole});
  check({{"patch", "200", R"({"metadata":{"finalizers":null}})", freed},
         "closed succeeded NodePort via node_port; full",
         Extent::gone});
}

TEST_CASE("a deletion of many is one of each") {
  const auto writes =
      writes_in(event_text({"deletecollection", "200", "", R"({"kind":"ServiceList","items":[
          {"metadata":{"name":"a","namespace":"web","uid":"u-a"}},
          {"metadata":{"name":"b","namespace":"web","uid":"u-b"}}]})"}));
  REQUIRE(writes.size() == 2);
  CHECK(writes[0].exposure.name == "a");
  CHECK(writes[1].exposure.uid == "u-b");
  CHECK(writes[1].extent == Extent::gone);
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
        "patched succeeded NodePort via node_port; request_only (policy_level)");
  CHECK(facts(R"({"spec":{"type":"NodePort"},"spec":{"type":"ClusterIP"}})") ==
        "patched succeeded ClusterIP; request_only (policy_level)");
  CHECK(facts(R"({"spec":{"Type":"NodePort","TYPE":"NodePort"}})") ==
        "patched succeeded -; request_only (policy_level)");
  CHECK(facts(R"({"spec":{"\u0074ype":"\u004eodePort"}})") ==
        "patched succeeded NodePort via node_port; request_only (policy_level)");
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
  CHECK(write_in({"create", "201", spec(many), stored(many)}).exposure.doors.node_ports.size() ==
        3'000);
}

TEST_CASE("the facts become fields behind whatever the event called so") {
  AuditDecoder decoder;
  const std::string json = event_text(
      {"create", "201", spec(kAsked), stored(kOpen), "", R"(,"exposure":{"outcome":"forged"})"});
  const auto event = decoder.decode(json);
  REQUIRE(event);
  ServiceWrite write = read_service_writes(*event).at(0);
  std::pmr::monotonic_buffer_resource arena;
  const auto field = [&](History history, std::string_view name) {
    const AuditEvent whole = with_exposure(*event, write.exposure, history, arena);
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
