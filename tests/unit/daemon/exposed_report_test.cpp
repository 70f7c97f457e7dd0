#include "daemon/verbs/exposed_report.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>

#include "support/temp_dir.hpp"

namespace nodeportd {
namespace {

WallTime at(std::int64_t seconds) {
  return WallTime(std::chrono::seconds(seconds));
}

KnownService service_of(const std::string& ns, const std::string& name) {
  KnownService service;
  service.cluster = "prod";
  service.ns = ns;
  service.name = name;
  service.uid = "uid-1";
  service.type = "NodePort";
  service.updated = at(1'000);
  return service;
}

KnownService web() {
  KnownService service = service_of("shop", "web");
  service.node_ports = {{{32600, "http", 80, "web", "TCP"}, at(1'000), "mallory"},
                        {{std::nullopt, "", std::nullopt, "", ""}, at(1'001), "alice"}};
  service.external_ips = {{"192.0.2.7", at(1'002), "bob"}};
  service.health_check_node_port = Opened<std::uint32_t>{31000, at(1'003), "carol"};
  return service;
}

std::unique_ptr<Store> store_of(std::vector<KnownService> services) {
  auto store = Store::open_temporary();
  REQUIRE(store);
  Changes changes;
  for (KnownService& service : services) changes.services.push_back({{}, std::move(service)});
  REQUIRE((*store)->commit(changes, at(2'000)));
  return std::move(*store);
}

struct Printed {
  std::string out;
  std::string notes;
};

class Capture {
 public:
  Capture() : stream_(::open_memstream(&text_, &size_)) {}
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;
  ~Capture() { std::free(text_); }
  [[nodiscard]] std::FILE* stream() { return stream_; }
  [[nodiscard]] std::string take() {
    std::fclose(stream_);
    return {text_, size_};
  }

 private:
  char* text_ = nullptr;
  std::size_t size_ = 0;
  std::FILE* stream_;
};

Printed print(Store& store, OutputFormat format, const std::string& ns = "") {
  Capture out;
  Capture notes;
  const Result<void> done = print_exposed(store, {"", ns, format}, out.stream(), notes.stream());
  Printed printed{out.take(), notes.take()};
  REQUIRE(done);
  return printed;
}

}  // namespace

TEST_CASE("each open door has a row: where, what, since when and by whom") {
  const auto store = store_of({web(), service_of("shop", "closed")});
  const Printed printed = print(*store, OutputFormat::table);
  CHECK(
      printed.out ==
      "NAMESPACE  SERVICE  TYPE      WHAT                            SINCE                        "
      "BY\n"
      "shop       web      NodePort  node port 32600/TCP -> http 80  1970-01-01T00:16:40.000000Z  "
      "mallory\n"
      "shop       web      NodePort  node port (not logged)          1970-01-01T00:16:41.000000Z  "
      "alice\n"
      "shop       web      NodePort  external IP 192.0.2.7           1970-01-01T00:16:42.000000Z  "
      "bob\n"
      "shop       web      NodePort  health check node port 31000    1970-01-01T00:16:43.000000Z  "
      "carol\n");
  CHECK(printed.notes ==
        "nodeportd: known from the audit log since 1970-01-01T00:16:40.000000Z; what happened "
        "before, or was logged without bodies, is not in it\n");
}

TEST_CASE("JSON has one object a Service, and null for what the log did not tell") {
  KnownService unknown = service_of("shop", "zeta");
  unknown.type = std::nullopt;
  unknown.external_ips = {{"192.0.2.8", at(1'000), ""}};
  const auto store = store_of({unknown, web(), service_of("shop", "closed")});
  CHECK(print(*store, OutputFormat::json).out ==
        R"({"cluster":"prod","namespace":"shop","name":"web","uid":"uid-1","type":"NodePort",)"
        R"("node_ports":[{"number":32600,"name":"http","port":80,"target_port":"web",)"
        R"("protocol":"TCP","since":"1970-01-01T00:16:40.000000Z","by":"mallory"},)"
        R"({"number":null,"name":"","port":null,"target_port":"",)"
        R"("protocol":"","since":"1970-01-01T00:16:41.000000Z","by":"alice"}],)"
        R"("external_ips":[{"ip":"192.0.2.7","since":"1970-01-01T00:16:42.000000Z","by":"bob"}],)"
        R"("health_check_node_port":)"
        R"({"number":31000,"since":"1970-01-01T00:16:43.000000Z","by":"carol"}})"
        "\n"
        R"({"cluster":"prod","namespace":"shop","name":"zeta","uid":"uid-1","type":null,)"
        R"("node_ports":[],)"
        R"("external_ips":[{"ip":"192.0.2.8","since":"1970-01-01T00:16:40.000000Z","by":""}],)"
        R"("health_check_node_port":null})"
        "\n");
}

TEST_CASE("one namespace is shown if it is named") {
  KnownService other = web();
  other.ns = "shop2";
  other.name = "other";
  const auto store = store_of({web(), other});
  const std::string out = print(*store, OutputFormat::json, "shop2").out;
  CHECK(out.find("\"other\"") != std::string::npos);
  CHECK(out.find("\"web\",\"uid\"") == std::string::npos);
  const Printed none = print(*store, OutputFormat::table, "sho\x1bp");
  CHECK(none.out.empty());
  CHECK(none.notes.starts_with("nodeportd: nothing is known to be open in namespace sho\\x1bp\n"));
}

TEST_CASE("what a stranger wrote reaches no terminal unescaped") {
  KnownService service = web();
  service.node_ports[0].by = "\x1b[2J\u202e\x7f\xff";
  service.external_ips[0].what = "\u009b1m";
  const auto store = store_of({service});
  const std::string table = print(*store, OutputFormat::table).out;
  CHECK(table.find(R"(\x1b[2J\u{202e}\x7f\xff)") != std::string::npos);
  CHECK(table.find(R"(external IP \u{009b}1m)") != std::string::npos);
  const std::string json = print(*store, OutputFormat::json).out;
  CHECK(json.find(R"("by":"\u001B[2J\u202E\u007F)"
                  "\ufffd\"") != std::string::npos);
  CHECK(json.find(R"("ip":"\u009B1m")") != std::string::npos);
}

TEST_CASE("how far the knowledge reaches is told: nothing read, lost, given up") {
  const auto none = store_of({});
  CHECK(print(*none, OutputFormat::json).notes ==
        "nodeportd: nothing is known to be open\nnodeportd: no write of a Service was read yet\n");

  const test::TempDir dir;
  StoreOptions options;
  options.directory = dir / "state";
  options.max_services = 1;
  const auto crowded = Store::open(options, at(1));
  REQUIRE(crowded);
  Changes changes;
  changes.services = {{{}, web()}, {{}, service_of("shop", "closed")}};
  REQUIRE((*crowded)->commit(changes, at(2'000)));
  const Printed some = print(**crowded, OutputFormat::table);
  CHECK(some.out.find("web") != std::string::npos);
  CHECK(some.notes.find("1 Service gave way at the bound of the state") != std::string::npos);

  changes.services = {{ServiceChange::Kind::all_forgotten, {}}};
  REQUIRE((*crowded)->commit(changes, at(2'001)));
  changes.services = {{{}, web()}};
  changes.services[0].service.updated = {};
  REQUIRE((*crowded)->commit(changes, at(2'002)));
  CHECK(print(**crowded, OutputFormat::table).notes.find("was lost") != std::string::npos);
}

}  // namespace nodeportd
