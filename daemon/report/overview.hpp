#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/digest.hpp"
#include "daemon/report/probes.hpp"
#include "daemon/report/status_report.hpp"
#include "model/alert.hpp"

namespace nodeportd {

// What the page at the admin address shows: how it is now, and what the last day brought. Bounded:
// alerts may be megabytes each, so only the beginnings of their texts and lists are held.
struct Overview {
  static constexpr std::size_t kDoorsMax = 16;  // of each kind, of a write
  static constexpr std::size_t kFactsMax = 12;

  // A write of a Service that alerts told of, once for all of them.
  struct Write {
    Exposure exposure;      // `opened` is left out
    std::size_t doors = 0;  // all of them, whatever is held
    WallTime time{};
    bool is_time_exact = false;  // else it is that of the alert's last event
    Level level = Level::medium;
    std::vector<std::string> rules;
    std::string alert_id;
  };

  struct Told {
    std::string id;
    std::string rule_name;
    Level level = Level::medium;
    WallTime first_time{};
    WallTime last_time{};
    WallTime window_end{};
    std::uint64_t count = 0;
    std::optional<std::string> user;
    std::optional<std::string> src_ip;
    std::string message;
    std::vector<std::pair<std::string, std::string>> facts;
  };

  StatusReport status;
  std::vector<ProbeCheck> troubles;  // why not everything is seen or told just now
  std::uint64_t open_services = 0;
  std::vector<Write> writes;  // the newest first
  std::vector<Told> open;     // alerts whose window is not closed, the newest first
  std::vector<Told> blind_spots;
  std::uint64_t unlisted = 0;  // events of alerts that had more of them than are kept
  bool is_cut = false;         // there was more than is shown
};

// Takes alerts apart, one at a time, and keeps none of them.
class OverviewBuilder {
 public:
  // The newest first.
  void add(const Alert& alert, WallTime committed);
  // Puts what was added into its place; the last call.
  void finish(Overview& overview);

 private:
  struct KeptWrite {
    Digest identity{};
    Overview::Write write;
  };
  void add_write(const Exposure& exposure, const Alert& alert, WallTime last_time);
  void keep_newest();

  std::vector<KeptWrite> writes_;
  std::map<Digest, std::size_t> places_;  // in `writes_`
  std::vector<Overview::Told> open_;
  std::vector<Overview::Told> blind_spots_;
  std::uint64_t unlisted_ = 0;
  bool is_cut_ = false;
};

// One JSON object, bounded, in which every text that a stranger wrote is cut and printable.
[[nodiscard]] std::string to_json(const Overview& overview);

}  // namespace nodeportd
