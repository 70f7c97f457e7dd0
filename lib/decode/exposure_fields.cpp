#include "decode/exposure_fields.hpp"

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nodeportd {
namespace {

// Makes values in an arena.
class Tree {
 public:
  explicit Tree(std::pmr::memory_resource& arena) : arena_(arena) {}

  static Value text(std::string_view text) {
    Value value;
    if (text.empty()) return value;
    value.kind = Value::Kind::string;
    value.text = text;
    return value;
  }

  static Value flag(bool set) {
    Value value;
    value.kind = Value::Kind::boolean;
    value.text = set ? "true" : "false";
    return value;
  }

  Value number(std::optional<std::uint32_t> number) {
    Value value;
    if (!number) return value;
    constexpr std::size_t kDigits = 10;
    auto* digits = allocate<char>(kDigits);
    const char* end = std::to_chars(digits, digits + kDigits, *number).ptr;
    value.kind = Value::Kind::number;
    value.text = {digits, static_cast<std::size_t>(end - digits)};
    return value;
  }

  template <typename Items, typename Make>
  Value list(const Items& items, Make make) {
    Value value;
    value.kind = Value::Kind::array;
    auto* made = allocate<Value>(items.size());
    for (const auto& item : items) std::construct_at(made + value.size++, make(item));
    value.items = made;
    return value;
  }

  Value object(const std::vector<Member>& members) {
    Value value;
    value.kind = Value::Kind::object;
    auto* made = allocate<Member>(members.size());
    std::uninitialized_copy(members.begin(), members.end(), made);
    value.members = made;
    value.size = members.size();
    return value;
  }

  Value node_port(const NodePort& port) {
    return object({{"number", number(port.number)},
                   {"name", text(port.name)},
                   {"port", number(port.port)},
                   {"target_port", text(port.target_port)},
                   {"protocol", text(port.protocol)}});
  }

  // The three kinds of doors, as members of an object.
  void add_doors(const Doors& doors, std::vector<Member>& members) {
    members.push_back({"node_ports", list(doors.node_ports, [this](const NodePort& port) {
                         return node_port(port);
                       })});
    members.push_back({"external_ips", list(doors.external_ips, [](const std::string& address) {
                         return text(address);
                       })});
    members.push_back({"health_check_node_port", number(doors.health_check_node_port)});
  }

 private:
  template <typename T>
  T* allocate(std::size_t size) {
    return static_cast<T*>(arena_.allocate(std::max<std::size_t>(size, 1) * sizeof(T), alignof(T)));
  }

  std::pmr::memory_resource& arena_;
};

Value to_value(const Exposure& exposure, History history, Tree& tree) {
  std::vector<Member> members = {
      {"outcome", Tree::text(to_text(exposure.outcome))},
      {"type", exposure.type ? Tree::text(*exposure.type) : Value()},
      {"via", tree.list(exposure.via, [](Exposure::Via via) { return Tree::text(to_text(via)); })},
      {"inspectable", Tree::text(to_text(exposure.inspectable))},
      {"inspectable_reason", Tree::text(exposure.inspectable_reason)},
      {"namespace", Tree::text(exposure.ns)},
      {"name", Tree::text(exposure.name)},
      {"uid", Tree::text(exposure.uid)},
      {"user", Tree::text(exposure.user)},
      {"actor", Tree::text(exposure.actor)},
      {"origin_ip", Tree::text(exposure.origin_ip)},
      {"audit_id", Tree::text(exposure.audit_id)}};
  tree.add_doors(exposure.doors, members);
  if (history == History::uneventful) {
    members.push_back({"opened", Value()});
    members.push_back({"audit_id_reused", Tree::flag(false)});
  }
  if (history == History::settled) {
    members.push_back({"change", Tree::text(to_text(exposure.change))});
    members.push_back({"before", Tree::text(to_text(exposure.before))});
    Value opened;
    if (!exposure.opened.empty()) {
      std::vector<Member> doors;
      tree.add_doors(exposure.opened, doors);
      opened = tree.object(doors);
    }
    members.push_back({"opened", opened});
    members.push_back({"audit_id_reused", Tree::flag(exposure.audit_id_reused)});
  }
  return tree.object(members);
}

}  // namespace

AuditEvent with_exposure(const AuditEvent& event, const Exposure& exposure, History history,
                         std::pmr::memory_resource& arena) {
  Tree tree(arena);
  std::vector<Member> members(event.root.members, event.root.members + event.root.size);
  // Behind any other of that name, so that ours is the one that counts.
  members.push_back({"exposure", to_value(exposure, history, tree)});
  return {.root = tree.object(members), .raw = event.raw};
}

}  // namespace nodeportd
