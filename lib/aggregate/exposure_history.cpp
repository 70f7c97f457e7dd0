#include "aggregate/exposure_history.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>

namespace nodeportd {
namespace {

using Before = Exposure::Before;
using Change = Exposure::Change;
using Extent = ServiceWrite::Extent;

constexpr std::chrono::hours kAuditIdAge{24};
// A write that changes nothing is kept for its time alone, and not more often than this.
constexpr std::chrono::minutes kTouchEvery{1};
// Services, their ports and their addresses that are held in memory, about 2 MiB of them.
constexpr std::size_t kWeightMax = 6'000;
// As many as are read of an answer, see kStoredMax in decode/service_write.cpp.
constexpr std::size_t kDoorsMax = 4'096;

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

// Finds the same among what is known. A Service may have thousands of addresses, by anybody who may
// patch it: they are looked up, where a search for each would hold up the ledger for seconds.
template <typename What>
class Lookup {
 public:
  explicit Lookup(const std::vector<Opened<What>>& all) : all_(all) {
    if constexpr (std::is_same_v<What, std::string>) {
      if (all.size() <= kSearchedMax) return;
      for (const Opened<What>& each : all) by_text_.try_emplace(each.what, &each);
    }
  }

  [[nodiscard]] const Opened<What>* find(const What& what) const {
    if constexpr (std::is_same_v<What, std::string>) {
      if (!by_text_.empty()) {
        const auto found = by_text_.find(what);
        return found == by_text_.end() ? nullptr : found->second;
      }
    }
    const auto found = std::find_if(all_.begin(), all_.end(), [&](const Opened<What>& each) {
      return is_same(what, each.what);
    });
    return found == all_.end() ? nullptr : &*found;
  }

 private:
  static constexpr std::size_t kSearchedMax = 16;

  const std::vector<Opened<What>>& all_;
  std::unordered_map<std::string_view, const Opened<What>*> by_text_;
};

// What of `now` is not among what is known.
template <typename What>
std::vector<What> fresh(const std::vector<What>& now, const std::vector<Opened<What>>& known) {
  std::vector<What> result;
  const Lookup<What> all(known);
  std::copy_if(now.begin(), now.end(), std::back_inserter(result),
               [&](const What& what) { return all.find(what) == nullptr; });
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
  const Lookup<What> all(known);
  for (const What& what : now) {
    const Opened<What>* before = all.find(what);
    if (before != nullptr) {
      result.push_back({merged(what, before->what), before->since, before->by});
    } else {
      result.push_back({what, here.since, here.by});
    }
  }
  return result;
}

// Whether carry() would give `known` again.
template <typename What>
bool carries_all(const std::vector<What>& now, const std::vector<Opened<What>>& known) {
  if (now.size() != known.size()) return false;
  const Lookup<What> all(known);
  return std::equal(now.begin(), now.end(), known.begin(),
                    [&](const What& what, const Opened<What>& before) {
                      return what == before.what && all.find(what) == &before;
                    });
}

// The apiserver merges ports by their own number and protocol: a patch that names one of them gives
// it another node port in the place of the one it had.
bool is_of_one_port(const NodePort& a, const NodePort& b) {
  return a.port && a.port == b.port && protocol_of(a) == protocol_of(b);
}

// Ports that a patch does not name stay.
void add_missing(std::vector<Opened<NodePort>>& now, const std::vector<Opened<NodePort>>& known) {
  const std::size_t named = now.size();
  for (const Opened<NodePort>& before : known) {
    const bool is_there = std::any_of(
        now.begin(), now.begin() + static_cast<std::ptrdiff_t>(named), [&](const auto& each) {
          return is_same(before.what, each.what) || is_of_one_port(before.what, each.what);
        });
    if (!is_there) now.push_back(before);
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
  // An atomic list: what a patch names of it takes the place of all that was there.
  if (service.external_ips.empty()) service.external_ips = before.external_ips;
  if (closes_node_ports(exposure)) return service;
  add_missing(service.node_ports, before.node_ports);
  if (!service.type) service.type = before.type;
  if (!service.health_check_node_port) {
    service.health_check_node_port = before.health_check_node_port;
  }
  return service;
}

// Whether after() would give `known` again, but for its time: nearly always, and then there is
// nothing to be copied. `false` where it takes more than a look to tell.
bool leaves_as_it_is(const ServiceWrite& write, const KnownService& known) {
  const Exposure& exposure = write.exposure;
  const Doors& doors = exposure.doors;
  if (!exposure.uid.empty() && exposure.uid != known.uid) return false;
  if (write.extent == Extent::partial && doors.empty() && !exposure.type) return true;
  return exposure.type == known.type && carries_all(doors.node_ports, known.node_ports) &&
         carries_all(doors.external_ips, known.external_ips) &&
         doors.health_check_node_port.has_value() == known.health_check_node_port.has_value() &&
         (!known.health_check_node_port ||
          known.health_check_node_port->what == doors.health_check_node_port);
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

WallTime::duration between(WallTime a, WallTime b) {
  return a < b ? b - a : a - b;
}

bool is_soon_after(WallTime now, WallTime before) {
  return between(now, before) < kTouchEvery;
}

// Whether only its time would change, and that by little.
bool says_the_same(const ServiceChange& last, const ServiceChange& next) {
  if (last.kind != next.kind) return false;
  if (next.kind == ServiceChange::Kind::forgotten) return true;
  const KnownService& before = last.service;
  const KnownService& now = next.service;
  if (!is_soon_after(now.updated, before.updated)) return false;
  KnownService same = now;
  same.updated = before.updated;
  return same == before;
}

std::size_t weight_of(const ServiceChange& change) {
  return 1 + change.service.node_ports.size() + change.service.external_ips.size();
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
  Known& entry = look_up(exposure);
  const KnownService* known =
      entry.change.kind == ServiceChange::Kind::known ? &entry.change.service : nullptr;
  const bool is_other = known != nullptr && !known->uid.empty() && !exposure.uid.empty() &&
                        known->uid != exposure.uid;
  // A deletion of what was replaced meanwhile says nothing of what stands there now.
  if (is_other && write.extent == Extent::gone) write.extent = Extent::nothing;
  if (is_other) known = nullptr;
  exposure.before = known == nullptr   ? Before::unknown
                    : known->is_open() ? Before::open
                                       : Before::closed;
  if (exposure.outcome != Exposure::Outcome::succeeded) {
    if (write.extent == Extent::unknown) forget(entry, exposure);
    return;
  }
  if (write.creates) {
    exposure.before = Before::absent;
    known = nullptr;
  }
  settle_opened(write, known);
  switch (write.extent) {
    case Extent::whole:
    case Extent::partial:
      return settle_told(write, entry, known);
    case Extent::nothing:
      if (known != nullptr && exposure.change != Change::closed) exposure.change = Change::touched;
      return;
    case Extent::gone:
    case Extent::unknown:
      return forget(entry, exposure);
  }
}

void ExposureHistory::settle_told(ServiceWrite& write, Known& entry, const KnownService* known) {
  Change& change = write.exposure.change;
  const bool may_touch = known != nullptr && change != Change::closed;
  if (known != nullptr && leaves_as_it_is(write, *known)) {
    if (may_touch) change = Change::touched;
    touch(entry, write.time);
    return;
  }
  KnownService now = after(write, known);
  // Patches add up. What is unknown is told as opened: rather that than records without bound.
  if (std::max(now.node_ports.size(), now.external_ips.size()) > kDoorsMax) {
    return forget(entry, write.exposure);
  }
  if (may_touch && known->is_open() && !now.is_open()) {
    change = Change::closed;
  } else if (may_touch && is_unchanged(*known, now)) {
    change = Change::touched;
  }
  now.cluster = cluster_;
  keep(entry, {.kind = ServiceChange::Kind::known, .service = std::move(now)});
}

void ExposureHistory::forget(Known& entry, const Exposure& exposure) {
  if (entry.change.kind == ServiceChange::Kind::forgotten) return;
  ServiceChange change{.kind = ServiceChange::Kind::forgotten, .service = {}};
  change.service.cluster = cluster_;
  change.service.ns = exposure.ns;
  change.service.name = exposure.name;
  keep(entry, std::move(change));
}

void ExposureHistory::touch(Known& entry, WallTime time) {
  if (is_soon_after(time, entry.change.service.updated)) return;
  entry.change.service.updated = time;
  mark(entry);
}

void ExposureHistory::keep(Known& entry, ServiceChange change) {
  if (change.service.name.empty() || says_the_same(entry.change, change)) return;
  services_weight_ += weight_of(change) - weight_of(entry.change);
  entry.change = std::move(change);
  mark(entry);
}

void ExposureHistory::mark(Known& entry) {
  if (!std::exchange(entry.is_changed, true)) changed_.push_back(&entry);
}

ExposureHistory::Known& ExposureHistory::look_up(const Exposure& exposure) {
  key_.assign(exposure.ns).append(1, '\0').append(exposure.name);
  const auto [at, is_new] = services_.try_emplace(key_);
  Known& entry = at->second;
  if (!is_new) return entry;
  if (auto known = shelf_.find_service(cluster_, exposure.ns, exposure.name)) {
    entry.change.service = std::move(*known);
  } else {
    entry.change.kind = ServiceChange::Kind::forgotten;
  }
  services_weight_ += weight_of(entry.change);
  return entry;
}

// What is asked for again comes from the shelf again: that is cheap as long as it is rare.
void ExposureHistory::make_room() {
  if (services_weight_ <= kWeightMax) return;
  services_.clear();
  services_weight_ = 0;
}

void ExposureHistory::settle_opened(ServiceWrite& write, const KnownService* known) {
  Exposure& exposure = write.exposure;
  const KnownService nothing;
  const KnownService& before = known != nullptr ? *known : nothing;
  exposure.opened.node_ports = fresh(exposure.doors.node_ports, before.node_ports);
  exposure.opened.external_ips = fresh(exposure.doors.external_ips, before.external_ips);
  const auto health = exposure.doors.health_check_node_port;
  const bool is_fresh =
      !before.health_check_node_port || before.health_check_node_port->what != health;
  if (health && is_fresh) exposure.opened.health_check_node_port = health;
}

void ExposureHistory::settle_audit_id(ServiceWrite& write) {
  if (write.audit_key == 0) return;
  if (!book_) {
    book_.emplace();
    for (const AuditIdUse& use : shelf_.audit_ids()) (void)book_->enter(use);
  }
  const AuditIdUse now{++sequence_, write.audit_key, write.content, write.time};
  const std::optional<AuditIdUse> last = book_->enter(now);
  if (last && last->content != now.content && now.sequence - last->sequence <= kAuditIdsMax) {
    write.exposure.audit_id_reused = between(now.time, last->time) <= kAuditIdAge;
  }
  audit_ids_.push_back(now);
}

void ExposureHistory::take_changes(Changes& changes) {
  for (Known* entry : changed_) {
    entry->is_changed = false;
    changes.services.push_back(entry->change);
  }
  changed_.clear();
  changes.audit_ids.insert(changes.audit_ids.end(), audit_ids_.begin(), audit_ids_.end());
  audit_ids_.clear();
  make_room();
}

}  // namespace nodeportd
