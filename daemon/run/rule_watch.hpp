#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <string>

#include "base/result.hpp"
#include "source/inotify.hpp"

namespace nodeportd {

// Tells when a file of the configuration or of rules was written and closed, came or went, once it
// has been quiet for half a second: an editor writes in several steps. On the thread of `io`.
class RuleWatch {
 public:
  RuleWatch(boost::asio::io_context& io, std::function<void()> changed);

  // Any number of times: a file, wherever its name leads, or the rule files of a folder. That
  // Kubernetes renames the link `..data` beside the files of a ConfigMap counts as well.
  [[nodiscard]] Result<void> add(const std::string& path);

 private:
  // What could not be had before is tried again.
  [[nodiscard]] Result<void> listen();
  [[nodiscard]] Result<void> add_folder(const std::string& folder, const std::string& file);
  void wait();
  [[nodiscard]] bool concerns(const KernelEvent& event) const;

  Inotify inotify_;
  boost::asio::posix::stream_descriptor events_;
  boost::asio::steady_timer quiet_;
  std::function<void()> changed_;
  struct Watched {
    std::string folder;
    std::string file;  // empty: every rule file
  };
  std::multimap<int, Watched> files_;  // by watch
};

}  // namespace nodeportd
