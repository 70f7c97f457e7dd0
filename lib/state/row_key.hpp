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

[[nodiscard]] inline std::string service_key(std::string_view cluster, std::string_view ns,
                                             std::string_view name) {
  std::string key(cluster);
  return key.append(1, '\0').append(ns).append(1, '\0').append(name);
}

}  // namespace nodeportd
