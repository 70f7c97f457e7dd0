#include "bench/everyday_lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "tools/audit_bodies.hpp"

namespace nodeportd::test {
namespace {

constexpr std::string_view kName = kMarkers.name;
constexpr ObjectText kObject = {.name = kName,
                                .name_space = "shop",
                                .uid = "5f0c8a1e-77d2-4c57-9d0b-3c1f0e7a2b44",
                                .version = kMarkers.version,
                                .time = kMarkers.stage_time};
constexpr std::string_view kManifest =
    R"({\"apiVersion\":\"v1\",\"kind\":\"Service\",\"spec\":{\"type\":\"NodePort\"}}\n)";

LineTemplate to_template(const AuditRequest& request, Stage stage = Stage::response_complete) {
  std::string line;
  append_audit_line(line, request, stage, kMarkers.stage_time);
  return LineTemplate(std::move(line));
}

AuditRequest marked_request(const Actor& actor, const Target& target) {
  AuditRequest request = make_request(std::string(kMarkers.audit_id), actor, target);
  request.received = kMarkers.received;
  return request;
}

// The length of the line that is longer than the share `rank` of all lines.
std::size_t typical_size(double rank) {
  struct Point {
    double rank;
    double bytes;
  };
  constexpr std::array<Point, 5> kPoints = {
      {{0, 700}, {0.5, 1'500}, {0.9, 2'300}, {0.99, 20'000}, {1, 100'000}}};
  std::size_t i = 1;
  while (i + 1 < kPoints.size() && rank > kPoints[i].rank) ++i;
  const auto& [rank_a, bytes_a] = kPoints[i - 1];
  const auto& [rank_b, bytes_b] = kPoints[i];
  const double share = (rank - rank_a) / (rank_b - rank_a);
  return static_cast<std::size_t>(bytes_a * std::pow(bytes_b / bytes_a, share));
}

double rank_of(std::size_t i, std::size_t count) {
  return (static_cast<double>(i) + 0.5) / static_cast<double>(count);
}

}  // namespace

const std::vector<EverydayLines::Kind> EverydayLines::kKinds = {
    {&kNode,
     {"update", "coordination.k8s.io", "leases", "kube-node-lease", kName},
     Body::lease,
     30},
    {&kController, {"get", "coordination.k8s.io", "leases", "kube-system", kName}, Body::lease, 6},
    {&kNode, {"create", "events.k8s.io", "events", "shop", kName}, Body::event, 12},
    {&kController,
     {"update", "discovery.k8s.io", "endpointslices", "shop", kName},
     Body::slice,
     10},
    {&kNode, {"get", "", "pods", "shop", kName}, Body::pod, 8},
    {&kNode, {"update", "", "pods", "shop", kName}, Body::pod, 10},
    {&kNode, {"patch", "", "nodes", "", kName}, Body::node, 8},
    {&kController, {"get", "", "configmaps", "monitoring", kName}, Body::config_map, 6},
    {&kDeployer, {"update", "", "configmaps", "monitoring", kName}, Body::config_map, 4},
    {&kDeployer,
     {"create", "authorization.k8s.io", "subjectaccessreviews", "shop", ""},
     Body::review,
     10},
    {&kCollector, {"watch", "", "pods", "shop", ""}, Body::none, 8},
    {&kNode, {"watch", "", "configmaps", "shop", ""}, Body::none, 6},
    {&kNode, {"get", "", "secrets", "shop", kName}, Body::none, 6},
    {&kDeployer, {"list", "", "services", "shop", ""}, Body::none, 4},
    {&kController, {"list", "apps", "replicasets", "data", ""}, Body::none, 4},
    {&kNode, {"create", "authentication.k8s.io", "tokenreviews", "", ""}, Body::none, 6},
};

EverydayLines::EverydayLines(std::mt19937_64& random) : random_(random) {
  for (const Kind& kind : kKinds) {
    for (const std::string_view level : {"Metadata", "Request", "RequestResponse"}) {
      const bool has_body = level != "Metadata";
      if (has_body &&
          (kind.body == Body::none || (level == "Request" && kind.target.verb == "get")))
        continue;
      Variant variant{.kind = kind, .level = level};
      variant.size = to_template(request_of(variant, 0)).size();
      variant.step = to_template(request_of(variant, 1)).size() - variant.size;
      variants_.push_back(variant);
    }
  }
}

std::string EverydayLines::body_of(Body body, std::size_t elements) {
  std::string more;
  for (std::size_t i = 0; i < elements; ++i) {
    const std::size_t number = i % 251;
    if (body == Body::config_map) {
      append(more, "level: info\\nendpoint: https://metrics.example.org/push?a=1\\u0026b=",
             std::to_string(number), "\\nnote: \\\"retained 14d\\\"\\n");
    } else if (body == Body::slice) {
      more += fmt::format(
          R"(,{{"addresses":["10.244.{0}.17"],"conditions":{{"ready":true,"serving":true,)"
          R"("terminating":false}},"nodeName":"worker-{0}","zone":"eu-west-1a"}})",
          number);
    } else if (body == Body::pod) {
      more += fmt::format(
          R"(,{{"name":"side-{0}","image":"registry.example.org/side:1.{0}","ports":[)"
          R"({{"containerPort":9{0:03},"protocol":"TCP"}}],"imagePullPolicy":"IfNotPresent"}})",
          number);
    } else if (body == Body::node) {
      more += fmt::format(
          R"(,{{"names":["registry.example.org/shop/part-{0}@sha256:1b7f{0:03}0e","registry.)"
          R"(example.org/shop/part-{0}:4.{0}"],"sizeBytes":7{0:03}1520}})",
          number);
    }
  }
  std::string out;
  switch (body) {
    case Body::none:
      break;
    case Body::lease:
      append_lease(out, kObject);
      break;
    case Body::config_map:
      append_config_map(out, kObject, more);
      break;
    case Body::event:
      append_event(out, kObject, "Successfully assigned to worker-2");
      break;
    case Body::slice:
      append_endpoint_slice(out, kObject, more);
      break;
    case Body::pod:
      append_pod(out, kObject, more);
      break;
    case Body::node:
      append_node(out, kObject, more);
      break;
    case Body::review:
      append_access_review(out, kObject);
      break;
  }
  return out;
}

AuditRequest EverydayLines::request_of(const Variant& variant, std::size_t elements) {
  AuditRequest request = marked_request(*variant.kind.actor, variant.kind.target);
  request.level = variant.level;
  if (variant.level == "Metadata") return request;
  const std::string body = body_of(variant.kind.body, elements);
  if (request.verb != "get") request.request_body = body;
  if (variant.level == "RequestResponse") request.response_body = body;
  return request;
}

// One that can be as long, more or less.
const EverydayLines::Variant& EverydayLines::variant_for(std::size_t bytes) {
  const auto weight = [bytes](const Variant& variant) -> std::uint64_t {
    const bool is_short_enough = variant.size <= bytes + bytes / 7;
    const bool is_long_enough = variant.step > 0 || variant.size + bytes / 4 >= bytes;
    return is_short_enough && is_long_enough ? variant.kind.weight : 0;
  };
  std::uint64_t sum = 0;
  for (const Variant& variant : variants_) sum += weight(variant);
  if (sum == 0) return variants_.front();
  std::uint64_t left = below(sum);
  std::size_t i = 0;
  for (; left >= weight(variants_[i]); ++i) left -= weight(variants_[i]);
  return variants_[i];
}

AuditRequest EverydayLines::request_of_size(std::size_t bytes) {
  const Variant& variant = variant_for(bytes);
  std::size_t elements = 0;
  if (variant.step > 0 && bytes > variant.size) elements = (bytes - variant.size) / variant.step;
  AuditRequest request = request_of(variant, elements);
  if (below(4) == 0) {
    request.uri += "?allowWatchBookmarks=true\\u0026resourceVersion=9876543210\\u0026timeout=7m12s";
  }
  return request;
}

std::vector<LineTemplate> EverydayLines::typical(std::size_t count) {
  std::vector<LineTemplate> lines;
  for (std::size_t i = 0; i < count; ++i) {
    lines.push_back(to_template(request_of_size(typical_size(rank_of(i, count)))));
  }
  return lines;
}

std::vector<LineTemplate> EverydayLines::hostile(std::size_t count) {
  std::vector<LineTemplate> lines;
  for (std::size_t i = 0; i < count; ++i) {
    AuditRequest request = request_of_size(typical_size(rank_of(i, count)));
    if (i % 2 == 0) {
      request.user_agent =
          R"(probe/1.0 ({\"resource\":\"services\",\"verb\":\"create\",\"type\":\"NodePort\"}))";
    } else {
      // A patch is logged as the client spelled it.
      request.verb = "patch";
      if (request.level == "Metadata") request.level = "Request";
      request.request_body = R"({"metadata":{"annotations":{"note":"\u0041\u0070\u0070lied"}}})";
    }
    lines.push_back(to_template(request));
  }
  return lines;
}

std::vector<LineTemplate> EverydayLines::decoys() {
  std::vector<LineTemplate> lines;
  std::string service;
  append_service(service, {.name = kName,
                           .name_space = "shop",
                           .type = "NodePort",
                           .node_port = "30117",
                           .uid = kObject.uid,
                           .version = kMarkers.version,
                           .annotation = {},
                           .created = "2026-10-02T06:11:40Z"});
  AuditRequest request = marked_request(kAlice, {"get", "", "services", "shop", kName});
  request.response_body = service;
  lines.push_back(to_template(request));

  request = marked_request(kCollector, {"list", "", "services", "shop", ""});
  append(request.response_body,
         R"({"kind":"ServiceList","apiVersion":"v1","metadata":{},"items":[)", service, ",",
         service, "]}");
  lines.push_back(to_template(request));

  request = marked_request(kController, {"create", "events.k8s.io", "events", "shop", kName});
  append_event(request.request_body, kObject, "Updated type of Service from NodePort to ClusterIP");
  lines.push_back(to_template(request));

  request = marked_request(kDeployer, {"update", "", "configmaps", "shop", kName});
  append_config_map(request.request_body, kObject, kManifest);
  lines.push_back(to_template(request));

  request = marked_request(kDeployer, {"update", "", "pods", "shop", kName});
  ObjectText annotated = kObject;
  annotated.annotation = kManifest;
  append_pod(request.request_body, annotated);
  request.response_body = request.request_body;
  lines.push_back(to_template(request));

  request = marked_request(kDeployer, {"update", "serving.knative.dev", "services", "shop", kName});
  request.request_body = service;
  lines.push_back(to_template(request));

  // A creation before its body is read.
  request = marked_request(kAlice, {"create", "", "services", "shop", kName});
  lines.push_back(to_template(request, Stage::request_received));
  return lines;
}

LineTemplate EverydayLines::big(std::size_t bytes) {
  return to_template(request_of_size(bytes));
}

}  // namespace nodeportd::test
