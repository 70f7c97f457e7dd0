#include "daemon/verbs/explainer.hpp"

#include <algorithm>
#include <string_view>

#include "base/text.hpp"
#include "decode/carriers.hpp"
#include "decode/exposure_fields.hpp"
#include "decode/service_write.hpp"

namespace nodeportd {
namespace {

constexpr std::size_t kTextAtMax = 200;  // bytes

std::string text_at(const Value& root, const char* path) {
  const auto found = FieldPath::parse(path)->scalars(root, Reading::as_apiserver);
  return found.empty() ? "" : shorten(found.front(), kTextAtMax);
}

// `patch services shop/web by alice, 200`, of which some may be missing.
std::string words_for(const Value& root) {
  std::string words;
  const auto add = [&](std::string_view before, const std::string& text) {
    if (!text.empty()) words += (words.empty() ? "" : std::string(before)) + text;
  };
  add("", text_at(root, "verb"));
  add(" ", text_at(root, "objectRef.resource"));
  add("/", text_at(root, "objectRef.subresource"));
  add(" ", text_at(root, "objectRef.namespace"));
  const bool has_namespace = !text_at(root, "objectRef.namespace").empty();
  add(has_namespace ? "/" : " ", text_at(root, "objectRef.name"));
  add(" by ", text_at(root, "user.username"));
  add(", ", text_at(root, "responseStatus.code"));
  return words.empty() ? "an object that is no audit event" : words;
}

const ServiceWrite* find_write(const Batch& batch, std::uint32_t record, std::uint32_t part) {
  const auto found = std::find_if(
      batch.writes.begin(), batch.writes.end(),
      [&](const ServiceWrite& write) { return write.record == record && write.event == part; });
  return found == batch.writes.end() ? nullptr : &*found;
}

}  // namespace

bool Explainer::passes_scan(const Record& record) const {
  return record.oversize || scan_.may_match(record.text) || must_read(record.text);
}

void Explainer::take(Batch& batch) {
  worker_.examine(batch);
  review_.settle(batch);
}

ExplainedRecord Explainer::explain(const Batch& batch, std::uint32_t record) {
  ExplainedRecord explained;
  const Record& read = batch.records[record];
  explained.passes_scan = passes_scan(read);
  const auto refuse = [&](Reject reject, std::uint32_t part) {
    ExplainedEvent& event = explained.events.emplace_back();
    event.part = part;
    event.reject = reject;
  };
  if (read.oversize) {
    refuse(Reject::oversize, 0);
    return explained;
  }
  reader_.read(
      read.text,
      [&](const AuditEvent& event, std::uint32_t part) {
        explained.events.push_back(explain_event(event, part, batch, record));
      },
      [&](std::string_view, Reject reject, std::uint32_t part) { refuse(reject, part); });
  return explained;
}

ExplainedEvent Explainer::explain_event(const AuditEvent& event, std::uint32_t part,
                                        const Batch& batch, std::uint32_t record) {
  ExplainedEvent explained;
  explained.part = part;
  explained.event = reference_to(event, batch.records[record], batch.end.stream);
  explained.what = words_for(event.root);
  const ServiceWrite* write = find_write(batch, record, part);
  if (write == nullptr) {
    explained.rules = rules_.explain(event, event);
    return explained;
  }
  explained.exposure = write->exposure;
  const Exposure& exposure = *explained.exposure;
  ExposedEvent pending(event, exposure, reader_.arena());
  ExposedEvent settled(event, exposure, reader_.arena());
  explained.rules = rules_.explain(pending.with(History::pending), settled.with(History::settled));
  return explained;
}

}  // namespace nodeportd
