#pragma once

#include <cstdint>
#include <string_view>

namespace nodeportd {

// CRC-32C (Castagnoli), as every row of the state file carries it; of what stands behind other
// bytes when their sum is given.
[[nodiscard]] std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0);

}  // namespace nodeportd
