#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace nodeportd {

// What the kernel says of watched files and folders.
struct KernelEvent {
  enum class Kind : std::uint8_t {
    grown,     // a watched file was written to or cut
    created,   // a name in a watched folder is new, and what it names perhaps still unwritten
    named,     // one came from elsewhere or moved
    removed,   // one went, and no other name of the file came in its place
    released,  // the watch is gone, and its number with it
    overflow,  // the kernel dropped events: anything may have happened
  };
  Kind kind = Kind::overflow;
  int watch = -1;
  std::string name;  // created, named, removed: of the entry; empty when it is the folder itself
};

// inotify(7) as values: the only place that knows its header. Any call may fail for lack of
// watches (fs.inotify.max_user_watches) or instances, so whoever uses it also looks by himself
// from time to time. Watches of one file or folder have the same number. One thread.
class Inotify {
 public:
  Inotify();

  // Readable when there are events; -1 if the kernel gave no instance.
  [[nodiscard]] int fd() const { return fd_.get(); }
  // Watches the file that is open as `descriptor`, under whatever name.
  [[nodiscard]] Result<int> watch_file(int descriptor);
  [[nodiscard]] Result<int> watch_folder(const std::string& path);
  // The same, and files in it that were written, as `named`.
  [[nodiscard]] Result<int> watch_contents(const std::string& path);
  void forget(int watch);
  // What has happened since the last call, without waiting.
  [[nodiscard]] std::vector<KernelEvent> read_events();

 private:
  [[nodiscard]] Result<int> watch(const std::string& path, std::uint32_t mask,
                                  const std::string& name);
  Fd fd_;
};

}  // namespace nodeportd
