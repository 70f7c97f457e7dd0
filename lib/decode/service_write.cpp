#include "decode/service_write.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "base/time_text.hpp"
#include "decode/json_read.hpp"
#include "decode/outcome.hpp"
#include "decode/service_patch.hpp"
#include "decode/service_spec.hpp"

namespace nodeportd {
namespace {

using Change = Exposure::Change;
using Extent = ServiceWrite::Extent;
using Inspectable = Exposure::Inspectable;
using Outcome = Exposure::Outcome;
using Via = Exposure::Via;

constexpr std::size_t kTextMax = 1'024;  // bytes of a name, a user, a type
// The default range of node ports is 2,768 wide. What was refused can claim anything, and needs no
// more than an impression.
constexpr std::size_t kStoredMax = 4'096;
constexpr std::size_t kClaimedMax = 64;

std::string bounded(std::string_view text) {
  return bounded_utf8(text, kTextMax);
}

std::string text_in(const Value* object, std::string_view name) {
  return bounded(string_in(object, name));
}

bool is_service_write(const Value& event) {
  const Value* object = event.find("objectRef");
  if (string_in(object, "resource") != "services") return false;
  if (!string_in(object, "apiGroup").empty() || !string_in(object, "subresource").empty()) {
    return false;
  }
  const std::string_view stage = string_in(&event, "stage");
  if (stage == "RequestReceived" || stage == "ResponseStarted") return false;
  constexpr std::array<std::string_view, 5> kVerbs = {"create", "update", "patch", "delete",
                                                      "deletecollection"};
  const std::string_view verb = string_in(&event, "verb");
  return std::find(kVerbs.begin(), kVerbs.end(), verb) != kVerbs.end();
}

bool has_finalizers(const Value* metadata) {
  const Value* finalizers = member(metadata, "finalizers");
  return is_list(finalizers) && finalizers->size > 0;
}

std::string_view first_of(std::initializer_list<std::string_view> texts) {
  const auto* found =
      std::find_if(texts.begin(), texts.end(), [](std::string_view text) { return !text.empty(); });
  return found == texts.end() ? std::string_view() : *found;
}

// One write, read piece by piece into `write`, a new one.
class OneWrite {
 public:
  OneWrite(const Value& event, ServiceWrite& write)
      : event_(event),
        verb_(string_in(&event, "verb")),
        object_(event.find("objectRef")),
        request_(body_in(event, "requestObject")),
        response_(body_in(event, "responseObject")),
        write_(write) {
    // A client may ask for a Table or for metadata alone, also as the answer to a write.
    if (string_in(response_, "kind") == "Service" && is_object(member(response_, "spec"))) {
      stored_ = response_;
    }
  }

  void read() {
    read_names();
    facts_.outcome = outcome_of(event_);
    facts_.change = change();
    write_.creates = verb_ == "create" || is_answered_created();
    const bool is_delete = facts_.change == Change::closed;
    if (is_delete) {
      facts_.inspectable = Inspectable::full;
      write_.extent = is_kept_by_finalizers() ? Extent::nothing : Extent::gone;
    } else if (stored_ != nullptr) {
      read_stored();
    } else {
      read_requested();
    }
    read_via();
    if (facts_.outcome != Outcome::succeeded) {
      // An apiserver that gave up waiting may have stored it all the same.
      const bool may_have = facts_.outcome == Outcome::failed || facts_.outcome == Outcome::unknown;
      write_.extent = may_have ? Extent::unknown : Extent::nothing;
    }
  }

 private:
  // AKS puts a text where a body was too long for it.
  const Value* body_in(const Value& event, std::string_view name) {
    const Value* body = event.find(name);
    if (is_object(body) || is_list(body)) return body;
    is_truncated_ = is_truncated_ || !string_in(&event, name).empty();
    return nullptr;
  }

  void read_names() {
    facts_.audit_id = text_in(&event_, "auditID");
    facts_.user = text_in(event_.find("user"), "username");
    facts_.actor = text_in(event_.find("impersonatedUser"), "username");
    if (facts_.actor.empty()) facts_.actor = facts_.user;
    const Value* addresses = event_.find("sourceIPs");
    if (is_list(addresses) && addresses->size > 0) {
      const Value& last = addresses->items[addresses->size - 1];
      if (last.kind == Value::Kind::string) {
        facts_.origin_ip = bounded(last.text);
      }
    }
    const Value* answered = member(response_, "metadata");
    const Value* asked = member(request_, "metadata");
    facts_.ns = bounded(first_of({string_in(object_, "namespace"),  //
                                  string_in(answered, "namespace")}));
    facts_.name = bounded(first_of(
        {string_in(answered, "name"), string_in(object_, "name"), string_in(asked, "name")}));
    facts_.uid = bounded(first_of({string_in(answered, "uid"),  //
                                   string_in(member(response_, "details"), "uid")}));
  }

  [[nodiscard]] bool is_answered_created() const {
    return whole_number(member(event_.find("responseStatus"), "code"), 999) == 201U;
  }

  [[nodiscard]] Change change() const {
    if (verb_.starts_with("delete")) return Change::closed;
    if (verb_ == "create") return Change::created;
    // PUT to a name that is not there creates.
    if (verb_ == "update") return is_answered_created() ? Change::created : Change::updated;
    return is_apply() ? Change::applied : Change::patched;
  }

  // The content type is not logged. Apply alone creates by a patch, and alone must name the kind.
  [[nodiscard]] bool is_apply() const {
    if (is_answered_created()) return true;
    const bool names_kind =
        !string_in(request_, "kind").empty() && !string_in(request_, "apiVersion").empty();
    return names_kind &&
           string_in(&event_, "requestURI").find("fieldManager=") != std::string_view::npos;
  }

  [[nodiscard]] bool is_kept_by_finalizers() const {
    return has_finalizers(member(response_, "metadata"));
  }

  // What was not stored after all says little, and must not crowd out what is.
  [[nodiscard]] std::size_t doors_max() const {
    return facts_.outcome == Outcome::succeeded ? kStoredMax : kClaimedMax;
  }

  void read_stored() {
    ServiceSpec spec = read_stored_spec(*stored_->find("spec"), doors_max());
    facts_.inspectable = Inspectable::full;
    facts_.type = std::move(spec.type);
    facts_.doors = std::move(spec.doors);
    write_.extent = Extent::whole;
    if (std::max(facts_.doors.node_ports.size(), facts_.doors.external_ips.size()) == kStoredMax) {
      facts_.inspectable = Inspectable::none;
      facts_.inspectable_reason = "too_many";
      write_.extent = Extent::unknown;
    }
    // The last finalizer of a deleted Service was taken away: now it is gone.
    const Value* metadata = stored_->find("metadata");
    if (member(metadata, "deletionTimestamp") != nullptr && !is_kept_by_finalizers()) {
      facts_.change = Change::closed;
      facts_.doors = {};
      write_.extent = Extent::gone;
    }
  }

  void read_requested() {
    write_.extent = Extent::unknown;
    if (request_ == nullptr) {
      // A request that was not let in is refused before its body is read.
      facts_.inspectable_reason = reason();
      return;
    }
    const bool is_whole = verb_ != "patch" || is_answered_created();
    const PatchReach reach = is_whole ? PatchReach::told : patch_reach();
    if (const Value* spec = member(request_, "spec"); is_object(spec)) read_asked_spec(*spec);
    facts_.inspectable_reason = reason();
    if (reach == PatchReach::not_told) return;
    facts_.inspectable = Inspectable::request_only;
    write_.extent = is_whole                    ? Extent::whole
                    : reach == PatchReach::none ? Extent::nothing
                                                : Extent::partial;
  }

  // Apply takes away what its manager owned and names no more.
  [[nodiscard]] PatchReach patch_reach() const {
    const PatchReach reach = reach_of(*request_);
    return reach == PatchReach::none && is_apply() ? PatchReach::not_told : reach;
  }

  void read_asked_spec(const Value& asked) {
    ServiceSpec spec = read_requested_spec(asked, doors_max());
    facts_.type = std::move(spec.type);
    facts_.doors = std::move(spec.doors);
  }

  // Why there is no stored Service to look at.
  [[nodiscard]] std::string reason() const {
    if (is_truncated_) return "truncated";
    if (response_ == nullptr) return "policy_level";
    return string_in(response_, "kind") == "Status" ? "refused" : "transformed";
  }

  void read_via() {
    const Doors& doors = facts_.doors;
    const auto add = [this](Via via, bool holds) {
      if (holds) facts_.via.push_back(via);
    };
    const bool has_ports = !doors.node_ports.empty();
    add(Via::node_port, facts_.type == "NodePort");
    add(Via::load_balancer, facts_.type == "LoadBalancer" && has_ports);
    add(Via::explicit_port, has_ports && request_ != nullptr && names_node_port(*request_));
    add(Via::external_ips, !doors.external_ips.empty());
    add(Via::health_check, doors.health_check_node_port.has_value());
  }

  const Value& event_;
  std::string_view verb_;
  const Value* object_;
  bool is_truncated_ = string_in(event_.find("annotations"), "audit.k8s.io/truncated") == "true";
  const Value* request_;
  const Value* response_;
  const Value* stored_ = nullptr;  // the Service as the apiserver answered it
  ServiceWrite& write_;
  Exposure& facts_ = write_.exposure;
};

std::uint64_t short_hash(const Digest& digest) {
  std::uint64_t hash = 0;
  std::memcpy(&hash, digest.data(), sizeof hash);
  return hash;
}

WallTime time_of(const Value& event) {
  auto time = parse_time(string_in(&event, "stageTimestamp"));
  if (!time) time = parse_time(string_in(&event, "requestReceivedTimestamp"));
  return time.value_or(WallTime());
}

// What tells one request from another that bears its auditID. The apiserver's clock gives each the
// microsecond in which it came and the one in which it was answered; no client chooses these, and
// so none can make two requests that agree in all of this. Without them only the whole event tells.
std::uint64_t content_of(const AuditEvent& event, const Exposure& facts, DigestBuilder& digest) {
  const Value& root = event.root;
  const std::string_view received = string_in(&root, "requestReceivedTimestamp");
  const std::string_view reached = string_in(&root, "stageTimestamp");
  if (received.empty() || reached.empty()) return short_hash(digest_of(event.raw));
  return short_hash(digest.field(received)
                        .field(reached)
                        .field(string_in(&root, "verb"))
                        .field(string_in(&root, "requestURI"))
                        .field(facts.user)
                        .field(std::to_string(event.raw.size()))
                        .finish());
}

bool is_deletion_of_many(const Value& event) {
  return string_in(&event, "verb") == "deletecollection" &&
         is_list(member(event.find("responseObject"), "items"));
}

// Each Service that the answer lists is gone; the last of `out` is what is true of all of them.
void tell_each_deleted(const Value& items, std::vector<ServiceWrite>& out) {
  if (items.size == 0) return;
  const ServiceWrite all = std::move(out.back());
  out.pop_back();
  for (std::size_t i = 0; i < items.size; ++i) {
    const Value* metadata = member(&items.items[i], "metadata");
    ServiceWrite& each = out.emplace_back(all);
    each.exposure.name = text_in(metadata, "name");
    each.exposure.uid = text_in(metadata, "uid");
    if (std::string ns = text_in(metadata, "namespace"); !ns.empty()) {
      each.exposure.ns = std::move(ns);
    }
    if (has_finalizers(metadata)) each.extent = Extent::nothing;
  }
}

}  // namespace

void ServiceWriteReader::read(const AuditEvent& event, std::vector<ServiceWrite>& out) {
  const Value& root = event.root;
  if (!is_service_write(root)) return;
  ServiceWrite& write = out.emplace_back();
  OneWrite(root, write).read();
  write.time = time_of(root);
  if (const Exposure& facts = write.exposure; !facts.audit_id.empty()) {
    digest_.field(facts.audit_id).field(string_in(&root, "stage"));
    write.audit_key = short_hash(digest_.finish());
    write.content = content_of(event, facts, digest_);
  }
  if (is_deletion_of_many(root)) {
    tell_each_deleted(*root.find("responseObject")->find("items"), out);
  }
}

}  // namespace nodeportd
