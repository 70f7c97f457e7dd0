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

std::uint32_t octet(std::string_view bytes, std::size_t i) {
  return static_cast<unsigned char>(bytes[i]);
}

// What eight bytes make of a sum, which goes into the first four of them.
std::uint32_t after_eight(std::uint32_t sum, std::string_view bytes) {
  return kTables[7][(sum & 0xFFU) ^ octet(bytes, 0)] ^
         kTables[6][(sum >> 8U & 0xFFU) ^ octet(bytes, 1)] ^
         kTables[5][(sum >> 16U & 0xFFU) ^ octet(bytes, 2)] ^
         kTables[4][(sum >> 24U) ^ octet(bytes, 3)] ^ kTables[3][octet(bytes, 4)] ^
         kTables[2][octet(bytes, 5)] ^ kTables[1][octet(bytes, 6)] ^ kTables[0][octet(bytes, 7)];
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes, std::uint32_t before) {
  std::uint32_t sum = ~before;
  for (; bytes.size() >= kSlices; bytes.remove_prefix(kSlices)) sum = after_eight(sum, bytes);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    sum = (sum >> 8U) ^ kTables[0][(sum ^ octet(bytes, i)) & 0xFFU];
  }
  return ~sum;
}

}  // namespace nodeportd
