#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tools/audit_line.hpp"

namespace nodeportd::test {

// An event that the shipped rules must find.
struct TrueEvent {
  std::string audit_id;
  std::string_view rule;  // the id of the one that tells it
  std::string_view way;   // how the port was opened, or what was tried
  std::string_view outcome;
  std::string name_space;
  std::string service;
  std::string port;  // empty: none was given, or the line does not show it
};
// One line of JSON, without a newline.
[[nodiscard]] std::string to_json(const TrueEvent& event);

// Writes of Services: what controllers and people do to some hundred of them all day, which opens
// nothing, and the few that open something.
class ServiceWrites {
 public:
  struct Options {
    std::uint64_t exposures_per_million = 10'000;  // writes; attempts at it included
    // Instead of all ways to open a port: so many Services are created, one after the other and
    // then again, so that repeats bring nothing new but their number; 0: no.
    std::uint64_t services = 0;
  };
  ServiceWrites(Options options, std::mt19937_64& random);

  // Appends a line. What it is about, if it must be found.
  std::optional<TrueEvent> append_next(std::string& out, const std::string& received,
                                       const std::string& stage_time);
  // Appends a line that opens nothing.
  void append_routine(std::string& out, const std::string& received, const std::string& stage_time);

 private:
  struct Service {
    std::string name;
    std::string name_space;
    std::string uid;
    const Actor* owner = nullptr;
    std::string_view type = "ClusterIP";  // as it is written
    std::string node_port = {};
    std::string external_ip = {};
    std::string_view annotation = {};
  };
  enum class Known : std::uint8_t { to_client, to_server };  // whose body it is
  enum class Way : std::uint8_t {
    create,
    create_load_balancer,
    update,
    merge_patch,
    patch_to_load_balancer,
    json_patch,
    apply,
    external_ip,
    escaped_patch,
    escaped_patch_answered_briefly,
    dry_run,
    misspelled,
    refused_by_webhook,
    conflict,
    denied
  };

  [[nodiscard]] std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  [[nodiscard]] Service make_service(std::string name, std::uint64_t number);
  void begin(std::string_view verb, const Service& service);
  [[nodiscard]] std::string body(const Service& service, Known known);
  void answer(std::string_view code, const Service& service);
  void refuse(std::string_view code, std::string_view reason, const std::string& message,
              const Service& service);
  void set_times(const std::string& received, const std::string& stage_time);
  void write_routine();
  void write_new_routine();
  void write_known_routine();
  TrueEvent write_exposure();
  TrueEvent write_repeated();
  [[nodiscard]] TrueEvent told(Way way, const Service& service) const;
  void write_opening(Way way, Service& service);
  void write_attempt(Way way, Service& service);

  Options options_;
  std::mt19937_64& random_;
  std::vector<Service> services_;  // of which none is open
  std::deque<Service> open_;       // the latest that were opened
  std::uint64_t version_ = 4'000'000;
  std::uint64_t exposures_ = 0;  // written
  std::uint64_t created_ = 0;    // that stay closed
  AuditRequest request_;
  std::string created_time_;
};

}  // namespace nodeportd::test
