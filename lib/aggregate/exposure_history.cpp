#include "aggregate/exposure_history.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

namespace nodeportd {
namespace {

using Before = Exposure::Before;
using Change = Exposure::Change;
using Extent = ServiceWrite::Extent;

constexpr std::chrono::hours kAuditIdAge{24};

// What the apiserver takes where a port names none.
std::string_view protocol_of(const NodePort& port) {
  return port.protocol.empty() ? "TCP" : std::string_view(port.protocol);
}

// Stands for all ports of which nothing is told.
bool is_placeholder(const NodePort& port) {
  return !port.number && !port.port;
}

// By its number where both are told, else by the Service's port. A placeholder may be any port that
// is known; what was known as a placeholder is news once it is told.
bool is_same(const NodePort& now, const NodePort& before) {
  if (is_placeholder(now)) return true;
  if (is_placeholder(before) || protocol_of(now) != protocol_of(before)) return false;
  return now.number && before.number ? now.number == before.number : now.port == before.port;
}
bool is_same(const std::string& a, const std::string& b) {
  return a == b;
}

template <typename What>
const Opened<What>* find_same(const std::vector<Opened<What>>& known, const What& what) {
  const auto found = std::find_if(known.begin(), known.end(), [&](const Opened<What>& each) {
    return is_same(what, each.what);
  });
  return found == known.end() ? nullptr : &*found;
}

// What of `now` is not among what is known.
template <typename What>
std::vector<What> fresh(const std::vector<What>& now, const std::vector<Opened<What>>& known) {
  std::vector<What> result;
  std::copy_if(now.begin(), now.end(), std::back_inserter(result),
               [&](const What& what) { return find_same(known, what) == nullptr; });
  return result;
}

// What was told of it before is not forgotten.
NodePort merged(const NodePort& now, const NodePort& before) {
  return now.number ? now : before;
}
std::string merged(const std::string& now, const std::string& /*before*/) {
  return now;
}

// What was open stays open since then, by whom it was.
template <typename What>
std::vector<Opened<What>> carry(const std::vector<What>& now,
                                const std::vector<Opened<What>>& known, const Opened<int>& here) {
  std::vector<Opened<What>> result;
  for (const What& what : now) {
    const Opened<What>* before = find_same(known, what);
    if (before != nullptr) {
      result.push_back({merged(what, before->what), before->since, before->by});
    } else {
      result.push_back({what, here.since, here.by});
    }
  }
  return result;
}

// What a patch does not name stays.
template <typename What>
void add_missing(std::vector<Opened<What>>& now, const std::vector<Opened<What>>& known) {
  for (const Opened<What>& before : known) {
    if (find_same(now, before.what) == nullptr) now.push_back(before);
  }
}

bool closes_node_ports(const Exposure& exposure) {
  return exposure.type && exposure.type != "NodePort" && exposure.type != "LoadBalancer";
}

KnownService after(const ServiceWrite& write, const KnownService* known) {
  const Exposure& exposure = write.exposure;
  const KnownService nothing;
  const KnownService& before = known != nullptr ? *known : nothing;
  const Opened<int> here{0, write.time, exposure.actor};
  KnownService service;
  service.ns = exposure.ns;
  service.name = exposure.name;
  service.uid = exposure.uid.empty() ? before.uid : exposure.uid;
  service.type = exposure.type;
  service.updated = write.time;
  service.node_ports = carry(exposure.doors.node_ports, before.node_ports, here);
  service.external_ips = carry(exposure.doors.external_ips, before.external_ips, here);
  if (const auto number = exposure.doors.health_check_node_port) {
    const bool stays =
        before.health_check_node_port && before.health_check_node_port->what == number;
    service.health_check_node_port =
        stays ? before.health_check_node_port : Opened<std::uint32_t>{*number, here.since, here.by};
  }
  if (write.extent == Extent::whole) return service;
  add_missing(service.external_ips, before.external_ips);
  if (closes_node_ports(exposure)) return service;
  add_missing(service.node_ports, before.node_ports);
  if (!service.type) service.type = before.type;
  if (!service.health_check_node_port) {
    service.health_check_node_port = before.health_check_node_port;
  }
  return service;
}

Doors doors_of(const KnownService& service) {
  Doors doors;
  for (const auto& each : service.node_ports) doors.node_ports.push_back(each.what);
  for (const auto& each : service.external_ips) doors.external_ips.push_back(each.what);
  if (service.health_check_node_port) {
    doors.health_check_node_port = service.health_check_node_port->what;
  }
  return doors;
}

// Whether the same doors are open, whatever is told of them.
bool is_unchanged(const KnownService& before, const KnownService& now) {
  return before.type == now.type && before.node_ports.size() == now.node_ports.size() &&
         before.external_ips.size() == now.external_ips.size() &&
         doors_of(before).health_check_node_port == doors_of(now).health_check_node_port &&
         fresh(doors_of(now).node_ports, before.node_ports).empty() &&
         fresh(doors_of(now).external_ips, before.external_ips).empty();
}

}  // namespace

void ExposureHistory::settle(ServiceWrite& write) {
  settle_audit_id(write);
  Exposure& exposure = write.exposure;
  std::optional<KnownService> known = find(exposure);
  const bool is_other =
      known && !known->uid.empty() && !exposure.uid.empty() && known->uid != exposure.uid;
  // A deletion of what was replaced meanwhile says nothing of what stands there now.
  if (is_other && write.extent == Extent::gone) write.extent = Extent::nothing;
  if (is_other) known.reset();
  exposure.before = !known ? Before::unknown : known->is_open() ? Before::open : Before::closed;
  if (exposure.outcome != Exposure::Outcome::succeeded) {
    if (write.extent == Extent::unknown) keep(write, nullptr);
    return;
  }
  if (write.creates) {
    exposure.before = Before::absent;
    known.reset();
  }
  settle_doors(write, known ? &*known : nullptr);
  keep(write, known ? &*known : nullptr);
}

void ExposureHistory::settle_doors(ServiceWrite& write, const KnownService* known) {
  Exposure& exposure = write.exposure;
  const KnownService nothing;
  const KnownService& before = known != nullptr ? *known : nothing;
  exposure.opened.node_ports = fresh(exposure.doors.node_ports, before.node_ports);
  exposure.opened.external_ips = fresh(exposure.doors.external_ips, before.external_ips);
  const auto health = exposure.doors.health_check_node_port;
  const bool is_fresh =
      !before.health_check_node_port || before.health_check_node_port->what != health;
  if (health && is_fresh) exposure.opened.health_check_node_port = health;

  if (known == nullptr || exposure.change == Change::closed) return;
  if (write.extent == Extent::nothing) {
    exposure.change = Change::touched;
  } else if (write.extent != Extent::unknown) {
    const KnownService now = after(write, known);
    if (known->is_open() && !now.is_open()) {
      exposure.change = Change::closed;
    } else if (is_unchanged(*known, now)) {
      exposure.change = Change::touched;
    }
  }
}

void ExposureHistory::keep(const ServiceWrite& write, const KnownService* known) {
  const Exposure& exposure = write.exposure;
  if (exposure.name.empty() || write.extent == Extent::nothing) return;
  ServiceChange change;
  if (write.extent == Extent::whole || write.extent == Extent::partial) {
    change.service = after(write, known);
  } else {
    change.kind = ServiceChange::Kind::forgotten;
    change.service.ns = exposure.ns;
    change.service.name = exposure.name;
  }
  change.service.cluster = cluster_;
  services_[{exposure.ns, exposure.name}] = std::move(change);
}

std::optional<KnownService> ExposureHistory::find(const Exposure& exposure) {
  const auto pending = services_.find({exposure.ns, exposure.name});
  if (pending == services_.end()) return shelf_.find_service(cluster_, exposure.ns, exposure.name);
  if (pending->second.kind != ServiceChange::Kind::known) return std::nullopt;
  return pending->second.service;
}

void ExposureHistory::settle_audit_id(ServiceWrite& write) {
  if (write.audit_key == 0) return;
  std::optional<AuditIdUse> last;
  const auto pending = audit_id_at_.find(write.audit_key);
  if (pending != audit_id_at_.end()) {
    last = audit_ids_[pending->second];
  } else {
    last = shelf_.find_audit_id(write.audit_key);
  }
  const AuditIdUse now{++sequence_, write.audit_key, write.content, write.time};
  if (last && last->content != now.content && now.sequence - last->sequence <= kAuditIdsMax) {
    const auto apart = last->time < now.time ? now.time - last->time : last->time - now.time;
    write.exposure.audit_id_reused = apart <= kAuditIdAge;
  }
  audit_id_at_[now.key] = audit_ids_.size();
  audit_ids_.push_back(now);
}

void ExposureHistory::take_changes(Changes& changes) {
  for (auto& [key, change] : services_) changes.services.push_back(std::move(change));
  changes.audit_ids.insert(changes.audit_ids.end(), audit_ids_.begin(), audit_ids_.end());
  services_.clear();
  audit_ids_.clear();
  audit_id_at_.clear();
}

}  // namespace nodeportd
