#pragma once

#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/notice.hpp"
#include "state/sqlite.hpp"
#include "state/store_options.hpp"

namespace nodeportd {

// DIRECTORY/state.db, opened, sound and of our schema.
struct StateFile {
  Database database;
  std::vector<Notice> notices;  // state.damaged, if an older file had to be set aside
};

// 16 hexadecimal digits.
[[nodiscard]] std::string random_epoch();

// Creates the file if it is not there. One that is damaged is renamed to
// `state.db.damaged-<time of now>` (the last three of these are kept), and a fresh one takes over
// what can still be read of it. An older schema is brought up to date, in one transaction; a newer
// one is an error of kind config, or is set aside whole if the options say so. The caller holds
// the directory's lock. `epoch` is what a file that is created is given; empty: one of its own.
[[nodiscard]] Result<StateFile> open_state_file(const StoreOptions& options, WallTime now,
                                                const std::string& epoch = "");

// What can be read while the file cannot be opened for writing, its disk being full or read-only:
// the file as it is, or an empty one in memory if there is none. Every write fails. An error when
// the file cannot be read either, is damaged, or of another schema.
[[nodiscard]] Result<Database> open_stand_in(const StoreOptions& options);

// What stands at DIRECTORY/state.db is renamed, with what belongs to it, as a damaged file is; the
// new name.
[[nodiscard]] Result<std::string> set_state_aside(const StoreOptions& options, WallTime now);

// The same file while a daemon may be using it: never created, changed or set aside, so that an
// older schema is an error of kind config too.
[[nodiscard]] Result<Database> open_state_file_beside(const StoreOptions& options);

// A private one that is gone with the connection; its epoch is 16 zeros.
[[nodiscard]] Result<Database> open_temporary_state_file();

}  // namespace nodeportd
