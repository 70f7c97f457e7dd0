#pragma once

#include "base/result.hpp"

namespace nodeportd {

// What the service manager and scripts see (systemd/nodeportd.service does not restart on 2, 78).
constexpr int kExitWell = 0;
constexpr int kExitFailed = 1;   // at run time
constexpr int kExitUsage = 2;    // the command line
constexpr int kExitConfig = 78;  // EX_CONFIG of sysexits.h: the config or a rule

// Says on stderr what went wrong, in one line; returns the code to leave with, which is `missing`
// where something is not there: kExitUsage when the command line has named it.
[[nodiscard]] int complain(const Error& error, int missing = kExitFailed);

// Once all is printed: writes what is left of the output, says on stderr that it could not be
// written, and returns the code to leave with, which is `code` where all is well. `why`: the errno
// of a failure that is known already.
[[nodiscard]] int end_output(int code, int why = 0);

}  // namespace nodeportd
