#include "bench/service_writes.hpp"

#include <fmt/format.h>

#include <array>

#include "tools/audit_bodies.hpp"

namespace nodeportd::test {
namespace {

constexpr std::string_view kNodePortCreation = "d7fc865e-b8a1-4029-a960-cf4403b821b6";
constexpr std::string_view kOpened = "2d70dbe9-fb27-4acb-a48b-f847caf73cba";
constexpr std::string_view kAttempted = "68cec95e-5814-4e85-a5b0-73da0fadaf93";
constexpr std::size_t kServices = 400;
constexpr std::size_t kNamespaces = 24;
constexpr std::size_t kOpenMax = 16;
const std::array<const Actor*, 4> kOwners = {&kDeployer, &kAlice, &kBob, &kAdmin};
constexpr std::string_view kManifest =
    R"({\"kind\":\"Service\",\"spec\":{\"ports\":[{\"port\":80}],\"type\":\"NodePort\"}}\n)";

}  // namespace

std::string to_json(const TrueEvent& event) {
  return fmt::format(
      R"({{"auditID":"{}","rule":"{}","way":"{}","outcome":"{}","namespace":"{}","service":"{}",)"
      R"("port":{}}})",
      event.audit_id, event.rule, event.way, event.outcome, event.name_space, event.service,
      event.port.empty() ? "null" : event.port);
}

ServiceWrites::ServiceWrites(Options options, std::mt19937_64& random)
    : options_(options), random_(random) {
  for (std::size_t i = 0; i < kServices; ++i) {
    services_.push_back(make_service(fmt::format("service-{:03}", i), i));
    // Somebody had it open once, and the manifest of then is still there.
    if (i % 20 == 0) services_.back().annotation = kManifest;
  }
}

ServiceWrites::Service ServiceWrites::make_service(std::string name, std::uint64_t number) {
  return {.name = std::move(name),
          .name_space = fmt::format("team-{:02}", number % kNamespaces),
          .uid = random_uuid(random_),
          .owner = kOwners[number / kNamespaces % kOwners.size()]};
}

void ServiceWrites::begin(std::string_view verb, const Service& service) {
  const std::string received = std::move(request_.received);
  request_ = make_request(random_uuid(random_), *service.owner,
                          {verb, "", "services", service.name_space, service.name});
  request_.received = received;
  ++version_;
}

std::string ServiceWrites::body(const Service& service, Known known) {
  const std::string version = std::to_string(version_);
  ServiceText text{.name = service.name,
                   .name_space = service.name_space,
                   .type = service.type,
                   .node_port = {},
                   .uid = {},
                   .version = {},
                   .annotation = service.annotation,
                   .created = created_time_,
                   .external_ip = service.external_ip};
  if (known == Known::to_server) {
    text.uid = service.uid;
    text.version = version;
    text.node_port = service.node_port;
  }
  std::string out;
  append_service(out, text);
  return out;
}

void ServiceWrites::answer(std::string_view code, const Service& service) {
  request_.status.clear();
  append_response_status(request_.status, {.name = {}, .message = {}, .reason = {}, .code = code});
  request_.response_body = body(service, Known::to_server);
}

void ServiceWrites::refuse(std::string_view code, std::string_view reason,
                           const std::string& message, const Service& service) {
  const StatusText status{.name = service.name, .message = message, .reason = reason, .code = code};
  request_.status.clear();
  append_response_status(request_.status, status);
  append_status_object(request_.response_body, status);
}

void ServiceWrites::write_routine() {
  if (below(100) < 6) {
    write_new_routine();
  } else {
    write_known_routine();
  }
}

// Creations, with which nothing is open; some are dry runs and some are refused. Deletions.
void ServiceWrites::write_new_routine() {
  const Service service = make_service(fmt::format("blue-{:06}", created_), created_);
  ++created_;
  const std::uint64_t what = below(10);
  if (what < 4) {
    begin("delete", service);
    request_.response_body = fmt::format(
        R"({{"kind":"Status","apiVersion":"v1","metadata":{{}},"status":"Success","details":{{)"
        R"("name":"{}","kind":"services","uid":"{}"}}}})",
        service.name, service.uid);
    return;
  }
  begin("create", service);
  request_.request_body = body(service, Known::to_client);
  if (what == 4) request_.uri += "?dryRun=All\\u0026fieldManager=kubectl-create";
  if (what == 5) {
    refuse("422", "Invalid", R"(Service \"blue\" is invalid: spec.ports: Required value)", service);
  } else {
    answer("201", service);
  }
}

// What changes nothing, mostly of Services that are closed.
void ServiceWrites::write_known_routine() {
  const bool is_open = !open_.empty() && below(100) < 3;
  const Service& service = is_open ? open_[below(open_.size())] : services_[below(kServices)];
  const std::uint64_t what = below(10);
  begin(what < 5 ? "update" : "patch", service);
  if (what < 5) {
    request_.request_body = body(service, Known::to_server);
    ++version_;
  } else if (what < 8) {
    request_.uri += "?fieldManager=argocd-controller\\u0026force=true";
    request_.request_body = body(service, Known::to_client);
  } else {
    request_.request_body =
        fmt::format(R"({{"metadata":{{"labels":{{"app.example.org/sync":"{}"}}}}}})", version_);
  }
  answer("200", service);
}

// Four of five open something, the others only try.
TrueEvent ServiceWrites::write_exposure() {
  constexpr std::uint64_t kOpenings = 10;
  constexpr std::uint64_t kAttempts = 5;
  const std::uint64_t number = exposures_++;
  Service service = make_service(fmt::format("edge-{:07}", number), number);
  service.node_port = std::to_string(30'000 + number % 2'768);
  if (number % 5 == 4) {
    const auto way = static_cast<Way>(kOpenings + number / 5 % kAttempts);
    write_attempt(way, service);
    return told(way, service);
  }
  const auto way = static_cast<Way>((number - number / 5) % kOpenings);
  write_opening(way, service);
  open_.push_back(service);
  // What it has open is not in the log, so its next write would be told as well.
  if (way == Way::escaped_patch_answered_briefly) open_.pop_back();
  if (open_.size() > kOpenMax) open_.pop_front();
  return told(way, service);
}

TrueEvent ServiceWrites::write_repeated() {
  const std::uint64_t number = exposures_++ % options_.services;
  Service service = make_service(fmt::format("edge-{:07}", number), number);
  service.uid = fmt::format("{:08x}-0000-4000-a000-{:012x}", number, number);
  service.node_port = std::to_string(30'000 + number % 2'768);
  write_opening(Way::create, service);
  return told(Way::create, service);
}

// What must be told of the request that was just made.
TrueEvent ServiceWrites::told(Way way, const Service& service) const {
  struct Told {
    std::string_view way;
    std::string_view outcome;
    std::string_view rule;
  };
  static constexpr std::array<Told, 15> kTold = {
      {{"create", "succeeded", kNodePortCreation},
       {"create_load_balancer", "succeeded", kOpened},
       {"update", "succeeded", kOpened},
       {"merge_patch", "succeeded", kOpened},
       {"patch_to_load_balancer", "succeeded", kOpened},
       {"json_patch", "succeeded", kOpened},
       {"apply", "succeeded", kOpened},
       {"external_ip", "succeeded", kOpened},
       {"escaped_patch", "succeeded", kOpened},
       {"escaped_patch_answered_briefly", "succeeded", kOpened},
       {"dry_run", "dry_run", kNodePortCreation},
       {"misspelled", "rejected", kNodePortCreation},
       {"refused_by_webhook", "rejected", kNodePortCreation},
       {"conflict", "conflict", kAttempted},
       {"denied", "denied", kAttempted}}};
  const Told& entry = kTold[static_cast<std::size_t>(way)];
  const bool shows_port = (entry.outcome == "succeeded" || way == Way::dry_run) &&
                          way != Way::escaped_patch_answered_briefly;
  return {.audit_id = request_.audit_id,
          .rule = entry.rule,
          .way = entry.way,
          .outcome = entry.outcome,
          .name_space = service.name_space,
          .service = service.name,
          .port = shows_port ? service.node_port : ""};
}

void ServiceWrites::write_opening(Way way, Service& service) {
  const bool is_new = way == Way::create || way == Way::create_load_balancer || way == Way::apply;
  const bool is_patch = way != Way::update && (!is_new || way == Way::apply);
  const bool balances = way == Way::create_load_balancer || way == Way::patch_to_load_balancer;
  service.type = balances ? "LoadBalancer" : "NodePort";
  if (way == Way::external_ip) {
    service.type = "ClusterIP";
    service.node_port.clear();
    service.external_ip = "203.0.113.9";
  }
  begin(is_patch ? "patch" : way == Way::update ? "update" : "create", service);
  switch (way) {
    case Way::update:
      request_.request_body = body(service, Known::to_server);
      break;
    case Way::merge_patch:
      request_.request_body = R"({"spec":{"type":"NodePort"}})";
      break;
    case Way::patch_to_load_balancer:
      request_.request_body = R"({"spec":{"type":"LoadBalancer"}})";
      break;
    case Way::json_patch:
      request_.request_body = R"([{"op":"replace","path":"/spec/type","value":"NodePort"}])";
      break;
    case Way::external_ip:
      request_.request_body = R"({"spec":{"externalIPs":["203.0.113.9"]}})";
      break;
    case Way::escaped_patch:
    case Way::escaped_patch_answered_briefly:
      request_.request_body = R"({"spec":{"type":"\u004eode\u0050ort"}})";
      break;
    default:
      request_.request_body = body(service, Known::to_client);
  }
  answer(is_new ? "201" : "200", service);
  if (way == Way::escaped_patch_answered_briefly) {
    request_.response_body = fmt::format(
        R"({{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{{)"
        R"("name":"{}","namespace":"{}","uid":"{}","resourceVersion":"{}"}}}})",
        service.name, service.name_space, service.uid, version_);
  }
}

void ServiceWrites::write_attempt(Way way, Service& service) {
  service.type = way == Way::misspelled ? "nodeport" : "NodePort";
  begin(way == Way::conflict || way == Way::denied ? "update" : "create", service);
  request_.request_body = body(service, Known::to_client);
  switch (way) {
    case Way::dry_run:
      request_.uri += "?dryRun=All\\u0026fieldManager=kubectl-create";
      answer("201", service);
      break;
    case Way::misspelled:
      refuse("422", "Invalid",
             R"(Service \"edge\" is invalid: spec.type: Unsupported value: \"nodeport\")", service);
      break;
    case Way::refused_by_webhook:
      refuse("403", "Forbidden",
             R"(admission webhook \"ports.example.org\" denied the request: not here)", service);
      break;
    case Way::conflict:
      refuse("409", "Conflict", "the object has been modified; please apply your changes", service);
      break;
    default:
      // The authorizer speaks before the body is read.
      request_.request_body.clear();
      request_.is_forbidden = true;
      refuse("403", "Forbidden", R"(services \"edge\" is forbidden: User cannot update)", service);
      request_.response_body.clear();
  }
}

void ServiceWrites::set_times(const std::string& received, const std::string& stage_time) {
  request_.received = received;
  created_time_ = stage_time.substr(0, 19) + 'Z';
}

void ServiceWrites::append_routine(std::string& out, const std::string& received,
                                   const std::string& stage_time) {
  set_times(received, stage_time);
  write_routine();
  append_audit_line(out, request_, Stage::response_complete, stage_time);
}

std::optional<TrueEvent> ServiceWrites::append_next(std::string& out, const std::string& received,
                                                    const std::string& stage_time) {
  if (below(1'000'000) >= options_.exposures_per_million) {
    append_routine(out, received, stage_time);
    return std::nullopt;
  }
  set_times(received, stage_time);
  TrueEvent event = options_.services > 0 ? write_repeated() : write_exposure();
  append_audit_line(out, request_, Stage::response_complete, stage_time);
  return event;
}

}  // namespace nodeportd::test
