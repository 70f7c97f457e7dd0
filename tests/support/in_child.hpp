#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace nodeportd::test {

// What `act(0)`, `act(1)`, … return, each in a child process of its own, whatever it does to that
// process. All run at a time. A child ends without the ends of this process: no destructors, no
// checks for leaks.
template <typename Act>
std::vector<std::string> in_children(int children, Act act) {
  struct Child {
    pid_t pid = -1;
    int end = -1;
  };
  std::vector<Child> started;
  for (int i = 0; i < children; ++i) {
    int ends[2] = {-1, -1};
    if (::pipe(ends) != 0) return {"no pipe"};
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::close(ends[0]);
      const std::string said = act(i);
      std::size_t done = 0;
      for (ssize_t put = 0; done < said.size(); done += static_cast<std::size_t>(put)) {
        put = ::write(ends[1], said.data() + done, said.size() - done);
        if (put <= 0) break;
      }
      ::_exit(done == said.size() ? 0 : 1);
    }
    ::close(ends[1]);
    started.push_back({pid, ends[0]});
  }
  std::vector<std::string> all;
  for (const Child& child : started) {
    std::string said;
    char bytes[512];
    for (ssize_t got = 0; (got = ::read(child.end, bytes, sizeof bytes)) > 0;) {
      said.append(bytes, static_cast<std::size_t>(got));
    }
    ::close(child.end);
    int status = 0;
    ::waitpid(child.pid, &status, 0);
    all.push_back(status == 0 ? said : said + " (ended by " + std::to_string(status) + ")");
  }
  return all;
}

// The same of one child.
template <typename Act>
std::string in_child(Act act) {
  return in_children(1, [&act](int) { return act(); }).front();
}

}  // namespace nodeportd::test
