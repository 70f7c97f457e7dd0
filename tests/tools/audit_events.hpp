#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "tools/audit_line.hpp"

namespace nodeportd::test {

// A creation of a NodePort service that the shipped rule must find.
struct Creation {
  std::string audit_id;
  std::string name;
  std::string name_space;
  std::string user;
  std::string user_agent;  // empty: the event has none
  std::string source_ips;  // a JSON list
  std::string type;        // as the client spelled it
  int code = 0;
  bool dry_run = false;
  WallTime time{};  // stageTimestamp
};
// One line of JSON, without a newline.
[[nodiscard]] std::string to_json(const Creation& creation);

// The lines of an audit log, one after the other, all of them a function of the plan and of the
// times they are asked with: what kubelets, controllers and people do all day, and among it the
// creations. Only a creation matches the shipped rule; some other lines do name a NodePort.
class AuditEvents {
 public:
  struct Plan {
    std::uint64_t lines = 0;
    std::uint64_t creations = 0;  // spread evenly; at most a quarter of the lines
    std::uint64_t big_every = 0;  // each so many lines one of 300 KiB; 0: none
    std::uint64_t seed = 0;
  };
  explicit AuditEvents(Plan plan);

  // The next line, with its newline, of an event at `time`. Valid until the next call.
  [[nodiscard]] std::string_view next(WallTime time);
  // Set when that line is the one that completes a creation.
  [[nodiscard]] const std::optional<Creation>& creation() const { return creation_; }

 private:
  [[nodiscard]] std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  [[nodiscard]] bool creation_is_due() const;
  void begin(WallTime time);
  void begin_creation(WallTime time);
  void fill_creation(const Creation& creation, std::string_view refusal, WallTime time);
  void begin_decoy(WallTime time);
  void begin_big(WallTime time);
  void begin_named_decoy(WallTime time);
  // Fills `request_` but for its bodies.
  void describe(const Actor& actor, const Target& target);
  void write_line(Stage stage, WallTime time);

  Plan plan_;
  std::mt19937_64 random_;
  std::uint64_t written_ = 0;
  std::uint64_t created_ = 0;
  std::uint64_t version_ = 1000;  // resourceVersion
  bool response_is_next_ = false;
  AuditRequest request_;
  std::optional<Creation> creating_;  // what `request_` is about
  std::optional<Creation> creation_;
  std::string line_;
  std::string big_value_;
};

}  // namespace nodeportd::test
