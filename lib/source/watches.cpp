#include "source/watches.hpp"

#include <utility>

namespace nodeportd {

Watches::Update Watches::update(std::size_t index, const Stream::Watched& wanted) {
  Update update;
  std::set<int> kept;
  const auto keep = [&](const Result<int>& watch) {
    if (!watch) {
      update.error = watch.error();
      return;
    }
    kept.insert(*watch);
    update.has_new |= streams_of_[*watch].insert(index).second;
  };
  for (const std::string& folder : wanted.folders) keep(inotify_.watch_folder(folder));
  for (const LogFile* file : wanted.files) keep(inotify_.watch_file(file->descriptor()));
  for (auto at = streams_of_.begin(); at != streams_of_.end();) {
    auto& [watch, streams] = *at;
    if (!kept.contains(watch)) streams.erase(index);
    if (!streams.empty()) {
      ++at;
      continue;
    }
    inotify_.forget(watch);
    at = streams_of_.erase(at);
  }
  return update;
}

std::vector<Watches::News> Watches::read_news() {
  std::vector<News> news;
  for (KernelEvent& event : inotify_.read_events()) {
    const auto found = streams_of_.find(event.watch);
    std::vector<std::size_t> streams;
    if (found != streams_of_.end()) streams.assign(found->second.begin(), found->second.end());
    if (event.kind == KernelEvent::Kind::released && found != streams_of_.end()) {
      streams_of_.erase(found);
    }
    news.push_back({std::move(event), std::move(streams)});
  }
  return news;
}

}  // namespace nodeportd
