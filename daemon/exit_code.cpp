#include "daemon/exit_code.hpp"

#include <fmt/core.h>

#include <cstdio>

#include "base/text.hpp"

namespace nodeportd {

int complain(const Error& error, int missing) {
  fmt::print(stderr, "nodeportd: {}\n", printable(error.text));
  return error.kind == ErrorKind::not_found ? missing : kExitFailed;
}

}  // namespace nodeportd
