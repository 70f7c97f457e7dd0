#pragma once

#include <cstdint>
#include <string_view>

namespace nodeportd {

// CRC-32C (Castagnoli), as every row of the state file carries it.
[[nodiscard]] std::uint32_t crc32c(std::string_view bytes);

}  // namespace nodeportd
