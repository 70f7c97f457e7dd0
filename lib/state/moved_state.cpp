// What a store does about a file that it cannot write, or that was taken away from under it.

#include <fcntl.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "base/files.hpp"
#include "state/directory_lock.hpp"
#include "state/state_file.hpp"
#include "state/store.hpp"

namespace nodeportd {
namespace {

constexpr std::string_view kRemoved = "the state was removed while nodeportd runs: ";
constexpr std::size_t kRoom = 262'144;  // for a log with its index, and then some

// Whether a file of some size can be made in the directory.
Result<void> find_room(const std::string& directory) {
  const std::string path = directory + "/room";
  Result<Fd> file = open_file(path, O_WRONLY | O_CREAT | O_TRUNC);
  if (!file) return fail(file.error());
  auto found = write_all(file->get(), std::string(kRoom, '\0'));
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
  if (!found) found.error().text = path + ": " + found.error().text;
  return found;
}

}  // namespace

Result<void> Store::start_checkpoints() {
  const std::string path = options_.directory + "/state.db";
  auto checkpointer = Checkpointer::start(database_, path);
  if (!checkpointer) return fail(checkpointer.error());
  checkpointer_ = std::move(*checkpointer);
  files_ = OpenFiles(path);
  return {};
}

Result<void> Store::settle_in(WallTime now) {
  if (is_stand_in_) return leave_stand_in(now);
  if (files_.are_in_place()) return {};
  if (auto written = write_anew(now); !written) {
    const Error& error = written.error();
    return fail(error.kind, std::string(kRemoved) + error.text);
  }
  return {};
}

// SQLite takes a file that it knows as read-only for one in all of the process's connections: ours
// is closed first, once it is likely that it need not be opened again.
Result<void> Store::leave_stand_in(WallTime now) {
  if (auto room = find_room(options_.directory); !room) return room;
  Result<Database> nothing = Database::open("", Database::Access::create);
  if (!nothing) return fail(nothing.error());
  database_ = std::move(*nothing);
  auto moved = move_to(epoch_, now);
  if (!moved && is_stand_in_) {
    if (Result<Database> again = open_stand_in(options_)) database_ = std::move(*again);
  }
  return moved;
}

// Leaves the database that is open for the one that stands in the directory.
Result<void> Store::move_to(const std::string& epoch, WallTime now) {
  Result<StateFile> file = open_state_file(options_, now, epoch);
  if (!file) return fail(file.error());
  checkpointer_.reset();
  fresh_ = {};
  database_ = std::move(file->database);
  for (Notice& notice : file->notices) quarantine_.report(std::move(notice));
  damaged_ = Damaged::set_aside;
  is_stand_in_ = false;
  mark_running();
  return start_checkpoints();
}

// SQLite still has all of it: nothing is lost but the name.
Result<void> Store::write_anew(WallTime now) {
  if (auto made = make_directory(options_.directory); !made) return made;
  const std::string path = options_.directory + "/state.db";
  const std::string copy = path + ".copy";
  std::error_code ignored;
  std::filesystem::remove(copy, ignored);
  // SQLite would make it readable for all.
  if (auto file = open_file(copy, O_RDWR | O_CREAT | O_EXCL); !file) return fail(file.error());
  if (auto copied = database_.copy_to(copy); !copied) {
    std::filesystem::remove(copy, ignored);
    return copied;
  }
  // What somebody put in its place is not ours to destroy.
  if (files_.is_state_replaced()) {
    if (auto aside = set_state_aside(options_, now); !aside) return fail(aside.error());
  }
  // The next to open the file would take this log for its own.
  for (const char* part : {"-wal", "-shm"}) std::filesystem::remove(path + part, ignored);
  if (std::rename(copy.c_str(), path.c_str()) != 0) return fail_errno(errno, path);
  lock_.reset();
  Result<Fd> lock = lock_directory(options_.directory);
  if (!lock) return fail(lock.error());
  lock_ = std::move(*lock);
  if (auto moved = move_to(epoch_, now); !moved) return moved;
  quarantine_.report({"state.damaged",
                      "The state was removed while nodeportd runs, and was written anew from what "
                      "it had open: nothing is lost",
                      {{"file", path}}});
  return {};
}

}  // namespace nodeportd
