#include "daemon/engine/backlog.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "model/held_bytes.hpp"
#include "state/row_key.hpp"

namespace nodeportd {
namespace {

constexpr std::size_t kServiceBytesMax = std::size_t{16} << 20U;
constexpr std::size_t kCrowdedAt = 4'096;
constexpr std::size_t kCrowdedServiceBytes = std::size_t{4} << 20U;

// The value under a name, made anew if need be: there are few names.
template <typename T>
T& entry(std::vector<std::pair<std::string, T>>& all, std::string& name) {
  for (auto& [known, value] : all) {
    if (known == name) return value;
  }
  return all.emplace_back(std::move(name), T{}).second;
}

std::size_t bytes_of(const ServiceChange& change) {
  const KnownService& service = change.service;
  std::size_t bytes = sizeof change + service.cluster.size() + service.ns.size() +
                      service.name.size() + service.uid.size();
  for (const auto& [port, since, by] : service.node_ports) {
    bytes += sizeof service.node_ports[0] + port.name.size() + port.target_port.size() + by.size();
  }
  for (const auto& [ip, since, by] : service.external_ips) {
    bytes += sizeof service.external_ips[0] + ip.size() + by.size();
  }
  return bytes;
}

}  // namespace

void Backlog::add(const FileMark& mark) {
  marks_.insert_or_assign({mark.stream, mark.device, mark.inode}, mark);
}

void Backlog::add(Outgoing outgoing) {
  if (weight_) *weight_ += held_bytes(outgoing.alert);
  changes_.outgoing.push_back(std::move(outgoing));
}

void Backlog::add(Changes changes) {
  if (changes_.windows.empty() && !weight_) {
    changes_.windows = std::move(changes.windows);
  } else {
    index_windows();
    for (Window& window : changes.windows) add(std::move(window));
  }
  for (Outgoing& outgoing : changes.outgoing) add(std::move(outgoing));
  for (auto& [stream, time] : changes.watermarks) entry(changes_.watermarks, stream) = time;
  for (auto& [exception, count] : changes.suppressions) {
    entry(changes_.suppressions, exception) += count;
  }
  for (ServiceChange& change : changes.services) add(std::move(change));
  add(changes.audit_ids);
}

void Backlog::add(Window window) {
  const auto [at, is_new] = window_at_.emplace(window.alert.id, changes_.windows.size());
  if (weight_) {
    *weight_ += held_bytes(window);
    if (!is_new) *weight_ -= held_bytes(changes_.windows[at->second]);
  }
  if (is_new) {
    changes_.windows.push_back(std::move(window));
  } else {
    changes_.windows[at->second] = std::move(window);
  }
}

// Weighing takes as long as copying: not for each commit, most of which are well.
std::size_t Backlog::bytes() {
  if (!weight_) {
    weight_ = 0;
    for (const Window& window : changes_.windows) *weight_ += held_bytes(window);
    for (const Outgoing& outgoing : changes_.outgoing) *weight_ += held_bytes(outgoing.alert);
  }
  return *weight_ + service_bytes_ + changes_.audit_ids.size() * sizeof(AuditIdUse) +
         marks_.size() * sizeof(FileMark);
}

void Backlog::forget_told(std::size_t most) {
  std::size_t forgotten = 0;
  while (bytes() > most && forgotten < untold_) {
    *weight_ -= held_bytes(changes_.outgoing[forgotten++].alert);
  }
  changes_.outgoing.erase(changes_.outgoing.begin(),
                          changes_.outgoing.begin() + static_cast<std::ptrdiff_t>(forgotten));
  untold_ -= forgotten;
}

void Backlog::add(ServiceChange change) {
  if (change.kind == ServiceChange::Kind::all_forgotten) {
    forget_services();
    return;
  }
  const KnownService& service = change.service;
  const auto [at, is_new] = service_at_.emplace(
      service_key(service.cluster, service.ns, service.name), changes_.services.size());
  service_bytes_ += bytes_of(change);
  if (is_new) {
    changes_.services.push_back(std::move(change));
  } else {
    service_bytes_ -= bytes_of(changes_.services[at->second]);
    changes_.services[at->second] = std::move(change);
  }
  // While the state takes what is added it is soon rid of it, however much one request names.
  if (weight_ && service_bytes_ > kServiceBytesMax) forget_services();
}

// To drop some changes alone would leave older records in the state that pass for the truth: a port
// that was closed and is opened again would be no news.
void Backlog::forget_services() {
  changes_.services.clear();
  changes_.services.push_back({ServiceChange::Kind::all_forgotten, {}});
  service_at_.clear();
  service_bytes_ = 0;
}

void Backlog::add(const std::vector<AuditIdUse>& uses) {
  std::vector<AuditIdUse>& all = changes_.audit_ids;
  all.insert(all.end(), uses.begin(), uses.end());
  if (all.size() <= 2 * kAuditIdsMax) return;
  all.erase(all.begin(), all.end() - static_cast<std::ptrdiff_t>(kAuditIdsMax));
}

const ServiceChange* Backlog::find_service(std::string_view cluster, std::string_view ns,
                                           std::string_view name) const {
  if (changes_.services.empty()) return nullptr;
  const auto at = service_at_.find(service_key(cluster, ns, name));
  if (at != service_at_.end()) return &changes_.services[at->second];
  const ServiceChange& first = changes_.services.front();
  return first.kind == ServiceChange::Kind::all_forgotten ? &first : nullptr;
}

void Backlog::index_windows() {
  const std::vector<Window>& windows = changes_.windows;
  for (std::size_t i = window_at_.size(); i < windows.size(); ++i) {
    window_at_.emplace(windows[i].alert.id, i);
  }
}

const Window* Backlog::find_window(const std::string& alert_id) {
  index_windows();
  const auto at = window_at_.find(alert_id);
  return at == window_at_.end() ? nullptr : &changes_.windows[at->second];
}

void Backlog::for_each_window(const std::function<void(const Window&)>& visit) const {
  std::vector<std::tuple<WallTime, std::string_view, std::string, const Window*>> ordered;
  ordered.reserve(changes_.windows.size());
  for (const Window& window : changes_.windows) {
    ordered.emplace_back(window.alert.window_start, window.alert.rule_id, group_key(window.alert),
                         &window);
  }
  std::sort(ordered.begin(), ordered.end());
  for (const auto& [start, rule, group, window] : ordered) visit(*window);
}

bool Backlog::is_crowded() const {
  return changes_.windows.size() >= kCrowdedAt || changes_.services.size() >= kCrowdedAt ||
         service_bytes_ >= kCrowdedServiceBytes;
}

const Changes& Backlog::changes() {
  changes_.positions.clear();
  for (const auto& [key, mark] : marks_) changes_.positions.push_back(mark);
  return changes_;
}

void Backlog::clear() {
  marks_.clear();
  changes_.clear();
  window_at_.clear();
  service_at_.clear();
  service_bytes_ = 0;
  untold_ = 0;
  weight_.reset();
}

std::vector<Outgoing> Backlog::take_undurable() {
  std::vector<Outgoing> away;
  for (; untold_ < changes_.outgoing.size(); ++untold_) {
    Outgoing& outgoing = changes_.outgoing[untold_];
    outgoing.alert.undurable = true;
    away.push_back(outgoing);
    outgoing.sinks.clear();
  }
  return away;
}

std::set<std::string> Backlog::address(
    const std::map<std::string, std::vector<std::string>>& waiting) {
  std::set<std::string> addressed;
  if (waiting.empty()) return addressed;
  for (std::size_t i = 0; i < untold_; ++i) {
    const auto found = waiting.find(changes_.outgoing[i].alert.idempotency_key());
    if (found == waiting.end()) continue;
    changes_.outgoing[i].sinks = found->second;
    addressed.insert(found->first);
  }
  return addressed;
}

void Backlog::address_nobody() {
  for (std::size_t i = 0; i < untold_; ++i) changes_.outgoing[i].sinks.clear();
}

}  // namespace nodeportd
