#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "model/event.hpp"

namespace nodeportd {

[[nodiscard]] inline Value text_value(std::string_view text) {
  return leaf(Value::Kind::string, text);
}

// Room for `size` of T in the arena, which destroys nothing: they are plain views.
template <typename T>
[[nodiscard]] T* make_in(std::pmr::memory_resource& arena, std::size_t size) {
  T* first = static_cast<T*>(arena.allocate(size * sizeof(T), alignof(T)));
  std::uninitialized_value_construct_n(first, size);
  return first;
}

// Puts an object together in an arena: a new one, or an old one with other members.
class ObjectBuilder {
 public:
  explicit ObjectBuilder(std::pmr::memory_resource& arena) : arena_(arena), members_(&arena) {}
  ObjectBuilder(std::pmr::memory_resource& arena, const Value& object) : ObjectBuilder(arena) {
    members_.assign(object.members, object.members + object.size);
  }

  void remove(std::string_view name) {
    std::erase_if(members_, [&](const Member& member) { return member.name == name; });
  }
  // In the place of all members of this name.
  void set(std::string_view name, const Value& value) {
    remove(name);
    members_.push_back({name, value});
  }
  // What is not there is no member.
  void set_if(std::string_view name, const Value* value) {
    if (value != nullptr) set(name, *value);
  }
  void set_text(std::string_view name, std::string_view text) {
    if (!text.empty()) set(name, text_value(text));
  }
  [[nodiscard]] bool has(std::string_view name) const {
    return std::any_of(members_.begin(), members_.end(),
                       [&](const Member& member) { return member.name == name; });
  }
  [[nodiscard]] bool empty() const { return members_.empty(); }

  [[nodiscard]] Value object() const {
    auto* made = make_in<Member>(arena_, members_.size());
    std::copy(members_.begin(), members_.end(), made);
    Value value;
    value.kind = Value::Kind::object;
    value.members = made;
    value.size = static_cast<std::uint32_t>(members_.size());
    return value;
  }

 private:
  std::pmr::memory_resource& arena_;
  std::pmr::vector<Member> members_;
};

}  // namespace nodeportd
