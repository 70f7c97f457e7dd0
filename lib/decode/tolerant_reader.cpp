#include "decode/tolerant_reader.hpp"

// Without RAPIDJSON_SSE2: its search for the end of a string takes 0x1A to 0x1F for text where they
// stand in a whole block, so that the same string would be read at one place and refused at
// another.
#include <rapidjson/reader.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "decode/mend.hpp"
#include "decode/tree_builder.hpp"

namespace nodeportd {
namespace {

constexpr std::size_t kPadding = 1;  // a NUL is RapidJSON's end of text
constexpr std::size_t kDocumentMax = std::numeric_limits<rapidjson::SizeType>::max();
constexpr std::string_view kWhiteSpace = " \t\r\n";
// What is kept of a buffer for the next record; a giant's is given back.
constexpr std::size_t kKeptBytes = 1024UL * 1024;

template <typename T>
void shrink(std::vector<T>& buffer) {
  buffer.clear();
  if (buffer.capacity() * sizeof(T) > kKeptBytes) std::vector<T>().swap(buffer);
}

}  // namespace

void TolerantReader::open(std::string_view text) {
  text_ = text;
  at_ = 0;
  shrink(copy_);
  shrink(pending_);
}

std::string_view TolerantReader::rest() const {
  const std::size_t start = text_.find_first_not_of(kWhiteSpace, at_);
  return start == std::string_view::npos ? std::string_view() : text_.substr(start);
}

Result<std::optional<Value>, Reject> TolerantReader::next() {
  if (text_.size() > kDocumentMax) return fail(Reject::too_large);
  const std::size_t left = rest().size();
  if (left == 0) return std::nullopt;
  at_ = text_.size() - left;
  if (copy_.empty()) {
    copy_rest(Numbers::as_written);
    make_room_for_pending();
  }
  auto value = parse();
  if (!value) return fail(value.error());
  return std::optional<Value>(*value);
}

void TolerantReader::copy_rest(Numbers numbers) {
  numbers_ = numbers;
  copy_.reserve(text_.size() + kPadding);
  copy_.resize(at_);
  copy_.insert(copy_.end(), text_.begin() + static_cast<std::ptrdiff_t>(at_), text_.end());
  copy_.resize(text_.size() + kPadding, '\0');
  mend_surrogates(copy_.data() + at_, text_.size() - at_);
  if (numbers == Numbers::blanked) blank_numbers(copy_.data() + at_, text_.size() - at_);
}

// At once, since a vector that grows holds its values twice for a moment; and once a text, however
// many values it holds one after the other. A value has a comma or an opening bracket before it, so
// that these are as many at least.
void TolerantReader::make_room_for_pending() {
  const std::string_view left = text_.substr(at_);
  if (left.size() < kKeptBytes / sizeof(Member)) return;
  const auto most = 1 + std::count_if(left.begin(), left.end(),
                                      [](char c) { return c == ',' || c == '[' || c == '{'; });
  pending_.reserve(std::min(static_cast<std::size_t>(most), kNodesMax) + 1);
}

void TolerantReader::release() {
  shrink(copy_);
  shrink(pending_);
}

Result<Value, Reject> TolerantReader::parse() {
  arena_.release();
  pending_.clear();
  rapidjson::InsituStringStream stream(copy_.data() + at_);
  TreeBuilder builder(arena_, pending_, {.depth = kDepthMax, .nodes = kNodesMax},
                      {.original = text_, .copy = copy_.data(), .stream = stream});
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
  if (outcome.IsError()) return fail(end >= text_.size() ? Reject::torn : Reject::not_json);
  at_ = end;
  return builder.root();
}

}  // namespace nodeportd
