#include "daemon/exit_code.hpp"

#include <fmt/core.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>

#include "base/text.hpp"

namespace nodeportd {
namespace {

// Who closes the pipe, as `head` does, has what he wanted.
bool is_reader_gone() {
  pollfd reader{.fd = STDOUT_FILENO, .events = 0, .revents = 0};
  return ::poll(&reader, 1, 0) > 0 && (reader.revents & (POLLERR | POLLHUP)) != 0;
}

}  // namespace

int complain(const Error& error, int missing) {
  fmt::print(stderr, "nodeportd: {}\n", printable(error.text));
  return error.kind == ErrorKind::not_found ? missing : kExitFailed;
}

int end_output(int code, int why) {
  errno = 0;
  const bool is_flushed = std::fflush(stdout) == 0;
  if (why == 0) why = errno;
  if (is_flushed && std::ferror(stdout) == 0) return code;
  std::clearerr(stdout);  // it is told once
  if (is_reader_gone()) return code;
  // Of a failure in the midst of it stdio keeps no reason.
  const std::string reason = why != 0 ? ": " + std::generic_category().message(why) : "";
  (void)std::fprintf(stderr, "nodeportd: not all of the output could be written%s\n",
                     reason.c_str());
  return code == kExitWell ? kExitFailed : code;
}

}  // namespace nodeportd
