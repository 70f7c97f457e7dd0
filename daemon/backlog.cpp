#include "daemon/backlog.hpp"

#include <iterator>
#include <utility>

namespace nodeportd {
namespace {

// Bounds for a state that cannot be written for hours. An alert that falls out of the history was
// sent; a window that is given up begins anew.
constexpr std::size_t kHistoryMax = 10'000;
constexpr std::size_t kWindowsMax = 200'000;

// The value under a name, made anew if need be: there are few names.
template <typename T>
T& entry(std::vector<std::pair<std::string, T>>& all, std::string& name) {
  for (auto& [known, value] : all) {
    if (known == name) return value;
  }
  return all.emplace_back(std::move(name), T{}).second;
}

}  // namespace

void Backlog::add(const FileMark& mark) {
  marks_.insert_or_assign({mark.stream, mark.device, mark.inode}, mark);
}

void Backlog::add(Outgoing outgoing) {
  changes_.outgoing.push_back(std::move(outgoing));
}

void Backlog::add(Changes changes) {
  if (changes_.windows.empty()) {
    changes_.windows = std::move(changes.windows);
  } else {
    if (window_at_.empty()) {
      for (std::size_t i = 0; i < changes_.windows.size(); ++i) {
        window_at_[changes_.windows[i].alert.id] = i;
      }
    }
    for (Window& window : changes.windows) {
      const auto [at, is_new] = window_at_.emplace(window.alert.id, changes_.windows.size());
      if (!is_new) {
        changes_.windows[at->second] = std::move(window);
      } else if (changes_.windows.size() < kWindowsMax) {
        changes_.windows.push_back(std::move(window));
      } else {
        window_at_.erase(at);
        ++dropped_;
      }
    }
  }
  std::move(changes.outgoing.begin(), changes.outgoing.end(),
            std::back_inserter(changes_.outgoing));
  for (auto& [stream, time] : changes.watermarks) entry(changes_.watermarks, stream) = time;
  for (auto& [exception, count] : changes.suppressions) {
    entry(changes_.suppressions, exception) += count;
  }
}

const Window* Backlog::find_window(const std::string& alert_id) const {
  for (const Window& window : changes_.windows) {
    if (window.alert.id == alert_id) return &window;
  }
  return nullptr;
}

const Changes& Backlog::changes() {
  changes_.positions.clear();
  for (const auto& [key, mark] : marks_) changes_.positions.push_back(mark);
  return changes_;
}

void Backlog::clear() {
  marks_.clear();
  changes_.clear();
  window_at_.clear();
  untold_ = 0;
}

std::vector<Outgoing> Backlog::take_undurable() {
  std::vector<Outgoing> away;
  for (; untold_ < changes_.outgoing.size(); ++untold_) {
    Outgoing& outgoing = changes_.outgoing[untold_];
    outgoing.alert.undurable = true;
    away.push_back(outgoing);
    outgoing.sinks.clear();
  }
  if (changes_.outgoing.size() > kHistoryMax) {
    const auto excess = changes_.outgoing.size() - kHistoryMax;
    changes_.outgoing.erase(changes_.outgoing.begin(),
                            changes_.outgoing.begin() + static_cast<std::ptrdiff_t>(excess));
    untold_ -= excess;
  }
  return away;
}

}  // namespace nodeportd
