#include "confine/syscall_filter.hpp"

#include <linux/sockios.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace nodeportd {
namespace {

// What a running daemon calls, whatever it says beside the number. Some are not called by this C
// library but by others, or by older kernels' ways to the same end.
constexpr auto kAllowed = std::to_array<int>(
    {// files
     SCMP_SYS(access), SCMP_SYS(close), SCMP_SYS(dup), SCMP_SYS(dup2), SCMP_SYS(dup3),
     SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(fadvise64), SCMP_SYS(fallocate),
     SCMP_SYS(fchmod), SCMP_SYS(fchown), SCMP_SYS(fcntl), SCMP_SYS(fdatasync), SCMP_SYS(flock),
     SCMP_SYS(fstat), SCMP_SYS(fstatfs), SCMP_SYS(fsync), SCMP_SYS(ftruncate), SCMP_SYS(getcwd),
     SCMP_SYS(getdents64), SCMP_SYS(lseek), SCMP_SYS(lstat), SCMP_SYS(mkdir), SCMP_SYS(mkdirat),
     SCMP_SYS(newfstatat), SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(pread64), SCMP_SYS(preadv),
     SCMP_SYS(pwrite64), SCMP_SYS(pwritev), SCMP_SYS(read), SCMP_SYS(readlink),
     SCMP_SYS(readlinkat), SCMP_SYS(readv), SCMP_SYS(rename), SCMP_SYS(renameat),
     SCMP_SYS(renameat2), SCMP_SYS(rmdir), SCMP_SYS(stat), SCMP_SYS(statfs), SCMP_SYS(statx),
     SCMP_SYS(umask), SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(write), SCMP_SYS(writev),
     // waiting
     SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_pwait2),
     SCMP_SYS(epoll_wait), SCMP_SYS(eventfd2), SCMP_SYS(inotify_add_watch), SCMP_SYS(inotify_init1),
     SCMP_SYS(inotify_rm_watch), SCMP_SYS(pipe2), SCMP_SYS(poll), SCMP_SYS(ppoll),
     SCMP_SYS(pselect6), SCMP_SYS(select), SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_gettime),
     SCMP_SYS(timerfd_settime),
     // time
     SCMP_SYS(clock_getres), SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep),
     SCMP_SYS(gettimeofday), SCMP_SYS(time),
     // memory; mmap, mprotect: below
     SCMP_SYS(brk), SCMP_SYS(madvise), SCMP_SYS(mremap), SCMP_SYS(msync), SCMP_SYS(munmap),
     // threads and signals; clone, kill, prctl: below
     SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(futex), SCMP_SYS(get_robust_list),
     SCMP_SYS(getcpu), SCMP_SYS(gettid), SCMP_SYS(membarrier), SCMP_SYS(restart_syscall),
     SCMP_SYS(rseq), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigpending), SCMP_SYS(rt_sigprocmask),
     SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigtimedwait), SCMP_SYS(sched_getaffinity),
     SCMP_SYS(sched_yield), SCMP_SYS(set_robust_list), SCMP_SYS(set_tid_address),
     SCMP_SYS(sigaltstack), SCMP_SYS(signalfd4),
     // sockets; socket: below
     SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(bind), SCMP_SYS(connect), SCMP_SYS(getpeername),
     SCMP_SYS(getsockname), SCMP_SYS(getsockopt), SCMP_SYS(listen), SCMP_SYS(recvfrom),
     SCMP_SYS(recvmmsg), SCMP_SYS(recvmsg), SCMP_SYS(sendmmsg), SCMP_SYS(sendmsg), SCMP_SYS(sendto),
     SCMP_SYS(setsockopt), SCMP_SYS(shutdown),
     // what the process is
     SCMP_SYS(getegid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getpid), SCMP_SYS(getrandom),
     SCMP_SYS(getrusage), SCMP_SYS(getuid), SCMP_SYS(sysinfo), SCMP_SYS(uname)});

#ifdef NODEPORTD_SANITIZED
// At the end the leak checker stops all threads from a process that it makes; the thread sanitizer
// moves its shadow memory about. Nothing that is shipped has either.
constexpr auto kForSanitizers =
    std::to_array<int>({SCMP_SYS(clone), SCMP_SYS(getdents), SCMP_SYS(getppid), SCMP_SYS(kill),
                        SCMP_SYS(mprotect), SCMP_SYS(personality), SCMP_SYS(prctl),
                        SCMP_SYS(prlimit64), SCMP_SYS(ptrace), SCMP_SYS(wait4), SYS_nanosleep});
#else
constexpr std::array<int, 0> kForSanitizers{};
#endif

// A system call that is allowed when one argument's bits under `mask` are `value`.
struct Bits {
  int call;
  unsigned argument;
  std::uint64_t mask;
  std::uint64_t value;
};

constexpr std::uint64_t kAllBits = UINT64_MAX;
constexpr std::uint64_t kIntBits = UINT32_MAX;  // what the kernel looks at of an int
constexpr std::uint64_t kNamespaces = CLONE_NEWCGROUP | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWNS |
                                      CLONE_NEWPID | CLONE_NEWUSER | CLONE_NEWUTS;

std::vector<Bits> allowed_by_argument() {
  const auto self = static_cast<std::uint64_t>(::getpid());
  return {
      // Threads, no processes. clone3 says which in memory, where no filter can look.
      {SCMP_SYS(clone), 0, CLONE_THREAD | kNamespaces, CLONE_THREAD},
      // abort(); else nobody is signalled.
      {SCMP_SYS(kill), 0, kIntBits, self},
      {SCMP_SYS(tgkill), 0, kIntBits, self},
      {SCMP_SYS(rt_tgsigqueueinfo), 0, kIntBits, self},
      // A thread's name.
      {SCMP_SYS(prctl), 0, kIntBits, PR_SET_NAME},
      {SCMP_SYS(prctl), 0, kIntBits, PR_GET_NAME},
      // Its own limits, to be read.
      {SCMP_SYS(prlimit64), 2, kAllBits, 0},
      // Libraries are mapped readable and executable; nothing is both writable and executable, and
      // nothing becomes executable that was written.
      {SCMP_SYS(mmap), 2, PROT_EXEC, 0},
      {SCMP_SYS(mmap), 2, PROT_WRITE | PROT_EXEC, PROT_EXEC},
      {SCMP_SYS(mprotect), 2, PROT_EXEC, 0},
      // The resolver asks NETLINK which addresses this machine has.
      {SCMP_SYS(socket), 0, kIntBits, AF_UNIX},
      {SCMP_SYS(socket), 0, kIntBits, AF_INET},
      {SCMP_SYS(socket), 0, kIntBits, AF_INET6},
      {SCMP_SYS(socket), 0, kIntBits, AF_NETLINK},
      // Asio's, the syslog sink's, isatty's; not TIOCSTI, which types into a terminal.
      {SCMP_SYS(ioctl), 1, kIntBits, FIONBIO},
      {SCMP_SYS(ioctl), 1, kIntBits, FIONREAD},
      {SCMP_SYS(ioctl), 1, kIntBits, SIOCOUTQ},
      {SCMP_SYS(ioctl), 1, kIntBits, TCGETS},
      {SCMP_SYS(ioctl), 1, kIntBits, TIOCGWINSZ},
  };
}

struct ReleaseFilter {
  void operator()(void* filter) const { ::seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, ReleaseFilter>;

// Each returns 0 or a negated errno, as libseccomp does.

int allow_calls(scmp_filter_ctx filter, std::span<const int> calls) {
  for (const int call : calls) {
    if (const int failed = ::seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0)) return failed;
  }
  return 0;
}

int allow_arguments(scmp_filter_ctx filter) {
  for (const Bits& bits : allowed_by_argument()) {
    const scmp_arg_cmp condition{bits.argument, SCMP_CMP_MASKED_EQ, bits.mask, bits.value};
    if (const int failed =
            ::seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, bits.call, 1, &condition)) {
      return failed;
    }
  }
  return 0;
}

int load(scmp_filter_ctx filter) {
  // All threads at once, also such as a library may have started.
  if (const int failed = ::seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1)) return failed;
  // A tree instead of a list: each call that is looked up passes a few comparisons, not a hundred.
  if (const int failed = ::seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2)) return failed;
  if (const int failed = allow_calls(filter, kAllowed)) return failed;
  if (const int failed = allow_calls(filter, kForSanitizers)) return failed;
  if (const int failed = allow_arguments(filter)) return failed;
  // The C library then takes clone, which can be looked at.
  if (const int failed = ::seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0)) {
    return failed;
  }
  return ::seccomp_load(filter);
}

}  // namespace

Result<void> confine_syscalls() {
  const Filter filter(::seccomp_init(SCMP_ACT_ERRNO(EPERM)));
  if (filter == nullptr) return fail_errno(ENOMEM, "seccomp");
  const int failed = load(filter.get());
  if (failed == 0) return {};
  if (failed == -EINVAL || failed == -ENOSYS || failed == -EOPNOTSUPP) {
    return fail(ErrorKind::not_found, "seccomp: the kernel was built without it");
  }
  return fail_errno(-failed, "seccomp");
}

}  // namespace nodeportd
