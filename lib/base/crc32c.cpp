#include "base/crc32c.hpp"

#include <array>
#include <cstddef>

namespace nodeportd {
namespace {

constexpr std::uint32_t kPolynomial = 0x82F63B78;  // Castagnoli's, its lowest power first
constexpr std::size_t kSlices = 8;
using Tables = std::array<std::array<std::uint32_t, 256>, kSlices>;

// tables[n][b] is what a byte b does to the sum n bytes later ("slicing by 8").
constexpr Tables make_tables() {
  Tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t sum = byte;
    for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1U) ^ ((sum & 1U) != 0 ? kPolynomial : 0);
    tables[0][byte] = sum;
  }
  for (std::size_t n = 1; n < kSlices; ++n) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t before = tables[n - 1][byte];
      tables[n][byte] = (before >> 8U) ^ tables[0][before & 0xFFU];
    }
  }
  return tables;
}

constexpr Tables kTables = make_tables();

std::uint32_t byte_at(std::string_view bytes, std::size_t i) {
  return static_cast<unsigned char>(bytes[i]);
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes, std::uint32_t before) {
  std::uint32_t sum = ~before;
  for (; bytes.size() >= kSlices; bytes.remove_prefix(kSlices)) {
    std::uint32_t next = 0;
    for (std::size_t i = 0; i < kSlices; ++i) {
      const std::uint32_t mixed = i < 4 ? (sum >> (8 * i)) & 0xFFU : 0;
      next ^= kTables[kSlices - 1 - i][mixed ^ byte_at(bytes, i)];
    }
    sum = next;
  }
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    sum = (sum >> 8U) ^ kTables[0][(sum ^ byte_at(bytes, i)) & 0xFFU];
  }
  return ~sum;
}

}  // namespace nodeportd
