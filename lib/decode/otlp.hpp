#pragma once

#include <cstddef>
#include <memory_resource>
#include <string_view>

#include "decode/json_read.hpp"
#include "model/event.hpp"

namespace nodeportd {

// Calls `visit` with each item of the list `name` of `object`.
template <typename Visit>
void for_each_in(const Value& object, std::string_view name, const Visit& visit) {
  const Value* list = object.find(name);
  if (!is_list(list)) return;
  for (std::size_t i = 0; i < list->size; ++i) visit(list->items[i]);
}

// Calls `visit` with the body of each log record of an export, in order.
template <typename Visit>
void for_each_body(const Value& logs, const Visit& visit) {
  for_each_in(logs, "resourceLogs", [&](const Value& resource) {
    for_each_in(resource, "scopeLogs", [&](const Value& scope) {
      for_each_in(scope, "logRecords", [&](const Value& record) {
        if (const Value* body = record.find("body")) visit(*body);
      });
    });
  });
}

// What an AnyValue of OpenTelemetry's JSON stands for: `{"intValue":"200"}` is 200, a kvlistValue
// an object, `{}` and what is unknown null. Bytes stay base64 text. New values lie in `arena`.
[[nodiscard]] Value otlp_value(const Value& any, std::pmr::memory_resource& arena);

}  // namespace nodeportd
