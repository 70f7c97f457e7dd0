"""A disk that fills and a state that cannot be written: alerts go out all the same, and say so."""

import os
import sqlite3
import subprocess
import unittest

from harness import EndToEnd, NODEPORTD, creation, eventually


def can_mount():
    return os.geteuid() == 0 and subprocess.run(["unshare", "-m", "true"], check=False,
                                                capture_output=True).returncode == 0


@unittest.skipUnless(can_mount(), "skipped: a small file system needs root")
class FullDisk(EndToEnd):
    def mount(self, name, size):
        os.mkdir(self.path(name))
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", self.path(name)],
                       check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", self.path(name)], check=False)

    def fill(self, name):
        with open(self.path(name, "ballast"), "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass

    def test_alerts_go_out_undurable_while_the_state_is_full_and_durable_again_after(self):
        self.mount("state", "4m")
        daemon = self.daemon(self.config(self.file_sink())).start()
        self.append(creation("id-1", "before"))
        eventually(lambda: len(self.alerts()) == 1, what="the first alert")
        self.fill("state")

        def undurable():
            if not any(alert.get("undurable") for alert in self.alerts()):
                undurable.number += 1
                self.append(creation(f"full-{undurable.number}", f"full-{undurable.number}"))
                return False
            return True

        undurable.number = 0
        eventually(undurable, what="an undurable alert")
        eventually(lambda: [alert for alert in self.alerts(rule=None)
                            if "nodeportd.state.undurable" in alert["rule"]["tags"]],
                   what="the notice")
        self.assertFalse(daemon.status()["durable"])
        os.remove(self.path("state", "ballast"))
        eventually(lambda: daemon.status()["durable"], what="a writable state")
        self.append(creation("id-after", "after"))
        after = eventually(lambda: [alert for alert in self.alerts()
                                    if alert["group"]["objectRef.name"] == "after"], what="after")
        self.assertNotIn("undurable", after[0])
        names = {alert["group"]["objectRef.name"] for alert in self.alerts()}
        self.assertEqual(names, {"before", "after"} |
                         {f"full-{number}" for number in range(1, undurable.number + 1)})
        self.assertEqual(daemon.stop(), 0)

    def test_a_full_disk_under_the_alert_file_delays_alerts_and_loses_none(self):
        self.mount("out", "1m")
        sink = self.file_sink().replace(self.path("alerts.jsonl"), self.path("out", "alerts.jsonl"))
        daemon = self.daemon(self.config(sink + "    retry: {initial: 10ms, max: 50ms}\n")).start()
        self.append(creation("id-0", "svc-0"))
        eventually(lambda: len(self.out()) == 1, what="the first alert")
        self.fill("out")
        for number in range(1, 40):
            self.append(creation(f"id-{number}", f"svc-{number}"))
        eventually(lambda: not daemon.status()["sinks"][0]["alive"], what="a sink in trouble")
        os.remove(self.path("out", "ballast"))
        # On a slow machine the first one's window has closed by now, and has a second revision.
        eventually(lambda: len({alert["alert_id"] for alert in self.out()}) == 40,
                   what="all alerts")
        keys = [(alert["alert_id"], alert["revision"]) for alert in self.out()]
        self.assertEqual(len(keys), len(set(keys)))

    def out(self):
        return self.alerts(os.path.join("out", "alerts"))


class NewerState(EndToEnd):
    def test_a_state_of_a_newer_version_is_refused_until_it_is_to_be_discarded(self):
        daemon = self.daemon(self.config(self.file_sink())).start()
        self.append(creation("id-1", "before"))
        eventually(self.alerts, what="the first alert")
        self.assertEqual(daemon.stop(), 0)
        with sqlite3.connect(self.path("state", "state.db")) as state:
            state.execute("PRAGMA user_version = 99")
        state.close()
        refused = subprocess.run([NODEPORTD, "run", "--config", daemon.config], check=False,
                                 capture_output=True, text=True)
        self.assertEqual(refused.returncode, 78)
        self.assertIn("--discard-state", refused.stderr)
        daemon.start(arguments=["--discard-state"])
        eventually(lambda: len(self.alerts()) == 2, what="the log read again")
        first, again = self.alerts()
        self.assertEqual(first["alert_id"], again["alert_id"])
        self.assertNotEqual(first["epoch"], again["epoch"])
        self.assertEqual(daemon.stop(), 0)
