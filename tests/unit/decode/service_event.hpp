#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "decode/audit_decoder.hpp"
#include "decode/service_write.hpp"
#include "support/exposure_text.hpp"

namespace nodeportd::test {

// An event, put together of what a case is about.
struct Parts {
  std::string verb = "create";
  std::string code = "201";
  std::string request;   // JSON; empty: not logged
  std::string response;  // likewise
  std::string query = {};
  std::string more = {};  // further members
};

inline std::string event_text(const Parts& parts) {
  std::string text = R"({"kind":"Event","auditID":"a-1","stage":"ResponseComplete","verb":")" +
                     parts.verb + R"(","requestURI":"/api/v1/namespaces/web/services)" +
                     parts.query + R"(","user":{"username":"eve"},)" +
                     R"("sourceIPs":["203.0.113.9","10.0.0.7"],"stageTimestamp":)" +
                     R"("2026-11-24T09:00:00.000001Z","objectRef":{"resource":"services",)" +
                     R"("namespace":"web","name":"shop","apiVersion":"v1"},)" +
                     R"("responseStatus":{"code":)" + parts.code + "}";
  if (!parts.request.empty()) text += R"(,"requestObject":)" + parts.request;
  if (!parts.response.empty()) text += R"(,"responseObject":)" + parts.response;
  return text + parts.more + "}";
}

inline std::vector<ServiceWrite> writes_in(const std::string& json) {
  AuditDecoder decoder;
  const auto event = decoder.decode(json);
  INFO(json);
  REQUIRE(event);
  std::vector<ServiceWrite> writes;
  ServiceWriteReader().read(*event, writes);
  return writes;
}

inline ServiceWrite write_in(const Parts& parts) {
  const auto writes = writes_in(event_text(parts));
  REQUIRE(writes.size() == 1);
  return writes[0];
}

inline std::string spec(const std::string& inner) {
  return R"({"kind":"Service","apiVersion":"v1","metadata":{"name":"shop"},"spec":{)" + inner +
         "}}";
}
inline std::string stored(const std::string& inner) {
  return R"({"kind":"Service","apiVersion":"v1","metadata":{"name":"shop","namespace":"web",)" +
         std::string(R"("uid":"u-1","resourceVersion":"7"},"spec":{)") + inner + "}}";
}

inline const std::string kStatus = R"({"kind":"Status","status":"Failure"})";
inline const std::string kAsked = R"("type":"NodePort","ports":[{"port":80,"protocol":"TCP"}])";
inline const std::string kOpen =
    R"("type":"NodePort","ports":[{"port":80,"protocol":"TCP","nodePort":31000}])";
inline const std::string kClosed = R"("type":"ClusterIP","ports":[{"port":80,"protocol":"TCP"}])";

}  // namespace nodeportd::test
