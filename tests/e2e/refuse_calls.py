"""Starts a program for which the kernel does not have some system calls, as an older kernel would
not: refuse_calls.py landlock_create_ruleset,seccomp PROGRAM ARGUMENTS..."""

import ctypes
import errno
import os
import sys

ALLOW = 0x7FFF0000
FAIL_WITH = 0x00050000


def refuse(names):
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    rules = ctypes.c_void_p(library.seccomp_init(ALLOW))
    for name in names:
        number = library.seccomp_syscall_resolve_name(name.encode())
        if library.seccomp_rule_add(rules, FAIL_WITH | errno.ENOSYS, number, 0) != 0:
            sys.exit(f"no rule for {name}")
    if library.seccomp_load(rules) != 0:
        sys.exit("the rules were not taken")


if __name__ == "__main__":
    refuse(sys.argv[1].split(","))
    os.execv(sys.argv[2], sys.argv[2:])
