#include "decode/exposure_fields.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

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

  Value node_port(const NodePort& port) {
    return object<5>({{{"number", number(port.number)},
                       {"name", text(port.name)},
                       {"port", number(port.port)},
                       {"target_port", text(port.target_port)},
                       {"protocol", text(port.protocol)}}});
  }

  // The three kinds of doors, as members of an object.
  std::array<Member, 3> doors(const Doors& doors) {
    return {{{"node_ports",
              list(doors.node_ports, [this](const NodePort& port) { return node_port(port); })},
             {"external_ips",
              list(doors.external_ips, [](const std::string& address) { return text(address); })},
             {"health_check_node_port", number(doors.health_check_node_port)}}};
  }

  template <std::size_t Size>
  Value object(const std::array<Member, Size>& members) {
    Value value;
    value.kind = Value::Kind::object;
    auto* made = allocate<Member>(Size);
    std::uninitialized_copy(members.begin(), members.end(), made);
    value.members = made;
    value.size = Size;
    return value;
  }

  template <typename T>
  T* allocate(std::size_t size) {
    return static_cast<T*>(arena_.allocate(std::max<std::size_t>(size, 1) * sizeof(T), alignof(T)));
  }

 private:
  std::pmr::memory_resource& arena_;
};

// Of those that history tells: `opened`, `audit_id_reused`, `change` and `before`.
constexpr std::size_t kHistoryFacts = 4;

}  // namespace

ExposedEvent::ExposedEvent(const AuditEvent& event, const Exposure& exposure,
                           std::pmr::memory_resource& arena)
    : event_(event), exposure_(exposure), arena_(arena) {
  Tree tree(arena);
  const auto via = [](Exposure::Via each) { return Tree::text(to_text(each)); };
  const std::array<Member, 12> facts = {
      {{"outcome", Tree::text(to_text(exposure.outcome))},
       {"type", exposure.type ? Tree::text(*exposure.type) : Value()},
       {"via", tree.list(exposure.via, via)},
       {"inspectable", Tree::text(to_text(exposure.inspectable))},
       {"inspectable_reason", Tree::text(exposure.inspectable_reason)},
       {"namespace", Tree::text(exposure.ns)},
       {"name", Tree::text(exposure.name)},
       {"uid", Tree::text(exposure.uid)},
       {"user", Tree::text(exposure.user)},
       {"actor", Tree::text(exposure.actor)},
       {"origin_ip", Tree::text(exposure.origin_ip)},
       {"audit_id", Tree::text(exposure.audit_id)}}};
  const std::array<Member, 3> doors = tree.doors(exposure.doors);
  facts_ = tree.allocate<Member>(facts.size() + doors.size() + kHistoryFacts);
  history_ = std::uninitialized_copy(facts.begin(), facts.end(), facts_);
  history_ = std::uninitialized_copy(doors.begin(), doors.end(), history_);

  // Behind any other of that name, so that ours is the one that counts.
  auto* members = tree.allocate<Member>(event.root.size + 1);
  root_ = std::uninitialized_copy_n(event.root.members, event.root.size, members);
  std::construct_at(root_, Member{"exposure", {}});
  event_.root.text = {};
  event_.root.members = members;
  event_.root.size = event.root.size + 1;
}

const AuditEvent& ExposedEvent::with(History history) {
  Tree tree(arena_);
  Member* end = history_;
  const auto add = [&end](const Member& member) { std::construct_at(end++, member); };
  if (history == History::uneventful) {
    add({"opened", {}});
    add({"audit_id_reused", Tree::flag(false)});
  }
  if (history == History::settled) {
    const Doors& opened = exposure_.opened;
    add({"change", Tree::text(to_text(exposure_.change))});
    add({"before", Tree::text(to_text(exposure_.before))});
    add({"opened", opened.empty() ? Value() : tree.object(tree.doors(opened))});
    add({"audit_id_reused", Tree::flag(exposure_.audit_id_reused)});
  }
  Value& facts = root_->value;
  facts.kind = Value::Kind::object;
  facts.members = facts_;
  facts.size = static_cast<std::uint32_t>(end - facts_);
  return event_;
}

}  // namespace nodeportd
