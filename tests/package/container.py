"""The image: it holds all that the daemon needs, and the daemon needs no more than it says."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

from machine import Machine, needs

sys.path.append(os.path.join(os.path.dirname(__file__), "..", "e2e"))
from harness import NODEPORTD, SOURCE, creation, eventually  # noqa: E402

CONTAINERFILE = os.path.join(SOURCE, "container/Containerfile")
USER = 65532

# Becomes a program in /mnt as a container runtime would start it with `drop: [ALL]`: with this
# user, no groups, no capability and none to gain.
IN_CONTAINER = """
import ctypes, os, sys
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 24, 38
prctl = ctypes.CDLL(None).prctl
os.chroot("/mnt")
os.chdir("/")
for capability in range(64):
    prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
user = int(sys.argv[1])
os.setgroups([])
os.setgid(user)
os.setuid(user)
os.execv(sys.argv[2], sys.argv[2:])
"""


def final_stage():
    """What the Containerfile does once the build has made /image, with our folder in its place."""
    with open(CONTAINERFILE, encoding="utf-8") as file:
        text = file.read()
    return re.sub(r"--from=build (.*?)/image", r"\1", text[text.index("\nFROM scratch"):])


class Image(unittest.TestCase):
    def setUp(self):
        self.work = tempfile.mkdtemp(prefix="nodeportd-image-")
        self.addCleanup(shutil.rmtree, self.work)
        staged = os.path.join(self.work, "staged")
        subprocess.run([os.path.join(SOURCE, "container/stage"), NODEPORTD, staged],
                       check=True, timeout=120)
        self.image = os.path.join(staged, "root")

    def test_it_holds_the_shipped_rules_the_libraries_and_their_licences_and_no_shell(self):
        found = {os.path.join(folder, name)[len(self.image):]
                 for folder, _, names in os.walk(self.image) for name in names}
        for rule in os.listdir(os.path.join(SOURCE, "config/rules")):
            self.assertIn("/etc/nodeportd/rules/" + rule, found)
        programs = {path for path in found if re.match(r"/(usr/)?s?bin/", path)}
        self.assertEqual(programs, {"/usr/bin/nodeportd"})
        for package in ("libc6", "libssl3", "libstdc++6", "libsqlite3-0", "nodeportd"):
            self.assertIn(f"/usr/share/doc/{package}/copyright", found)

    def test_it_runs_without_root_on_a_root_that_is_read_only(self):
        self.run_on_read_only_root(USER, log_mode="640")

    def test_root_without_any_capability_reads_roots_log(self):
        self.run_on_read_only_root(0, log_mode="600")

    def run_on_read_only_root(self, user, log_mode):
        needs("nsenter", "/usr/bin/python3")
        os.mkdir(os.path.join(self.work, "machine"))
        machine = Machine(os.path.join(self.work, "machine"), self.image)
        self.addCleanup(machine.close)
        log = "/mnt/var/log/kubernetes/audit"
        # Volumes, and a log of root's that this user's group may read, or nobody.
        machine.shell(f"""
            mkdir -p {log} /mnt/proc /mnt/var/lib/nodeportd /mnt/run/nodeportd
            mount -o remount,bind,ro /mnt
            mount -t proc proc /mnt/proc
            for folder in var/lib/nodeportd run/nodeportd; do
              mount -t tmpfs -o uid={user},gid={user},mode=700 tmpfs /mnt/$folder
            done
            mount -t tmpfs -o gid={user},mode=750 tmpfs {log}""")
        program = machine.enter("env", "-i", "NODE_NAME=cp-1", "/usr/bin/python3", "-c",
                                IN_CONTAINER, str(user), "/usr/bin/nodeportd")
        said = open(os.path.join(self.work, "alerts"), "w+", encoding="utf-8")
        self.addCleanup(said.close)
        subprocess.run([*program, "check"], check=True, capture_output=True, timeout=60)
        daemon = subprocess.Popen([*program, "run"], stdout=said, stderr=subprocess.PIPE, text=True)
        self.addCleanup(daemon.stderr.close)
        self.addCleanup(daemon.wait)
        self.addCleanup(daemon.kill)
        machine.shell(f"cat > {log}/new; chgrp {user} {log}/new; chmod {log_mode} {log}/new;"
                      f"mv {log}/new {log}/audit.log", input=creation("ours", "web"))

        def told():
            self.assertIsNone(daemon.poll(), daemon.poll() is not None and daemon.stderr.read())
            said.seek(0)
            return [json.loads(line) for line in said if '"audit_id":"ours"' in line]
        alert = eventually(told, what="an alert on standard output", pause=0.05)[0]
        self.assertEqual((alert["cluster"], alert["node"]), ("kubernetes", "cp-1"))
        subprocess.run([*program, "status"], check=True, capture_output=True, timeout=60)
        daemon.send_signal(signal.SIGTERM)
        self.assertEqual(daemon.wait(60), 0)

    def buildah(self, *arguments):
        done = subprocess.run(
            ["buildah", "--root", os.path.join(self.work, "storage"),
             "--runroot", os.path.join(self.work, "runroot"), "--storage-driver", "vfs",
             *arguments], capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def test_buildah_builds_it_and_it_runs(self):
        needs("buildah")
        file = os.path.join(self.work, "Containerfile")
        with open(file, "w", encoding="utf-8") as out:
            out.write(final_stage())
        self.buildah("build", "--isolation", "chroot", "-f", file, "-t", "localhost/nodeportd",
                     os.path.dirname(self.image))
        config = json.loads(self.buildah("inspect", "--type", "image", "localhost/nodeportd"))
        config = config["OCIv1"]["config"]
        self.assertEqual(config["User"], f"{USER}:{USER}")
        self.assertEqual(config["Entrypoint"] + config["Cmd"], ["/usr/bin/nodeportd", "run"])
        self.assertEqual(set(config["Volumes"]), {"/var/lib/nodeportd", "/run/nodeportd"})
        container = self.buildah("from", "localhost/nodeportd").strip()
        inside = ("run", "--isolation", "chroot", "--env", "NODE_NAME=cp-1", container, "--")
        self.assertRegex(self.buildah(*inside, "/usr/bin/nodeportd", "--version"), r"^nodeportd \d")
        self.buildah(*inside, "/usr/bin/nodeportd", "check")
        root = self.buildah("mount", container).strip()
        self.assertEqual(os.stat(os.path.join(root, "var/lib/nodeportd")).st_uid, USER)
        self.buildah("umount", container)


if __name__ == "__main__":
    unittest.main()
