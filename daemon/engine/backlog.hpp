#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "model/changes.hpp"

namespace nodeportd {

// What waits for the next commit. A commit that fails, or that a replay need not make, leaves it as
// it is, and what follows is merged into it: one mark per file, one figure per window, one record
// per Service. A state that cannot be written for long makes it grow: the caller asks bytes(), and
// reads no more when they are too many. One thread.
class Backlog {
 public:
  void add(const FileMark& mark);
  void add(Changes changes);
  void add(Outgoing outgoing);

  [[nodiscard]] bool has_alerts() const { return !changes_.outgoing.empty(); }
  [[nodiscard]] bool has_figures() const {
    return !changes_.windows.empty() || !changes_.suppressions.empty() ||
           !changes_.services.empty() || !changes_.audit_ids.empty();
  }
  [[nodiscard]] bool empty() const { return marks_.empty() && changes_.empty(); }
  // What all of it takes in memory, about.
  [[nodiscard]] std::size_t bytes();
  // So much (about 16 MiB) that whoever need not commit should do it all the same.
  [[nodiscard]] bool is_crowded() const;
  // A window that was not committed yet, or nullptr.
  [[nodiscard]] const Window* find_window(const std::string& alert_id);
  // Ordered as Store::for_each_window().
  void for_each_window(const std::function<void(const Window&)>& visit) const;
  // What a failed commit has left here of a Service, which overrides what the state says; nullptr:
  // the state is right. After 16 MiB of changes all of them are given up and stand as one change
  // of kind all_forgotten, which is the answer for every Service without a later change: its
  // history is unknown then, so that nothing passes for open before.
  [[nodiscard]] const ServiceChange* find_service(std::string_view cluster, std::string_view ns,
                                                  std::string_view name) const;

  // Everything, ready to commit. Valid until the next call of a member.
  [[nodiscard]] const Changes& changes();
  void clear();

  // The state cannot be written: gives the alerts away, to be sent all the same. They stay for the
  // history, addressed to nobody, as they were sent.
  [[nodiscard]] std::vector<Outgoing> take_undurable();
  // The next commit may succeed: those of them that still wait for sinks, which are given by
  // idempotency key, are addressed to these; which ones.
  [[nodiscard]] std::set<std::string> address(
      const std::map<std::string, std::vector<std::string>>& waiting);
  void address_nobody();  // it did not
  // Of the alerts that were given away, forgets the oldest until at most `most` bytes of everything
  // are left or none of them is: the history will lack them. For when all of them were taken.
  void forget_told(std::size_t most);

 private:
  using FileKey = std::tuple<std::string, std::uint64_t, std::uint64_t>;

  void add(Window window);  // once window_at_ is filled
  void add(ServiceChange change);
  void add(const std::vector<AuditIdUse>& uses);
  void forget_services();
  void index_windows();

  std::map<FileKey, FileMark> marks_;
  Changes changes_;
  std::size_t untold_ = 0;  // alerts of changes_.outgoing before this index were given away
  std::unordered_map<std::string, std::size_t> window_at_;  // filled when it is needed
  std::optional<std::size_t> weight_;  // of windows and alerts, while somebody asks
  std::unordered_map<std::string, std::size_t> service_at_;
  std::size_t service_bytes_ = 0;
};

}  // namespace nodeportd
