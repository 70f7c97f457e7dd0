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
  }
  return "unknown";
}

AuditDecoder::AuditDecoder() : first_(kArenaStart), arena_(first_.data(), first_.size()) {}

void AuditDecoder::clear() {
  arena_.release();
  shrink(pending_);
  shrink(text_);
}

Result<AuditEvent, Reject> AuditDecoder::decode(std::string_view record) {
  const std::string_view json = without_byte_order_mark(record);
  if (json.size() > std::numeric_limits<rapidjson::SizeType>::max()) return fail(Reject::too_large);
  const auto root = parse(json, Numbers::as_written);
  if (!root) return fail(root.error());
  if (root->kind != Value::Kind::object) return fail(Reject::not_an_object);
  return AuditEvent{.root = *root, .raw = record};
}

Result<Value, Reject> AuditDecoder::parse(std::string_view json, Numbers numbers) {
  clear();
  text_.reserve(json.size() + kPadding);
  text_.assign(json.begin(), json.end());
  text_.resize(json.size() + kPadding, '\0');
  mend_surrogates(text_.data(), json.size());
  if (numbers == Numbers::blanked) blank_numbers(text_.data(), json.size());

  TreeBuilder builder(arena_, pending_, {.depth = kDepthMax, .nodes = kNodesMax}, json,
                      text_.data());
  rapidjson::InsituStringStream stream(text_.data());
  rapidjson::Reader reader;
  // No validation of the encoding: bytes that are not UTF-8 must not hide the rest of a line.
  constexpr unsigned kFlags = rapidjson::kParseInsituFlag | rapidjson::kParseIterativeFlag |
                              rapidjson::kParseNumbersAsStringsFlag;
  const auto outcome = reader.Parse<kFlags>(stream, builder);
  const bool at_end = stream.Tell() >= json.size();
  if (outcome.Code() == rapidjson::kParseErrorNumberTooBig && numbers == Numbers::as_written) {
    return parse(json, Numbers::blanked);
  }
  if (builder.stop() == TreeBuilder::Stop::too_deep) return fail(Reject::too_deep);
  if (builder.stop() == TreeBuilder::Stop::too_large) return fail(Reject::too_large);
  if (outcome.Code() == rapidjson::kParseErrorDocumentEmpty) return fail(Reject::not_json);
  if (outcome.IsError()) return fail(at_end ? Reject::torn : Reject::not_json);
  // RapidJSON takes a NUL for the end of its text.
  if (!at_end) return fail(Reject::not_json);
  return builder.root();
}

}  // namespace nodeportd
