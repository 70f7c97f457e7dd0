#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace nodeportd {

// A port that every node listens on for a Service. `port` and `protocol` are the Service's.
struct NodePort {
  std::optional<std::uint32_t> number;  // nullopt: the apiserver chose one, and the log is silent
  std::string name;
  std::optional<std::uint32_t> port;
  std::string target_port;  // a number, or the name of a container's port
  std::string protocol;     // TCP, UDP or SCTP

  auto operator<=>(const NodePort&) const = default;
};

// What makes a Service reachable from outside, beyond its cluster address.
struct Doors {
  std::vector<NodePort> node_ports;
  std::vector<std::string> external_ips;
  // For the load balancer's health checks, with externalTrafficPolicy Local.
  std::optional<std::uint32_t> health_check_node_port;

  [[nodiscard]] bool empty() const {
    return node_ports.empty() && external_ips.empty() && !health_check_node_port;
  }
  auto operator<=>(const Doors&) const = default;
};

// The facts of one write to a core/v1 Service: what rules ask for under `exposure.`, and what an
// alert tells. docs/DETECTION.md lists the fields and where each comes from.
struct Exposure {
  enum class Change : std::uint8_t {
    created,
    updated,
    patched,
    applied,  // by server-side apply
    touched,  // nothing that this is about changed
    closed,   // deleted, or nothing is open any more
  };
  enum class Outcome : std::uint8_t {
    succeeded,
    denied,    // by authentication or authorization
    rejected,  // by validation or admission
    conflict,
    dry_run,
    failed,  // in the apiserver; some of it may have happened
    unknown,
  };
  enum class Via : std::uint8_t {
    node_port,      // type NodePort
    load_balancer,  // type LoadBalancer, which takes node ports too
    explicit_port,  // the request names the number
    external_ips,
    health_check,
  };
  // How much of the write the log tells.
  enum class Inspectable : std::uint8_t {
    full,          // what the apiserver stored or answered
    request_only,  // what was asked for
    none,
  };
  // The Service before this write.
  enum class Before : std::uint8_t {
    unknown,
    absent,
    closed,  // known, and nothing was open
    open,
  };

  std::string audit_id;
  Change change = Change::updated;
  Outcome outcome = Outcome::unknown;
  std::optional<std::string> type;  // the effective one
  Doors doors;                      // after the write; or what an attempt would have opened
  std::vector<Via> via;             // in the order of the enumeration
  Inspectable inspectable = Inspectable::none;
  std::string inspectable_reason;  // empty with `full`
  std::string ns;
  std::string name;  // the response's, where generateName made one
  std::string uid;
  std::string user;       // who is authenticated
  std::string actor;      // whom `user` impersonates, else `user`
  std::string origin_ip;  // the last of sourceIPs: the only one that a client cannot forge

  // What only the history of the log can tell; set in file order.
  Before before = Before::unknown;
  Doors opened;  // of `doors`, what was not there before; empty unless the write succeeded
  bool audit_id_reused = false;  // another write bore the same auditID

  // In an alert: ports and addresses of `doors` beyond those that it lists.
  std::uint32_t unlisted = 0;

  auto operator<=>(const Exposure&) const = default;
};

[[nodiscard]] std::string_view to_text(Exposure::Change change);
[[nodiscard]] std::string_view to_text(Exposure::Outcome outcome);
[[nodiscard]] std::string_view to_text(Exposure::Via via);
[[nodiscard]] std::string_view to_text(Exposure::Inspectable inspectable);
[[nodiscard]] std::string_view to_text(Exposure::Before before);

// A write of a Service as a worker found it in a batch.
struct ServiceWrite {
  Exposure exposure;
  WallTime time{};
  std::uint32_t record = 0;  // index into Batch::records
  std::uint32_t event = 0;   // among the events of that record
  // Of what is open after the write. A patch whose result the log does not tell changes only
  // what it names.
  enum class Extent : std::uint8_t {
    whole,    // `doors` is all there is
    partial,  // `doors` is added to what was there
    nothing,  // the write cannot have changed it
    gone,     // the Service does not exist any more
    unknown,  // the write may have changed anything
  } extent = Extent::nothing;
  bool creates = false;         // the Service was not there before
  std::uint64_t audit_key = 0;  // hash of auditID and stage
  std::uint64_t content = 0;    // hash of what tells the event from others with that key
  // Whether rules that ask for history may match it.
  enum class Undecided : std::uint8_t {
    no,
    if_eventful,  // only if it opened something or reused an auditID
    yes,
  } undecided = Undecided::no;

  [[nodiscard]] bool is_asked() const {
    const bool is_eventful = !exposure.opened.empty() || exposure.audit_id_reused;
    return undecided == Undecided::yes || (undecided == Undecided::if_eventful && is_eventful);
  }
};

// Something that is open, since when and by whom.
template <typename What>
struct Opened {
  What what{};
  WallTime since{};
  std::string by;

  bool operator==(const Opened&) const = default;
};

// The last that is known of a Service. There is at most one of a (cluster, ns, name) at a time:
// another `uid` is another Service in its place.
struct KnownService {
  std::string cluster;
  std::string ns;
  std::string name;
  std::string uid;  // empty where the log did not tell it
  std::optional<std::string> type;
  std::vector<Opened<NodePort>> node_ports;
  std::vector<Opened<std::string>> external_ips;
  std::optional<Opened<std::uint32_t>> health_check_node_port;
  WallTime updated{};

  [[nodiscard]] bool is_open() const {
    return !node_ports.empty() || !external_ips.empty() || health_check_node_port.has_value();
  }
  bool operator==(const KnownService&) const = default;
};

// What becomes of the record of a Service.
struct ServiceChange {
  enum class Kind : std::uint8_t {
    known,
    forgotten,
    all_forgotten,  // of every Service: changes were lost, so that no record can be trusted
  };
  Kind kind = Kind::known;
  KnownService service;  // forgotten: its cluster, ns and name
};

// So many of the latest writes are remembered by their auditIDs: in memory, in the state, and while
// the state cannot be written.
inline constexpr std::uint64_t kAuditIdsMax = 100'000;

// A write that bore an auditID; `sequence` counts writes over the life of the state, from 1.
struct AuditIdUse {
  std::uint64_t sequence = 0;
  std::uint64_t key = 0;
  std::uint64_t content = 0;
  WallTime time{};

  bool operator==(const AuditIdUse&) const = default;
};

}  // namespace nodeportd
