#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace nodeportd {

// Three letters whatever their case, in 15 bits. Other bytes look like letters here.
using Gram = std::uint16_t;
constexpr std::size_t kGramLength = 3;

[[nodiscard]] inline Gram gram_at(const char* letters) {
  const auto letter = [letters](std::size_t i) { return static_cast<unsigned>(letters[i] & 0x1F); };
  return static_cast<Gram>(letter(0) | letter(1) << 5U | letter(2) << 10U);
}

// Both filters find places in a text where a gram of theirs may stand, and pass over the rest.

// Looks at 32 places at a time, with AVX2: each byte's halves are looked up in a register that
// tells which of eight sets of grams have such a letter there. (The search that Hyperscan's authors
// call Teddy.) Good for few grams.
class NibbleFilter {
 public:
  static constexpr std::size_t kSets = 8;

  // Whether this processor can, and this build may.
  [[nodiscard]] static bool is_supported();

  // The bytes that a gram of the set may have at each of its places: all whose halves are among
  // those of these.
  using Places = std::array<std::string_view, kGramLength>;
  void add(const Places& bytes, std::size_t set);

  // The first place at or after `from`; the text's size if there is none.
  [[nodiscard]] std::size_t next(std::string_view text, std::size_t from) const;
  static constexpr std::size_t stride() { return 1; }

 private:
  struct Table {
    alignas(16) std::array<std::uint8_t, 16> low{};
    alignas(16) std::array<std::uint8_t, 16> high{};
  };
  std::array<Table, kGramLength> tables_;
};

// Looks at one place in `stride` and asks a table for the gram there. What that costs hardly
// depends on how many there are.
class SampleFilter {
 public:
  explicit SampleFilter(std::size_t stride = 1) : stride_(stride), known_(kGrams / 64) {}

  void add(Gram gram) { known_[gram / 64] |= std::uint64_t{1} << (gram % 64U); }

  // The first place at or after `from`, which is one that is looked at; the text's size or more if
  // there is none.
  [[nodiscard]] std::size_t next(std::string_view text, std::size_t from) const;
  [[nodiscard]] std::size_t stride() const { return stride_; }

 private:
  static constexpr std::size_t kGrams = std::size_t{1} << 15U;

  [[nodiscard]] bool knows(std::uint32_t gram) const {
    return (known_[gram / 64] >> (gram % 64) & 1U) != 0;
  }

  std::size_t stride_;
  std::vector<std::uint64_t> known_;  // a bit for each gram
};

}  // namespace nodeportd
