#include "decode/audit_decoder.hpp"

#if defined(__SSE2__)
#define RAPIDJSON_SSE2
#endif
#include <rapidjson/reader.h>

#include <cstring>
#include <limits>

#include "decode/mend.hpp"
#include "decode/tree_builder.hpp"

namespace nodeportd {
namespace {

constexpr std::size_t kArenaStart = 256UL * 1024;
// What is kept of a buffer for the next record; a giant's is given back.
constexpr std::size_t kKeptBytes = 1024UL * 1024;
// RapidJSON's SIMD loops read whole blocks, and a NUL is its end of text.
constexpr std::size_t kPadding = 64;
constexpr std::size_t kTextMax = std::numeric_limits<rapidjson::SizeType>::max();
constexpr std::string_view kWhiteSpace = " \t\r\n";

template <typename T>
void shrink(std::vector<T>& buffer) {
  buffer.clear();
  if (buffer.capacity() * sizeof(T) > kKeptBytes) std::vector<T>().swap(buffer);
}

std::string_view without_byte_order_mark(std::string_view record) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  if (record.starts_with(kMark)) record.remove_prefix(kMark.size());
  return record;
}

}  // namespace

std::string_view to_text(Reject reject) {
  switch (reject) {
    case Reject::not_json:
      return "not_json";
    case Reject::torn:
      return "torn";
    case Reject::not_an_object:
      return "not_an_object";
    case Reject::too_deep:
      return "too_deep";
    case Reject::too_large:
      return "too_large";
    case Reject::oversize:
      return "oversize";
    case Reject::cut:
      return "cut";
    case Reject::packed:
      return "packed";
    case Reject::legacy_format:
      return "legacy_format";
  }
  return "unknown";
}

AuditDecoder::AuditDecoder() : first_(kArenaStart), arena_(first_.data(), first_.size()) {}

Result<AuditEvent, Reject> AuditDecoder::decode(std::string_view record) {
  open(record);
  const auto root = next();
  if (!root) return fail(root.error());
  if (!*root || !rest().empty()) return fail(Reject::not_json);
  if ((*root)->kind != Value::Kind::object) return fail(Reject::not_an_object);
  return AuditEvent{.root = **root, .raw = record};
}

void AuditDecoder::open(std::string_view text) {
  json_ = without_byte_order_mark(text);
  at_ = 0;
  shrink(text_);
  if (json_.size() <= kTextMax) copy_rest(Numbers::as_written);
}

std::string_view AuditDecoder::rest() const {
  const std::size_t start = json_.find_first_not_of(kWhiteSpace, at_);
  return start == std::string_view::npos ? std::string_view() : json_.substr(start);
}

Result<std::optional<Value>, Reject> AuditDecoder::next() {
  if (json_.size() > kTextMax) return fail(Reject::too_large);
  const std::size_t left = rest().size();
  if (left == 0) return std::nullopt;
  at_ = json_.size() - left;
  auto value = parse();
  if (!value) return fail(value.error());
  return std::optional<Value>(*value);
}

void AuditDecoder::copy_rest(Numbers numbers) {
  numbers_ = numbers;
  text_.reserve(json_.size() + kPadding);
  text_.resize(at_);
  text_.insert(text_.end(), json_.begin() + static_cast<std::ptrdiff_t>(at_), json_.end());
  text_.resize(json_.size() + kPadding, '\0');
  mend_surrogates(text_.data() + at_, json_.size() - at_);
  if (numbers == Numbers::blanked) blank_numbers(text_.data() + at_, json_.size() - at_);
}

Result<Value, Reject> AuditDecoder::parse() {
  arena_.release();
  shrink(pending_);
  rapidjson::InsituStringStream stream(text_.data() + at_);
  TreeBuilder builder(arena_, pending_, {.depth = kDepthMax, .nodes = kNodesMax},
                      {.original = json_, .copy = text_.data(), .stream = stream});
  rapidjson::Reader reader;
  // No validation of the encoding: bytes that are not UTF-8 must not hide the rest of a line.
  constexpr unsigned kFlags = rapidjson::kParseInsituFlag | rapidjson::kParseIterativeFlag |
                              rapidjson::kParseNumbersAsStringsFlag |
                              rapidjson::kParseStopWhenDoneFlag;
  const auto outcome = reader.Parse<kFlags>(stream, builder);
  const std::size_t end = at_ + stream.Tell();
  if (outcome.Code() == rapidjson::kParseErrorNumberTooBig && numbers_ == Numbers::as_written) {
    copy_rest(Numbers::blanked);
    return parse();
  }
  if (builder.stop() == TreeBuilder::Stop::too_deep) return fail(Reject::too_deep);
  if (builder.stop() == TreeBuilder::Stop::too_large) return fail(Reject::too_large);
  if (outcome.Code() == rapidjson::kParseErrorDocumentEmpty) return fail(Reject::not_json);
  // RapidJSON takes a NUL for the end of its text.
  if (outcome.IsError()) return fail(end >= json_.size() ? Reject::torn : Reject::not_json);
  at_ = end;
  return builder.root();
}

}  // namespace nodeportd
