#include "decode/token_index.hpp"

#include <simdjson.h>

namespace nodeportd {

struct TokenIndex::Kernel {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;
};

TokenIndex::TokenIndex() : kernel_(std::make_unique<Kernel>()) {
  constexpr std::size_t kDepth = 1;  // of the second stage, which is ours
  const auto failure = simdjson::get_active_implementation()->create_dom_parser_implementation(
      kTextMax, kDepth, kernel_->parser);
  if (failure != simdjson::SUCCESS) kernel_->parser.reset();
}

TokenIndex::~TokenIndex() = default;

std::optional<std::span<const std::uint32_t>> TokenIndex::of(std::string_view text) {
  if (kernel_->parser == nullptr || text.size() > kTextMax) return std::nullopt;
  simdjson::internal::dom_parser_implementation& parser = *kernel_->parser;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto failure = parser.stage1(bytes, text.size(), simdjson::stage1_mode::regular);
  if (failure != simdjson::SUCCESS) return std::nullopt;
  return std::span<const std::uint32_t>(parser.structural_indexes.get(),
                                        parser.n_structural_indexes);
}

}  // namespace nodeportd
