#pragma once

#include <string>
#include <string_view>

#include "model/alert.hpp"
#include "model/position.hpp"
#include "model/window.hpp"

namespace nodeportd {

// The keys under which rows are encoded: what names the row for ever.
[[nodiscard]] inline std::string row_key(const Alert& alert) {
  return alert.idempotency_key();
}

[[nodiscard]] inline std::string row_key(const Window& window) {
  return window.alert.id;
}

[[nodiscard]] inline std::string row_key(const FileMark& mark) {
  return mark.stream + '\0' + std::to_string(mark.device) + '\0' + std::to_string(mark.inode);
}

// The values of a group as bytes that sort like the group: 0 for a null, else 1 and the length
// (4 bytes, the highest first) and the value.
[[nodiscard]] inline std::string group_key(const Alert& alert) {
  std::string key;
  for (const auto& [name, value] : alert.group) {
    key.push_back(value ? '\1' : '\0');
    if (!value) continue;
    for (unsigned shift = 32; shift > 0; shift -= 8) {
      key.push_back(static_cast<char>(value->size() >> (shift - 8) & 0xFFU));
    }
    key.append(*value);
  }
  return key;
}

[[nodiscard]] inline std::string service_key(std::string_view cluster, std::string_view ns,
                                             std::string_view name) {
  std::string key(cluster);
  return key.append(1, '\0').append(ns).append(1, '\0').append(name);
}

}  // namespace nodeportd
