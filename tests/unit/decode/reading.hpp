#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "decode/event_reader.hpp"
#include "unit/decode/shown.hpp"

namespace nodeportd::test {

using Parts = std::vector<std::string>;

// What a reader makes of a record, part by part: `{...}` is an event, `torn: ...` a refusal.
inline Parts read_parts(EventReader& reader, const std::string& record) {
  Parts parts;
  const auto add = [&](std::string text, std::uint32_t part) {
    if (part != parts.size()) text += " is part " + std::to_string(part);
    parts.push_back(std::move(text));
  };
  reader.read(
      record, [&](const AuditEvent& event, std::uint32_t part) { add(show(event.root), part); },
      [&](std::string_view text, Reject reject, std::uint32_t part) {
        add(std::string(to_text(reject)) + ": " + std::string(text), part);
      });
  return parts;
}

inline Parts read_parts(const std::string& record) {
  EventReader reader;
  return read_parts(reader, record);
}

// JSON as text in JSON.
inline std::string as_json_text(std::string_view json) {
  std::string text = "\"";
  for (const char c : json) {
    if (c == '"' || c == '\\') text += '\\';
    if (c == '\n') {
      text += "\\n";
    } else {
      text += c;
    }
  }
  return text + '"';
}

inline std::string docker(std::string_view line, const std::string& stream = "stdout") {
  return R"({"log":)" + as_json_text(std::string(line) + "\n") + R"(,"stream":")" + stream +
         R"(","time":"2026-11-24T08:59:27.277194Z"})";
}

inline std::string cloudwatch(const std::vector<std::string>& messages) {
  std::string text =
      R"({"messageType":"DATA_MESSAGE","owner":"1","logGroup":"/aws/eks/c/cluster","logEvents":[)";
  for (const std::string& message : messages) {
    if (text.back() == '}') text += ',';
    text += R"({"id":"3","timestamp":1795510767277,"message":)" + as_json_text(message) + '}';
  }
  return text + "]}";
}

inline std::string azure(const std::string& log, const std::string& category = "kube-audit") {
  return R"({"category":")" + category +
         R"(","operationName":"Microsoft.ContainerService/managedClusters/diagnosticLogs/Read",)"
         R"("properties":{"log":)" +
         log + R"(,"stream":"stdout","pod":"kube-apiserver-1"},"time":"2026-11-24T08:59:27Z"})";
}

inline std::string otlp(const std::string& body) {
  return R"({"resourceLogs":[{"resource":{},"scopeLogs":[{"scope":{},"logRecords":[)"
         R"({"timeUnixNano":"1795510767277194000","body":)" +
         body + R"(,"attributes":[]}]}]}]})";
}

}  // namespace nodeportd::test
