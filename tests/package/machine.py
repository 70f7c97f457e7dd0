"""A machine of its own for each test, in no time: a namespace whose root is an overlay over this
root. What is installed or removed there lies in memory and goes with the namespace. systemd does
not run there, as in a container or while a machine is installed."""

import os
import shutil
import subprocess
import unittest

# Runs as the namespace's first shell, then holds it until its standard input ends.
SETTING_UP = """
set -e
mount -t tmpfs -o mode=755 tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" overlay "$1/root"
cd "$1/root"
mount --rbind /proc proc
mount --rbind /dev dev
for folder in run tmp var/log; do mount -t tmpfs -o mode=1777 tmpfs "$folder"; done
chmod 755 run var/log
if [ -n "$2" ]; then mkdir -p mnt; mount --bind "$2" mnt; fi
exec chroot . sh -c 'echo ready; exec cat'
"""


class Machine:
    def __init__(self, folder, shared=""):
        """`folder` is an empty one of ours; `shared` is seen as /mnt within."""
        self.holder = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", SETTING_UP, "sh",
             folder, shared], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.holder.stdout.readline() != "ready\n":
            self.close()
            raise unittest.SkipTest("skipped: no overlay over / can be mounted here")

    def enter(self, *command):
        """The command as it has to be called from outside."""
        return ["nsenter", "--target", str(self.holder.pid), "--mount", "--root", "--wdns=/",
                *command]

    def run(self, *command, check=True, **options):
        done = subprocess.run(self.enter(*command), capture_output=True, text=True, timeout=120,
                              env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
                                   "DEBIAN_FRONTEND": "noninteractive"}, **options)
        if check and done.returncode:
            raise AssertionError(f"{command}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def shell(self, script, **options):
        return self.run("sh", "-euc", script, **options).stdout

    def exists(self, path):
        return self.run("test", "-e", path, check=False).returncode == 0

    def read(self, path):
        return self.run("cat", path).stdout

    def close(self):
        self.holder.stdin.close()
        self.holder.wait()
        self.holder.stdout.close()


def needs(*programs, root=True):
    """Skips a test, and says why, where it cannot run."""
    if root and os.geteuid() != 0:
        raise unittest.SkipTest("skipped: only root can make a machine of its own")
    for program in programs:
        if not shutil.which(program):
            raise unittest.SkipTest(f"skipped: {program} is not installed")
