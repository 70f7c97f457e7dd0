#include "decode/letter_filter.hpp"

#include <bit>
#include <cstring>

#if defined(__x86_64__) && !defined(NODEPORTD_PORTABLE)
#include <immintrin.h>
#define NODEPORTD_AVX2
#endif

namespace nodeportd {
namespace {

constexpr std::size_t kLoad = sizeof(std::uint32_t);

#ifdef NODEPORTD_AVX2

constexpr std::size_t kBlock = sizeof(__m256i);
// What one block looks at.
constexpr std::size_t kReach = kBlock + kGramLength - 1;

__attribute__((target("avx2"), always_inline)) inline __m256i look_up(
    const std::array<std::uint8_t, 16>& table, __m256i halves) {
  const __m128i lane = _mm_load_si128(reinterpret_cast<const __m128i*>(table.data()));
  return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(lane), halves);
}

#endif

}  // namespace

#ifdef NODEPORTD_AVX2

bool NibbleFilter::is_supported() {
  return __builtin_cpu_supports("avx2") != 0;
}

__attribute__((target("avx2"))) std::size_t NibbleFilter::next(std::string_view text,
                                                               std::size_t from) const {
  // The sets that may have their letter k at each of 32 places.
  const auto sets_at = [this](const char* block,
                              std::size_t k) __attribute__((target("avx2"), always_inline)) {
    const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(block + k));
    const __m256i half = _mm256_set1_epi8(0x0F);
    const __m256i low = _mm256_and_si256(bytes, half);
    const __m256i high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), half);
    return _mm256_and_si256(look_up(tables_[k].low, low), look_up(tables_[k].high, high));
  };
  const auto first_in = [&sets_at](
                            const char* block) __attribute__((target("avx2"), always_inline)) {
    const __m256i sets =
        _mm256_and_si256(sets_at(block, 0), _mm256_and_si256(sets_at(block, 1), sets_at(block, 2)));
    const __m256i none = _mm256_cmpeq_epi8(sets, _mm256_setzero_si256());
    const unsigned some = ~static_cast<unsigned>(_mm256_movemask_epi8(none));
    return some == 0 ? kBlock : static_cast<std::size_t>(__builtin_ctz(some));
  };
  std::size_t at = from;
  for (; at + kReach <= text.size(); at += kBlock) {
    const std::size_t found = first_in(text.data() + at);
    if (found < kBlock) return at + found;
  }
  if (at >= text.size()) return text.size();
  // What is left is shorter than a block, and nothing says that more can be read.
  std::array<char, kReach> rest{};
  std::memcpy(rest.data(), text.data() + at, text.size() - at);
  const std::size_t found = first_in(rest.data());
  return found < kBlock ? at + found : text.size();
}

#else

bool NibbleFilter::is_supported() {
  return false;
}

std::size_t NibbleFilter::next(std::string_view text, std::size_t /*from*/) const {
  return text.size();
}

#endif

void NibbleFilter::add(const Places& bytes, std::size_t set) {
  const auto bit = static_cast<std::uint8_t>(1U << set);
  for (std::size_t k = 0; k < kGramLength; ++k) {
    for (const char byte : bytes[k]) {
      tables_[k].low[static_cast<std::uint8_t>(byte) & 0x0FU] |= bit;
      tables_[k].high[static_cast<std::uint8_t>(byte) >> 4U] |= bit;
    }
  }
}

std::size_t SampleFilter::next(std::string_view text, std::size_t from) const {
  constexpr std::size_t kTogether = 4;
  const auto is_known_at = [this, text](std::size_t at) -> unsigned {
    std::uint32_t letters = 0;
    std::memcpy(&letters, text.data() + at, kLoad);
    static_assert(std::endian::native == std::endian::little);
    const bool known =
        knows((letters & 0x1FU) | (letters >> 3U & 0x3E0U) | (letters >> 6U & 0x7C00U));
    return known ? 1 : 0;
  };
  std::size_t at = from;
  for (; at + (kTogether - 1) * stride_ + kLoad <= text.size(); at += kTogether * stride_) {
    // All four at once: a branch for each would cost more.
    const unsigned some = is_known_at(at) | is_known_at(at + stride_) |
                          is_known_at(at + 2 * stride_) | is_known_at(at + 3 * stride_);
    if (some != 0) break;
  }
  for (; at + kGramLength <= text.size(); at += stride_) {
    if (knows(gram_at(text.data() + at))) return at;
  }
  return text.size();
}

}  // namespace nodeportd
