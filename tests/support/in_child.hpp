#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <string>

namespace nodeportd::test {

// What `act` returns in a child process of its own, whatever it does to that process. The child
// ends without the ends of this process: no destructors, no checks for leaks.
template <typename Act>
std::string in_child(Act act) {
  int ends[2] = {-1, -1};
  if (::pipe(ends) != 0) return "no pipe";
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::close(ends[0]);
    const std::string said = act();
    const bool whole =
        ::write(ends[1], said.data(), said.size()) == static_cast<ssize_t>(said.size());
    ::_exit(whole ? 0 : 1);
  }
  ::close(ends[1]);
  std::string said;
  char bytes[512];
  for (ssize_t got = 0; (got = ::read(ends[0], bytes, sizeof bytes)) > 0;) {
    said.append(bytes, static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  int status = 0;
  ::waitpid(pid, &status, 0);
  return status == 0 ? said : said + " (ended by " + std::to_string(status) + ")";
}

}  // namespace nodeportd::test
