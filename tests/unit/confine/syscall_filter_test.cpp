#include "confine/syscall_filter.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstring>
#include <functional>
#include <thread>
#include <utility>
#include <vector>

#include "base/fd.hpp"
#include "support/in_child.hpp"

using namespace nodeportd;
using nodeportd::test::in_child;

namespace {

std::string outcome(bool well) {
  const int number = errno;
  return well ? "well" : ::strerrorname_np(number);
}

std::string confined(const std::function<std::string()>& act) {
  return in_child([&] {
    const Result<void> done = confine_syscalls();
    return done ? act() : done.error().text;
  });
}

std::string call(long number) {
  return outcome(::syscall(number, 0, 0, 0, 0, 0) >= 0);
}

}  // namespace

TEST_CASE("programs, other processes and the kernel's state are refused") {
  const std::vector<std::pair<std::string, long>> refused = {
      {"execve", SYS_execve},
      {"execveat", SYS_execveat},
      {"vfork", SYS_vfork},
      {"process_vm_readv", SYS_process_vm_readv},
      {"process_vm_writev", SYS_process_vm_writev},
      {"mount", SYS_mount},
      {"umount2", SYS_umount2},
      {"chroot", SYS_chroot},
      {"pivot_root", SYS_pivot_root},
      {"unshare", SYS_unshare},
      {"setns", SYS_setns},
      {"setuid", SYS_setuid},
      {"setgid", SYS_setgid},
      {"capset", SYS_capset},
      {"init_module", SYS_init_module},
      {"bpf", SYS_bpf},
      {"perf_event_open", SYS_perf_event_open},
      {"keyctl", SYS_keyctl},
      {"memfd_create", SYS_memfd_create},
      {"pidfd_open", SYS_pidfd_open},
      {"io_uring_setup", SYS_io_uring_setup},
      {"userfaultfd", SYS_userfaultfd},
      {"reboot", SYS_reboot},
      {"settimeofday", SYS_settimeofday},
      {"link", SYS_link},
      {"symlink", SYS_symlink},
      {"chmod", SYS_chmod},
  };
  for (const auto& [name, number] : refused) {
    CAPTURE(name);
    CHECK(confined([refused_call = number] { return call(refused_call); }) == "EPERM");
  }
}

TEST_CASE("what a call is told may be refused where the call is allowed") {
  CHECK(confined([] { return outcome(::socket(AF_PACKET, SOCK_RAW, 0) >= 0); }) == "EPERM");
  CHECK(confined([] { return outcome(::socket(AF_VSOCK, SOCK_STREAM, 0) >= 0); }) == "EPERM");
  CHECK(confined([] { return outcome(::socket(AF_INET, SOCK_STREAM, 0) >= 0); }) == "well");
  CHECK(confined([] { return outcome(::ioctl(0, TIOCSTI, "x") == 0); }) == "EPERM");
  const auto map = [](int protection) {
    return confined([protection] {
      return outcome(::mmap(nullptr, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
                     MAP_FAILED);
    });
  };
  CHECK(map(PROT_READ | PROT_WRITE) == "well");
  CHECK(map(PROT_READ | PROT_EXEC) == "well");
  CHECK(map(PROT_READ | PROT_WRITE | PROT_EXEC) == "EPERM");
}

// The address sanitizer's leak checker needs these.
#ifndef NODEPORTD_SANITIZED
TEST_CASE("a process can neither be made nor looked into nor signalled") {
  const pid_t parent = ::getpid();
  CHECK(confined([] { return outcome(::fork() >= 0); }) == "EPERM");
  CHECK(confined([] {
          pid_t child = 0;
          char* none[] = {nullptr};
          errno = ::posix_spawn(&child, "/bin/true", nullptr, nullptr, none, none);
          return outcome(errno == 0);
        }) == "EPERM");
  CHECK(confined([&] { return outcome(::ptrace(PTRACE_SEIZE, parent, 0, 0) == 0); }) == "EPERM");
  CHECK(confined([&] { return outcome(::kill(parent, 0) == 0); }) == "EPERM");
  CHECK(confined([] { return outcome(::kill(::getpid(), 0) == 0); }) == "well");
  CHECK(confined([] { return outcome(::prctl(PR_SET_DUMPABLE, 1) == 0); }) == "EPERM");
  CHECK(confined([] {
          void* at =
              ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
          return outcome(::mprotect(at, 4096, PROT_READ | PROT_EXEC) == 0);
        }) == "EPERM");
}
#endif

TEST_CASE("threads start, and are confined") {
  CHECK(confined([] {
          std::string said;
          std::thread([&] { said = call(SYS_unshare); }).join();
          return said;
        }) == "EPERM");
}

TEST_CASE("threads that run already are confined too") {
  CHECK(in_child([] {
          Fd ends[2];
          int raw[2] = {-1, -1};
          if (::pipe(raw) != 0) return std::string("no pipe");
          ends[0] = Fd(raw[0]);
          ends[1] = Fd(raw[1]);
          std::string said;
          std::thread other([&] {
            char byte = 0;
            (void)!::read(ends[0].get(), &byte, 1);
            said = call(SYS_unshare);
          });
          const Result<void> done = confine_syscalls();
          ends[1].reset();
          other.join();
          return done ? said : done.error().text;
        }) == "EPERM");
}

TEST_CASE("a program that gives more rights would give none") {
  CHECK(confined([] {
          const Fd status(::open("/proc/self/status", O_RDONLY));
          std::string text(8192, '\0');
          (void)!::read(status.get(), text.data(), text.size());
          return text.substr(text.find("NoNewPrivs:"), std::strlen("NoNewPrivs:\t1"));
        }) == "NoNewPrivs:\t1");
}
