#pragma once

#include <string>

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

}  // namespace nodeportd
