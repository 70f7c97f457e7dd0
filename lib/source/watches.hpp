#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "source/inotify.hpp"
#include "source/stream.hpp"

namespace nodeportd {

// Which watch stands for which streams. One thread.
class Watches {
 public:
  [[nodiscard]] int fd() const { return inotify_.fd(); }

  // Makes the watches of stream `index` those that it wants. What could not be watched comes back
  // as an error, once; the rest is.
  struct Update {
    bool has_new = false;  // what changed before it was watched is to be looked for
    std::optional<Error> error;
  };
  Update update(std::size_t index, const Stream::Watched& wanted);

  struct Listener {
    std::size_t stream = 0;
    std::string folder;  // what the stream calls the watched folder; empty if it is a file
  };
  struct News {
    KernelEvent event;
    std::vector<Listener> listeners;  // of an overflow: none, since it concerns all
  };
  [[nodiscard]] std::vector<News> read_news();

 private:
  Inotify inotify_;
  std::map<int, std::map<std::size_t, std::string>> folders_of_;  // of each stream that listens
};

}  // namespace nodeportd
