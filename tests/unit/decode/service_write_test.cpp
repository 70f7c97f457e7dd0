// What a write of a Service did, by every route, at every audit level, with every outcome. The
// expected facts are by hand, from the apiserver's rules.
#include "unit/decode/service_event.hpp"

namespace nodeportd {

using namespace test;

namespace {

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
       "patched succeeded NodePort ?/ via node_port; request_only (policy_level)",
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
       "patched succeeded - 30081/UDP via explicit_port; none (policy_level)",
       Extent::unknown},
      // Which ports these get depends on what is stored.
      {{"patch", "200", R"({"spec":{"ports":[{"port":81}]}})", ""},
       "patched succeeded -; none (policy_level)",
       Extent::unknown},
      {{"patch", "200", R"({"spec":{"$patch":"replace","type":"NodePort"}})", ""},
       "patched succeeded NodePort ?/ via node_port; none (policy_level)",
       Extent::unknown},
      // An empty list leaves the stored ports in a strategic merge patch; a deletion is no port.
      {{"patch", "200", R"({"spec":{"type":"NodePort","ports":[]}})", ""},
       "patched succeeded NodePort via node_port; none (policy_level)",
       Extent::unknown},
      {{"patch", "200", R"({"spec":{"type":"NodePort","ports":[{"$patch":"delete","port":443}]}})",
        ""},
       "patched succeeded NodePort via node_port; none (policy_level)",
       Extent::unknown},
      // One number does not tell of the port beside it, nor an address of a port.
      {{"patch", "200", R"({"spec":{"ports":[{"port":80,"nodePort":31000},{"port":22}]}})", ""},
       "patched succeeded - 31000/ via explicit_port; none (policy_level)",
       Extent::unknown},
      {{"patch", "200", R"({"spec":{"externalIPs":["192.0.2.7"],"ports":[{"port":22}]}})", ""},
       "patched succeeded - ip=192.0.2.7 via external_ips; none (policy_level)",
       Extent::unknown},
      {{"patch", "200", R"({"spec":{"externalIPs":null}})", ""},
       "patched succeeded -; none (policy_level)",
       Extent::unknown},
      // Apply gives up what it names no more.
      {{"patch", "200", R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"shop"}})", "",
        "/shop?fieldManager=m&force=true"},
       "applied succeeded -; none (policy_level)",
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
        R"({"op":"remove","path":"/spec/ports/0/nodePort"})",
        // The apiserver's library does not look at what stands before the first slash.
        R"({"op":"replace","path":"x/spec/type","value":"NodePort"})",
        R"({"op":"replace","path":"spec","value":{}})", R"({"op":"add"})", R"("text")"}) {
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
  const std::string unstored =
      R"({"kind":"Service","metadata":{"name":"shop","uid":"u-1"},"spec":{)" + kOpen + "}}";
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
       Extent::unknown},
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
      {{"create", "201", spec(kAsked), unstored, "?a;dryRun=All"},
       "created dry_run NodePort 31000/TCP via node_port; full",
       Extent::nothing},
      // Where there is no URI to ask.
      {{"patch", "201", spec(kAsked), unstored, "?a;dryRun=All"},
       "applied dry_run NodePort 31000/TCP via node_port; full",
       Extent::nothing},
      {{"delete", "200", R"({"kind":"DeleteOptions"})", "", "?dryRun=All"},
       "closed succeeded -; full",
       Extent::gone},
      {{"create", "201", spec(kAsked), stored(kOpen),
        "?" + std::string(10'000, '&') + "dryRun=All"},
       "created succeeded NodePort 31000/TCP via node_port; full",
       Extent::whole},
      {{"delete", "200", R"({"kind":"DeleteOptions","dryRun":["All"]})", ""},
       "closed dry_run -; full",
       Extent::nothing},
      {{"create", "999999999999999999999999999999", spec(kAsked), ""},
       "created unknown NodePort ?/TCP via node_port; request_only (policy_level)",
       Extent::unknown},
      {{"create", "1e999", spec(kAsked), ""},
       "created unknown NodePort ?/TCP via node_port; request_only (policy_level)",
       Extent::unknown},
      {{"create", "null", spec(kAsked), ""},
       "created unknown NodePort ?/TCP via node_port; request_only (policy_level)",
       Extent::unknown},
  })));
}

}  // namespace nodeportd
