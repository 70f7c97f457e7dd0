#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace nodeportd::test {

// Who asks an apiserver for something.
struct Actor {
  std::string_view name;
  std::string_view groups;  // a JSON list
  std::string_view agent;
  std::string_view address;
};
extern const Actor kNode;
extern const Actor kController;
extern const Actor kDeployer;
extern const Actor kCollector;
extern const Actor kAlice;
extern const Actor kBob;
extern const Actor kAdmin;

// One request; its lines are written from this.
struct AuditRequest {
  std::string audit_id;
  std::string_view level;
  std::string uri;
  std::string_view verb;
  const Actor* actor = nullptr;
  std::string source_ips;  // a JSON list
  std::string user_agent;
  std::string received_object;  // objectRef while the name is not known yet
  std::string object;           // objectRef
  std::string status;           // responseStatus
  std::string request_body;     // empty: none
  std::string response_body;    // empty: none
  std::string received;         // a time
  bool is_forbidden = false;    // by the authorizer
};

enum class Stage : std::uint8_t { request_received, response_complete };

// What is asked for. Texts must need no JSON escape.
struct Target {
  std::string_view verb;
  std::string_view group;  // empty: the core's
  std::string_view resource;
  std::string_view name_space;  // empty: it has none
  std::string_view name;        // empty: all of them, or one that is not named
};

[[nodiscard]] std::string random_uuid(std::mt19937_64& random);

// A request at level RequestResponse that is answered with 200; its bodies are still to come.
[[nodiscard]] AuditRequest make_request(std::string audit_id, const Actor& actor,
                                        const Target& target);

// Appends the line of one stage, with its newline; `stage_time` is RFC 3339 with microseconds.
void append_audit_line(std::string& out, const AuditRequest& request, Stage stage,
                       std::string_view stage_time);

}  // namespace nodeportd::test
