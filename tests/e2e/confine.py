"""The running daemon can do no more than it has to, and does all that it has to."""

import ctypes
import glob
import gzip
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

from harness import NODE_PORT_RULE, RULES, EndToEnd, creation, eventually, json_lines

LANDLOCK_CREATE_RULESET = 444  # on every processor
NOBODY = 65534


def landlock_version():
    """0 where this kernel has no Landlock."""
    version = ctypes.CDLL(None, use_errno=True).syscall(LANDLOCK_CREATE_RULESET, None, 0, 1)
    return max(version, 0)


def needs_landlock(test):
    return unittest.skipUnless(landlock_version(), "SKIPPED: this kernel has no Landlock")(test)


class Confine(EndToEnd):
    def setUp(self):
        super().setUp()
        self.outside = tempfile.mkdtemp(prefix="nodeportd-outside-")
        self.addCleanup(shutil.rmtree, self.outside, ignore_errors=True)

    def status_of_threads(self, daemon, key):
        """What the kernel says of each thread under `key`."""
        found = []
        for path in glob.glob(f"/proc/{daemon.process.pid}/task/*/status"):
            with open(path, encoding="utf-8") as file:
                found += [line.split()[1] for line in file if line.startswith(key + ":")]
        return found

    def test_every_thread_of_the_running_daemon_is_confined(self):
        daemon = self.daemon(self.config(self.file_sink())).start()
        self.assertGreater(len(self.status_of_threads(daemon, "Seccomp")), 3)
        self.assertEqual(set(self.status_of_threads(daemon, "Seccomp")), {"2"})
        self.assertEqual(set(self.status_of_threads(daemon, "NoNewPrivs")), {"1"})
        version = landlock_version()
        files = f"Landlock (version {version}), " if version else ""
        self.assertIn(f"info confined by {files}seccomp" if version else
                      "warning confined by seccomp; missing: Landlock", daemon.stderr())

    def escape(self, confine):
        """What came of each attempt from within the running daemon."""
        with open(os.path.join(self.outside, "secret"), "w", encoding="utf-8") as file:
            file.write("of others\n")
        report = self.path("state", "report")
        daemon = self.daemon(self.config(self.file_sink()) + f"confine: {confine}\n", environment={
            "LD_PRELOAD": os.environ["ESCAPE_ATTEMPT"],
            "ASAN_OPTIONS": "verify_asan_link_order=0",
            "NODEPORTD_ESCAPE_AT": self.path("alerts.jsonl"),
            "NODEPORTD_ESCAPE_OUTSIDE": self.outside, "NODEPORTD_ESCAPE_REPORT": report,
        }).start()
        self.append(creation("id-1", "web"))
        eventually(lambda: self.alerts() or daemon.process.poll() is not None, what="an alert")
        if daemon.process.poll() is not None:
            return "another program"  # which started in its place
        with open(report, encoding="utf-8") as file:
            return dict(line.rstrip("\n").split(": ") for line in file)

    @needs_landlock
    def test_from_within_the_daemon_nothing_outside_can_be_read_or_written_or_started(self):
        self.assertEqual(self.escape("all"), {
            "read": "EACCES", "change": "EACCES", "make": "EACCES", "remove": "EACCES",
            "namespace": "EPERM", "start": "EPERM"})
        self.assertEqual(os.listdir(self.outside), ["secret"])

    @needs_landlock
    def test_landlock_alone_refuses_files_and_programs(self):
        said = self.escape("files")
        self.assertEqual(said["read"], "EACCES")
        self.assertEqual(said["start"], "EACCES")

    def test_seccomp_alone_refuses_programs(self):
        said = self.escape("system_calls")
        self.assertEqual((said["read"], said["namespace"], said["start"]),
                         ("done", "EPERM", "EPERM"))

    def test_confine_none_confines_nothing_and_says_so(self):
        self.assertEqual(self.escape("none"), "another program")
        self.assertIn("warning not confined: `confine: none`", self.daemons[0].stderr())
        self.assertEqual(os.listdir(self.outside), ["new"])

    def start_without(self, *calls):
        prefix = [sys.executable, os.path.join(os.path.dirname(__file__), "refuse_calls.py"),
                  ",".join(calls)]
        daemon = self.daemon(self.config(self.file_sink()), prefix=prefix).start()
        self.append(creation("id-1", "web"))
        eventually(self.alerts, what="an alert")
        self.assertEqual(daemon.stop(), 0)
        return daemon.stderr()

    def test_a_kernel_without_landlock_is_told_and_the_daemon_goes_on(self):
        self.assertIn("warning confined by seccomp; missing: Landlock: the kernel was built without "
                      "it\n", self.start_without("landlock_create_ruleset"))

    def test_a_kernel_with_neither_is_told_and_the_daemon_goes_on(self):
        said = self.start_without("landlock_create_ruleset", "seccomp")
        self.assertIn("warning not confined; missing: Landlock: the kernel was built without it, "
                      "seccomp: ", said)

    def test_logs_are_followed_over_rotation_and_gzip_into_links_and_folders_that_come_later(self):
        os.makedirs(os.path.join(self.outside, "target"))
        linked = os.path.join(self.outside, "target", "audit.log")
        os.symlink(linked, self.path("linked.log"))
        self.append(creation("id-link", "linked"), linked)
        late = os.path.join(self.outside, "late", "by", "apiserver", "audit.log")
        config = self.config(self.file_sink()).replace(
            "sources:\n", f"sources:\n  - audit_log: {self.path('linked.log')}\n"
            f"    start_at: beginning\n  - audit_log: {late}\n")
        with gzip.open(self.path("audit-2026-11-24T09-00-00.000.log.gz"), "wt") as packed:
            packed.write(creation("id-packed", "packed"))
        self.append(creation("id-1", "first"))
        self.daemon(config).start()
        self.wait_for_names("packed", "first", "linked")
        os.rename(self.path("audit.log"), self.path("audit-2026-11-24T10-00-00.000.log"))
        self.append(creation("id-2", "second"))
        os.makedirs(os.path.dirname(late))
        self.append(creation("id-3", "late"), late)
        self.wait_for_names("packed", "first", "linked", "second", "late")

    def names_in(self, file):
        return {alert["group"]["objectRef.name"] for alert in json_lines(self.path(file))
                if alert["rule"]["id"] == NODE_PORT_RULE}

    def wait_for_names(self, *names):
        eventually(lambda: self.names_in("alerts.jsonl") >= set(names), what=f"alerts of {names}")

    def test_a_sink_s_file_is_rotated_by_size_and_by_others(self):
        daemon = self.daemon(self.config(self.file_sink(more="    rotate_size: 64KiB\n"))).start()
        for number in range(100):
            self.append(creation(f"id-{number}", f"svc-{number}"))
        eventually(lambda: os.path.exists(self.path("alerts.jsonl.1")), what="a rotated file")
        eventually(lambda: os.path.exists(self.path("alerts.jsonl")), what="the next file")
        os.rename(self.path("alerts.jsonl"), self.path("by-logrotate"))
        daemon.process.send_signal(signal.SIGUSR1)
        self.append(creation("id-last", "last"))
        # A batch under way may still go to the file that was moved; the next may not.
        files = ("by-logrotate", "alerts.jsonl", "alerts.jsonl.1")
        eventually(lambda: any("last" in self.names_in(file) for file in files),
                   what="the alert in one of the files")
        self.append(creation("id-next", "next"))
        self.wait_for_names("next")
        self.assertEqual(daemon.stop(), 0)

    @needs_landlock
    def test_a_folder_of_a_sink_that_is_not_there_is_told(self):
        folder = os.path.join(self.outside, "missing")
        sink = f"  - name: later\n    type: file\n    path: {folder}/alerts.jsonl\n"
        daemon = self.daemon(self.config(sink)).start()
        self.assertIn(f"warning {folder} is not there: if it is made later, nodeportd must be "
                      "restarted to use it", daemon.stderr())

    @unittest.skipUnless(os.geteuid() == 0, "SKIPPED: only root can become another user")
    def test_another_user_s_daemon_follows_too_and_gives_no_core_dump(self):
        """The kernel gives /proc/PID of a process that makes no core dump to root."""
        os.chmod(self.folder, 0o755)
        os.chown(self.folder, NOBODY, NOBODY)
        rules = self.path("rules")
        shutil.copytree(RULES, rules)
        drop = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
                "--inh-caps=-all"]
        daemon = self.daemon(self.config(self.file_sink(), rules=rules), prefix=drop).start()
        self.append(creation("id-1", "web"))
        self.wait_for_names("web")
        pid = daemon.process.pid
        self.assertEqual(self.status_of_threads(daemon, "Uid")[0], str(NOBODY))
        self.assertEqual(os.stat(f"/proc/{pid}/environ").st_uid, 0)
        self.assertNotIn("unwatched", daemon.stderr())
        self.assertFalse([alert for alert in self.alerts(rule=None)
                          if "nodeportd.source.unwatched" in alert["rule"]["tags"]])


if __name__ == "__main__":
    unittest.main()
