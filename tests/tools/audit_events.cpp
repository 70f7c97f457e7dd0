#include "tools/audit_events.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <utility>

#include "base/time_text.hpp"
#include "tools/audit_bodies.hpp"

namespace nodeportd::test {

namespace {

// Who creates services.
const std::array<const Actor*, 4> kCreators = {&kDeployer, &kAlice, &kBob, &kAdmin};
constexpr std::array<std::string_view, 5> kNamespaces = {"shop", "data", "default", "monitoring",
                                                         "kube-system"};

std::string seconds_only(WallTime time) {
  return format_time(time).substr(0, 19) + 'Z';
}

}  // namespace

std::string to_json(const Creation& creation) {
  return fmt::format(
      R"({{"auditID":"{}","name":"{}","namespace":"{}","user":"{}","code":{},"dryRun":{},)"
      R"("type":"{}","userAgent":{},"sourceIPs":{},"time":"{}"}})",
      creation.audit_id, creation.name, creation.name_space, creation.user, creation.code,
      creation.dry_run, creation.type,
      creation.user_agent.empty() ? "null" : '"' + creation.user_agent + '"', creation.source_ips,
      format_time(creation.time));
}

AuditEvents::AuditEvents(Plan plan) : plan_(plan), random_(plan.seed) {
  if (plan_.big_every == 0) return;
  while (big_value_.size() < 300UL * 1024) {
    append(big_value_,
           "level: info\\nretention: 14d\\nendpoint: https://metrics.example.org/push?a=1",
           "\\u0026b=2\\nnote: \\\"", std::to_string(below(1'000'000'000)), "\\\"\\n");
  }
}

bool AuditEvents::creation_is_due() const {
  return created_ < plan_.creations && written_ >= created_ * plan_.lines / plan_.creations;
}

std::string_view AuditEvents::next(WallTime time) {
  creation_.reset();
  if (response_is_next_) {
    response_is_next_ = false;
    write_line(Stage::response_complete, time);
  } else {
    begin(time);
    request_.received = format_time(time);
    // Audit policies leave RequestReceived out for most of what machines do.
    const bool both = creating_ || below(2) == 0;
    if (both && written_ + 1 < plan_.lines) {
      response_is_next_ = true;
      write_line(Stage::request_received, time);
    } else {
      request_.received = format_time(time - Micros(300 + below(9'000)));
      write_line(Stage::response_complete, time);
    }
  }
  ++written_;
  return line_;
}

void AuditEvents::begin(WallTime time) {
  if (creation_is_due()) {
    begin_creation(time);
  } else if (plan_.big_every > 0 && written_ % plan_.big_every == plan_.big_every - 1) {
    begin_big(time);
  } else if (below(250) == 0) {
    begin_named_decoy(time);
  } else {
    begin_decoy(time);
  }
}

void AuditEvents::describe(const Actor& actor, const Target& target) {
  creating_.reset();
  request_ = make_request(random_uuid(random_), actor, target);
}

// Of each eleven creations: a dry run and then the creation itself, three of one name of which two
// come too late, one refused by a webhook, one that misspells the type.
void AuditEvents::begin_creation(WallTime time) {
  const std::uint64_t index = created_++;
  const std::uint64_t kind = index % 11;
  std::uint64_t subject = index;
  if (kind == 5 || kind == 6) subject = index - (kind - 4);
  if (kind == 8) subject = index - 1;
  const Actor& actor = *kCreators[subject % 4];
  const auto name = fmt::format("web-{:06}", subject);
  const std::string_view name_space = kNamespaces[subject % 3];

  describe(actor, {"create", "", "services", name_space, name});
  if (subject % 7 == 2) {
    request_.source_ips = fmt::format(R"(["203.0.113.77","{}"])", actor.address);
  }
  if (subject % 13 == 1) request_.user_agent.clear();
  Creation creation{.audit_id = request_.audit_id,
                    .name = name,
                    .name_space = std::string(name_space),
                    .user = std::string(request_.actor->name),
                    .user_agent = request_.user_agent,
                    .source_ips = request_.source_ips,
                    .type = "NodePort",
                    .code = 201,
                    .dry_run = kind == 7};
  std::string refusal;
  if (kind == 3) {
    creation.code = 403;
    refusal = R"(admission webhook \"ports.example.org\" denied the request: not on this cluster)";
  } else if (kind == 5 || kind == 6) {
    creation.code = 409;
    refusal = fmt::format(R"(services \"{}\" already exists)", name);
  } else if (kind == 9) {
    creation.code = 422;
    creation.type = "nodeport";
    refusal = fmt::format(
        R"(Service \"{}\" is invalid: spec.type: Unsupported value: \"nodeport\")", name);
  }
  fill_creation(creation, refusal, time);
  creating_ = std::move(creation);
}

void AuditEvents::fill_creation(const Creation& creation, std::string_view refusal, WallTime time) {
  const std::string created = seconds_only(time);
  if (creation.dry_run) request_.uri += "?dryRun=All\\u0026fieldManager=kubectl-create";
  ServiceText service{.name = creation.name,
                      .name_space = creation.name_space,
                      .type = creation.type,
                      .node_port = {},
                      .uid = {},
                      .version = {},
                      .annotation = {},
                      .created = created};
  append_service(request_.request_body, service);
  std::string_view reason;
  if (creation.code == 403) reason = "Forbidden";
  if (creation.code == 409) reason = "AlreadyExists";
  if (creation.code == 422) reason = "Invalid";
  const std::string code = std::to_string(creation.code);
  const StatusText status{
      .name = creation.name, .message = refusal, .reason = reason, .code = code};
  request_.status.clear();
  append_response_status(request_.status, status);
  if (!reason.empty()) {
    append_status_object(request_.response_body, status);
    return;
  }
  const std::string node_port = std::to_string(30'000 + below(2'768));
  const std::string uid = random_uuid(random_);
  const std::string version = std::to_string(++version_);
  service.node_port = node_port;
  service.uid = uid;
  if (!creation.dry_run) service.version = version;
  append_service(request_.response_body, service);
}

void AuditEvents::begin_decoy(WallTime time) {
  const std::string_view name_space = kNamespaces[below(kNamespaces.size())];
  const std::string name = fmt::format("app-{:05x}", below(1 << 20));
  const std::string uid = random_uuid(random_);
  const std::string version = std::to_string(++version_);
  const std::string now = format_time(time);
  const ObjectText object{
      .name = name, .name_space = name_space, .uid = uid, .version = version, .time = now};
  const std::uint64_t what = below(100);
  if (what < 30) {
    describe(kNode, {"update", "coordination.k8s.io", "leases", "kube-node-lease", name});
    append_lease(request_.request_body, object);
    append_lease(request_.response_body, object);
  } else if (what < 40) {
    describe(kController, {"get", "", "configmaps", name_space, name});
    append_config_map(request_.response_body, object, "leader: one\\ninterval: 15s\\n");
  } else if (what < 48) {
    describe(kCollector, {"watch", "", "pods", name_space, ""});
    request_.level = "Metadata";
    append(request_.uri, "?allowWatchBookmarks=true\\u0026resourceVersion=", version,
           "\\u0026timeoutSeconds=412\\u0026watch=true");
  } else if (what < 56) {
    describe(kDeployer, {"list", "", "services", name_space, ""});
    request_.uri += "?limit=500\\u0026resourceVersion=0";
    append(request_.response_body, R"({"kind":"ServiceList","apiVersion":"v1","metadata":{)",
           R"("resourceVersion":")", version, R"("},"items":[]})");
  } else if (what < 68) {
    describe(kNode, {"create", "events.k8s.io", "events", name_space, name});
    append_event(request_.request_body, object, "Successfully assigned to worker-2");
    append_event(request_.response_body, object, "Successfully assigned to worker-2");
  } else if (what < 78) {
    describe(kController, {"update", "discovery.k8s.io", "endpointslices", name_space, name});
    append_endpoint_slice(request_.request_body, object);
    append_endpoint_slice(request_.response_body, object);
  } else if (what < 92) {
    describe(kNode, {"get", "", "pods", name_space, name});
    append_pod(request_.response_body, object);
  } else {
    describe(kDeployer, {"create", "authorization.k8s.io", "subjectaccessreviews", name_space, ""});
    append_access_review(request_.request_body, object);
    append_access_review(request_.response_body, object);
  }
}

// Lines that hold the word and are no creation of a NodePort service.
void AuditEvents::begin_named_decoy(WallTime time) {
  const std::string name = fmt::format("shop-{:04x}", below(1 << 16));
  const std::string uid = random_uuid(random_);
  const std::string version = std::to_string(++version_);
  if (below(2) == 0) {
    const std::string now = format_time(time);
    const ObjectText object{
        .name = name, .name_space = "shop", .uid = uid, .version = version, .time = now};
    describe(kController, {"create", "events.k8s.io", "events", "shop", name});
    append_event(request_.request_body, object, "Updated type from NodePort to ClusterIP");
    append_event(request_.response_body, object, "Updated type from NodePort to ClusterIP");
    return;
  }
  const std::string created = seconds_only(time);
  ServiceText service{.name = name,
                      .name_space = "shop",
                      .type = "ClusterIP",
                      .node_port = {},
                      .uid = {},
                      .version = {},
                      .annotation = R"({\"kind\":\"Service\",\"spec\":{\"type\":\"NodePort\"}}\n)",
                      .created = created};
  describe(kAlice, {"create", "", "services", "shop", name});
  append_service(request_.request_body, service);
  service.uid = uid;
  service.version = version;
  append_service(request_.response_body, service);
}

void AuditEvents::begin_big(WallTime time) {
  const std::string uid = random_uuid(random_);
  const std::string version = std::to_string(++version_);
  const std::string now = format_time(time);
  describe(kDeployer, {"update", "", "configmaps", "monitoring", "dashboards"});
  append_config_map(request_.request_body,
                    {.name = "dashboards",
                     .name_space = "monitoring",
                     .uid = uid,
                     .version = version,
                     .time = now},
                    big_value_);
}

void AuditEvents::write_line(Stage stage, WallTime time) {
  line_.clear();
  append_audit_line(line_, request_, stage, format_time(time));
  if (stage == Stage::request_received) return;
  creation_ = std::exchange(creating_, {});
  if (creation_) creation_->time = time;
}

}  // namespace nodeportd::test
