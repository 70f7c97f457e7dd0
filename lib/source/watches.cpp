#include "source/watches.hpp"

#include <set>
#include <utility>

namespace nodeportd {

Watches::Update Watches::update(std::size_t index, const Stream::Watched& wanted) {
  Update update;
  std::set<int> kept;
  const auto keep = [&](const Result<int>& watch, const std::string& folder) {
    if (!watch) {
      update.error = watch.error();
      return;
    }
    kept.insert(*watch);
    update.has_new |= folders_of_[*watch].insert_or_assign(index, folder).second;
  };
  for (const std::string& folder : wanted.folders) keep(inotify_.watch_folder(folder), folder);
  for (const LogFile* file : wanted.files) keep(inotify_.watch_file(file->descriptor()), "");
  for (auto at = folders_of_.begin(); at != folders_of_.end();) {
    auto& [watch, folders] = *at;
    if (!kept.contains(watch)) folders.erase(index);
    if (!folders.empty()) {
      ++at;
      continue;
    }
    inotify_.forget(watch);
    at = folders_of_.erase(at);
  }
  return update;
}

std::vector<Watches::News> Watches::read_news() {
  std::vector<News> news;
  for (KernelEvent& event : inotify_.read_events()) {
    const auto found = folders_of_.find(event.watch);
    std::vector<Listener> listeners;
    if (found != folders_of_.end()) {
      for (const auto& [stream, folder] : found->second) listeners.push_back({stream, folder});
      if (event.kind == KernelEvent::Kind::released) folders_of_.erase(found);
    }
    news.push_back({std::move(event), std::move(listeners)});
  }
  return news;
}

}  // namespace nodeportd
