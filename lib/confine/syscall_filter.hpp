#pragma once

#include "base/result.hpp"

namespace nodeportd {

// Leaves the process, all of its threads, the system calls that a running daemon makes: files,
// memory, threads, time, waiting, and sockets of the families UNIX, INET and INET6. Any other fails
// with EPERM: starting a program or another process, looking into one, signals to one, mounting,
// namespaces, loading into the kernel. For ever. An error, with nothing changed, where the kernel
// has no seccomp or refuses the filter.
[[nodiscard]] Result<void> confine_syscalls();

}  // namespace nodeportd
