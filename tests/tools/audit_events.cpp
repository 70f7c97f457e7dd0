#include "tools/audit_events.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "base/time_text.hpp"
#include "tools/audit_bodies.hpp"

namespace nodeportd::test {

struct AuditEvents::Actor {
  std::string_view name;
  std::string_view groups;  // a JSON list
  std::string_view agent;
  std::string_view address;
};

const std::array<AuditEvents::Actor, 7> AuditEvents::kActors = {{
    {"system:node:worker-2", R"(["system:nodes","system:authenticated"])",
     "kubelet/v1.31.2 (linux/amd64) kubernetes/0bd5cd1", "192.0.2.12"},
    {"system:kube-controller-manager", R"(["system:authenticated"])",
     "kube-controller-manager/v1.31.2 (linux/amd64) kubernetes/0bd5cd1/leader-election",
     "192.0.2.2"},
    {"system:serviceaccount:gitops:deployer",
     R"(["system:serviceaccounts","system:serviceaccounts:gitops","system:authenticated"])",
     "argocd-application-controller/v2.12.4 (linux/arm64) kubernetes/$Format", "10.244.1.9"},
    {"alice@example.org", R"(["team-shop","system:authenticated"])",
     "kubectl/v1.31.1 (darwin/arm64) kubernetes/948afe5", "198.51.100.23"},
    {"bob@example.org", R"(["team-data","oncall","system:authenticated"])",
     "kubectl/v1.30.4 (linux/amd64) kubernetes/a51b3b7", "198.51.100.87"},
    {"kubernetes-admin", R"(["system:masters","system:authenticated"])", "Helm/3.15.2",
     "203.0.113.5"},
    {"system:serviceaccount:kube-system:generic-garbage-collector",
     R"(["system:serviceaccounts","system:serviceaccounts:kube-system","system:authenticated"])",
     "kube-controller-manager/v1.31.2 (linux/amd64) kubernetes/0bd5cd1/system:serviceaccount:"
     "kube-system:generic-garbage-collector",
     "192.0.2.2"},
}};

namespace {

constexpr std::size_t kNode = 0;
constexpr std::size_t kController = 1;
constexpr std::size_t kDeployer = 2;
constexpr std::size_t kCollector = 6;
constexpr std::size_t kPeople = 3;  // the first of four who create services; the deployer too
constexpr std::array<std::string_view, 5> kNamespaces = {"shop", "data", "default", "monitoring",
                                                         "kube-system"};

std::string seconds_only(WallTime time) {
  return format_time(time).substr(0, 19) + 'Z';
}

std::string quoted_list(std::string_view first, std::string_view second = {}) {
  return second.empty() ? fmt::format(R"(["{}"])", first)
                        : fmt::format(R"(["{}","{}"])", first, second);
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

std::string AuditEvents::uuid() {
  const std::uint64_t high = random_();
  const std::uint64_t low = random_();
  return fmt::format("{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}", high >> 32, (high >> 16) & 0xFFFF,
                     high & 0xFFF, low >> 52, low & 0xFFFFFFFFFFFF);
}

bool AuditEvents::creation_is_due() const {
  return created_ < plan_.creations && written_ >= created_ * plan_.lines / plan_.creations;
}

std::string_view AuditEvents::next(WallTime time) {
  creation_.reset();
  if (response_is_next_) {
    response_is_next_ = false;
    write_line("ResponseComplete", time);
  } else {
    begin(time);
    request_.received = format_time(time);
    // Audit policies leave RequestReceived out for most of what machines do.
    const bool both = request_.creation || below(2) == 0;
    if (both && written_ + 1 < plan_.lines) {
      response_is_next_ = true;
      write_line("RequestReceived", time);
    } else {
      request_.received = format_time(time - Micros(300 + below(9'000)));
      write_line("ResponseComplete", time);
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

void AuditEvents::describe(std::size_t actor, std::string_view verb, std::string_view group,
                           std::string_view resource, std::string_view name_space,
                           std::string_view name) {
  request_ = {};
  request_.audit_id = uuid();
  request_.level = "RequestResponse";
  request_.verb = verb;
  request_.actor = &kActors[actor];
  request_.user_agent = request_.actor->agent;
  request_.source_ips = quoted_list(request_.actor->address);
  const std::string prefix = group.empty() ? "/api/v1" : fmt::format("/apis/{}/v1", group);
  request_.uri = fmt::format("{}/namespaces/{}/{}", prefix, name_space, resource);
  if (verb != "create" && !name.empty()) append(request_.uri, "/", name);
  const auto reference = [&](std::string_view known_name) {
    std::string text = fmt::format(R"({{"resource":"{}","namespace":"{}")", resource, name_space);
    if (!known_name.empty()) append(text, R"(,"name":")", known_name, "\"");
    if (!group.empty()) append(text, R"(,"apiGroup":")", group, "\"");
    return text + R"(,"apiVersion":"v1"})";
  };
  request_.object = reference(name);
  // The name of what is created stands in the body, which is not read yet.
  request_.received_object = verb == "create" ? reference({}) : request_.object;
  append_response_status(request_.status, {.name = {}, .message = {}, .reason = {}, .code = "200"});
}

// Of each eleven creations: a dry run and then the creation itself, three of one name of which two
// come too late, one refused by a webhook, one that misspells the type.
void AuditEvents::begin_creation(WallTime time) {
  const std::uint64_t index = created_++;
  const std::uint64_t kind = index % 11;
  std::uint64_t subject = index;
  if (kind == 5 || kind == 6) subject = index - (kind - 4);
  if (kind == 8) subject = index - 1;
  const std::size_t actor = kPeople - 1 + subject % 4;
  const auto name = fmt::format("web-{:06}", subject);
  const std::string_view name_space = kNamespaces[subject % 3];

  describe(actor, "create", "", "services", name_space, name);
  if (subject % 7 == 2) {
    request_.source_ips = quoted_list("203.0.113.77", request_.actor->address);
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
  request_.creation = std::move(creation);
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
  const std::string uid = uuid();
  const std::string version = std::to_string(++version_);
  service.node_port = node_port;
  service.uid = uid;
  if (!creation.dry_run) service.version = version;
  append_service(request_.response_body, service);
}

void AuditEvents::begin_decoy(WallTime time) {
  const std::string_view name_space = kNamespaces[below(kNamespaces.size())];
  const std::string name = fmt::format("app-{:05x}", below(1 << 20));
  const std::string uid = uuid();
  const std::string version = std::to_string(++version_);
  const std::string now = format_time(time);
  const ObjectText object{
      .name = name, .name_space = name_space, .uid = uid, .version = version, .time = now};
  const std::uint64_t what = below(100);
  if (what < 30) {
    describe(kNode, "update", "coordination.k8s.io", "leases", "kube-node-lease", name);
    append_lease(request_.request_body, object);
    append_lease(request_.response_body, object);
  } else if (what < 40) {
    describe(kController, "get", "", "configmaps", name_space, name);
    append_config_map(request_.response_body, object, "leader: one\\ninterval: 15s\\n");
  } else if (what < 48) {
    describe(kCollector, "watch", "", "pods", name_space, "");
    request_.level = "Metadata";
    append(request_.uri, "?allowWatchBookmarks=true\\u0026resourceVersion=", version,
           "\\u0026timeoutSeconds=412\\u0026watch=true");
  } else if (what < 56) {
    describe(kDeployer, "list", "", "services", name_space, "");
    request_.uri += "?limit=500\\u0026resourceVersion=0";
    append(request_.response_body, R"({"kind":"ServiceList","apiVersion":"v1","metadata":{)",
           R"("resourceVersion":")", version, R"("},"items":[]})");
  } else if (what < 68) {
    describe(kNode, "create", "events.k8s.io", "events", name_space, name);
    append_event(request_.request_body, object, "Successfully assigned to worker-2");
    append_event(request_.response_body, object, "Successfully assigned to worker-2");
  } else if (what < 78) {
    describe(kController, "update", "discovery.k8s.io", "endpointslices", name_space, name);
    append_endpoint_slice(request_.request_body, object);
    append_endpoint_slice(request_.response_body, object);
  } else if (what < 92) {
    describe(kNode, "get", "", "pods", name_space, name);
    append_pod(request_.response_body, object);
  } else {
    describe(kDeployer, "create", "authorization.k8s.io", "subjectaccessreviews", name_space, "");
    append_access_review(request_.request_body, object);
    append_access_review(request_.response_body, object);
  }
}

// Lines that hold the word and are no creation of a NodePort service.
void AuditEvents::begin_named_decoy(WallTime time) {
  const std::string name = fmt::format("shop-{:04x}", below(1 << 16));
  const std::string uid = uuid();
  const std::string version = std::to_string(++version_);
  if (below(2) == 0) {
    const std::string now = format_time(time);
    const ObjectText object{
        .name = name, .name_space = "shop", .uid = uid, .version = version, .time = now};
    describe(kController, "create", "events.k8s.io", "events", "shop", name);
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
  describe(kPeople, "create", "", "services", "shop", name);
  append_service(request_.request_body, service);
  service.uid = uid;
  service.version = version;
  append_service(request_.response_body, service);
}

void AuditEvents::begin_big(WallTime time) {
  const std::string uid = uuid();
  const std::string version = std::to_string(++version_);
  const std::string now = format_time(time);
  describe(kDeployer, "update", "", "configmaps", "monitoring", "dashboards");
  append_config_map(request_.request_body,
                    {.name = "dashboards",
                     .name_space = "monitoring",
                     .uid = uid,
                     .version = version,
                     .time = now},
                    big_value_);
}

void AuditEvents::write_line(std::string_view stage, WallTime time) {
  const bool complete = stage == "ResponseComplete";
  const std::string now = format_time(time);
  line_.clear();
  append(line_, R"({"kind":"Event","apiVersion":"audit.k8s.io/v1","level":")", request_.level,
         R"(","auditID":")", request_.audit_id, R"(","stage":")", stage, R"(","requestURI":")",
         request_.uri, R"(","verb":")", request_.verb, R"(","user":{"username":")",
         request_.actor->name, R"(","groups":)", request_.actor->groups, R"(},"sourceIPs":)",
         request_.source_ips);
  if (!request_.user_agent.empty()) append(line_, R"(,"userAgent":")", request_.user_agent, "\"");
  append(line_, R"(,"objectRef":)", complete ? request_.object : request_.received_object);
  if (complete) {
    append(line_, R"(,"responseStatus":)", request_.status);
    if (!request_.request_body.empty())
      append(line_, R"(,"requestObject":)", request_.request_body);
    if (!request_.response_body.empty()) {
      append(line_, R"(,"responseObject":)", request_.response_body);
    }
  }
  append(line_, R"(,"requestReceivedTimestamp":")", request_.received, R"(","stageTimestamp":")",
         now, "\"");
  if (complete) {
    append(
        line_, R"(,"annotations":{"authorization.k8s.io/decision":"allow",)",
        R"("authorization.k8s.io/reason":"RBAC: allowed by ClusterRoleBinding \"operators\" of )",
        R"(ClusterRole \"operators\" to User \")", request_.actor->name, R"(\""})");
    creation_ = std::move(request_.creation);
    if (creation_) creation_->time = time;
  }
  line_ += "}\n";
}

}  // namespace nodeportd::test
