#include "decode/audit_decoder.hpp"

namespace nodeportd {
namespace {

constexpr std::size_t kRecordArena = 256UL * 1024;

std::string_view without_byte_order_mark(std::string_view record) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  if (record.starts_with(kMark)) record.remove_prefix(kMark.size());
  return record;
}

}  // namespace

AuditDecoder::AuditDecoder()
    : first_(kRecordArena), arena_(first_.data(), first_.size()), tolerant_(arena_) {}

Result<AuditEvent, Reject> AuditDecoder::decode(std::string_view record) {
  open(record);
  const auto root = next();
  if (!root) return fail(root.error());
  if (!*root || !rest().empty()) return fail(Reject::not_json);
  if ((*root)->kind != Value::Kind::object) return fail(Reject::not_an_object);
  return AuditEvent{.root = **root, .raw = record};
}

void AuditDecoder::open(std::string_view text) {
  state_ = State::untried;
  tolerant_.open(without_byte_order_mark(text));
}

std::string_view AuditDecoder::rest() const {
  return state_ == State::read_whole ? std::string_view() : tolerant_.rest();
}

void AuditDecoder::release() {
  open({});
  arena_.release();
  strict_.release();
  tolerant_.release();
}

Result<std::optional<Value>, Reject> AuditDecoder::next() {
  if (state_ == State::read_whole) return std::nullopt;
  if (state_ == State::untried) {
    arena_.release();
    if (const auto whole = strict_.read(tolerant_.rest(), arena_)) {
      state_ = State::read_whole;
      return whole;
    }
    state_ = State::not_strict;
  }
  return tolerant_.next();
}

}  // namespace nodeportd
