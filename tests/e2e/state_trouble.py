"""A disk that fills and a state that cannot be written: alerts go out all the same, and say so."""

import glob
import os
import shutil
import sqlite3
import subprocess
import unittest
from datetime import datetime, timezone

from harness import EndToEnd, NODEPORTD, NODE_PORT_RULE, creation, eventually
from receiver import Receiver


# Alerts may wait in 16 MiB of the state, or in as much memory; little is read ahead.
SMALL = "  max_size: 16MiB\npipeline: {batches: 8, batch_size: 64KiB}"


def can_mount():
    return os.geteuid() == 0 and subprocess.run(["unshare", "-m", "true"], check=False,
                                                capture_output=True).returncode == 0


class Trouble(EndToEnd):
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

    def receiver(self):
        receiver = Receiver()
        self.addCleanup(receiver.close)
        return receiver

    def hook(self, receiver):
        return f"""  - name: hook
    type: webhook
    url: {receiver.url}
    batch_size: 1000
    retry: {{initial: 10ms, max: 50ms}}
"""

    def notices(self, alerts, name):
        return [alert for alert in alerts if f"nodeportd.{name}" in alert["rule"]["tags"]]

    def names(self, alerts):
        return {alert["group"]["objectRef.name"] for alert in alerts
                if alert["rule"]["id"] == NODE_PORT_RULE}

    def firsts(self):
        return [alert for alert in self.alerts() if alert["phase"] == "first"]

    def append_creations(self, first, last):
        """What they are called."""
        numbers = range(first, last)
        self.append("".join(creation(f"id-{number}", f"svc-{number}") for number in numbers))
        return {f"svc-{number}" for number in numbers}


@unittest.skipUnless(can_mount(), "skipped: a small file system needs root")
class FullDisk(Trouble):
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


    def test_while_the_state_is_full_and_nobody_takes_alerts_reading_waits_and_none_is_lost(self):
        self.mount("state", "12m")
        receiver = self.receiver()
        daemon = self.daemon(self.config(self.hook(receiver), state=SMALL)).start()
        names = self.append_creations(0, 1)
        eventually(lambda: self.names(receiver.alerts()) == names, what="the first alert")
        self.fill("state")
        receiver.reply = lambda number: (503, {})
        # More than memory has room for; their windows alone are less.
        names |= self.append_creations(1, 3001)
        self.append(creation("other", "pod", verb="get") * 4000)

        def is_paused():
            status = daemon.status()
            return status["paused"] and not status["durable"] and status["logs"][0]["unread_bytes"]

        eventually(is_paused, what="a daemon that reads no more")
        eventually(lambda: "reading.paused: " in daemon.stderr(), what="a word about it")
        # Whoever takes alerts again gets all of them, whatever the disk does.
        receiver.clear()
        receiver.reply = lambda number: (204, {})
        eventually(lambda: names - {"svc-0"} <= self.names(receiver.alerts()), what="all alerts")
        told = receiver.alerts()
        self.assertTrue(self.notices(told, "reading.paused"))
        self.assertTrue(self.notices(told, "state.undurable"))
        self.assertTrue(all(alert["undurable"] for alert in told))
        self.assertFalse(daemon.status()["durable"])
        self.assertEqual(daemon.status()["sinks"][0]["undurable_dropped"], 0)

    def test_what_waited_in_memory_is_in_the_state_once_there_is_room_and_survives_a_kill(self):
        self.mount("state", "64m")
        receiver = self.receiver()
        receiver.reply = lambda number: (503, {})
        daemon = self.daemon(self.config(self.hook(receiver), state=SMALL)).start()
        self.fill("state")
        names = self.append_creations(0, 3000)
        eventually(lambda: daemon.status()["paused"] and not daemon.status()["durable"],
                   what="a daemon that reads no more")
        os.remove(self.path("state", "ballast"))
        eventually(lambda: daemon.status()["durable"], what="a state that is written again")
        daemon.kill()
        receiver.clear()
        receiver.reply = lambda number: (204, {})
        daemon.start()
        eventually(lambda: names <= self.names(receiver.alerts()), what="all alerts")
        self.assertEqual(daemon.stop(), 0)

    def test_a_dead_sink_does_not_keep_a_living_one_from_its_alerts_while_the_state_is_full(self):
        self.mount("state", "12m")
        receiver, dead = self.receiver(), self.receiver()
        dead.reply = lambda number: (503, {})
        sinks = self.hook(receiver) + self.hook(dead).replace("name: hook", "name: dead")
        daemon = self.daemon(self.config(sinks, state=SMALL)).start()
        self.fill("state")
        names = self.append_creations(0, 3000)
        eventually(lambda: names <= self.names(receiver.alerts()), what="all alerts")
        self.assertFalse(daemon.status()["durable"])
        expired = self.notices(receiver.alerts(), "sink.expired")
        given_up = sum(int(alert["facts"]["alerts"]) for alert in expired
                       if alert["facts"]["sink"] == "dead")
        self.assertEqual(given_up, daemon.status()["sinks"][1]["undurable_dropped"])
        self.assertGreater(given_up, 0)

    def test_it_starts_on_a_full_disk_tells_undurably_and_is_durable_once_there_is_room(self):
        self.mount("state", "4m")
        daemon = self.daemon(self.config(self.file_sink()))
        self.fill("state")
        names = self.append_creations(0, 3)
        daemon.start()
        eventually(lambda: self.names(self.alerts()) == names, what="the alerts of a new state")
        self.assertTrue(all(alert["undurable"] for alert in self.firsts()))
        self.assertTrue(eventually(lambda: self.notices(self.alerts(rule=None), "state.undurable")))
        self.assertFalse(daemon.status()["durable"])
        os.remove(self.path("state", "ballast"))
        eventually(lambda: daemon.status()["durable"], what="a state that can be written")
        self.assertEqual(daemon.stop(), 0)
        # What is there is known from reading it.
        self.fill("state")
        daemon.start()
        names |= self.append_creations(3, 5)
        eventually(lambda: self.names(self.alerts()) == names, what="the alerts of a known state")
        self.assertEqual(len(self.firsts()), len(names))
        self.assertEqual(len({alert["epoch"] for alert in self.alerts()}), 1)
        os.remove(self.path("state", "ballast"))
        eventually(lambda: daemon.status()["durable"], what="a state that can be written")
        self.assertEqual(daemon.stop(), 0)
        daemon.start()
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual(len(self.firsts()), len(names))

    def test_a_state_that_is_read_only_is_read_and_written_once_it_can_be(self):
        self.mount("state", "4m")
        daemon = self.daemon(self.config(self.file_sink())).start()
        names = self.append_creations(0, 3)
        eventually(lambda: self.names(self.alerts()) == names, what="the first alerts")
        for end in (daemon.stop, daemon.kill):
            end()
            self.remount("ro")
            daemon.start()
            names |= self.append_creations(len(names), len(names) + 2)
            eventually(lambda: self.names(self.alerts()) == names, what="the next alerts")
            self.assertFalse(daemon.status()["durable"])
            self.remount("rw")
            eventually(lambda: daemon.status()["durable"], what="a state that can be written")
            self.assertEqual(len(self.firsts()), len(names))
        self.assertTrue(self.notices(self.alerts(rule=None), "state.undurable"))
        self.assertEqual(daemon.stop(), 0)

    def remount(self, how):
        subprocess.run(["mount", "-o", f"remount,{how}", self.path("state")], check=True)


class RemovedState(Trouble):
    def test_a_state_that_is_removed_while_it_is_used_is_written_anew_and_nothing_is_forgotten(self):
        daemon = self.daemon(self.config(self.file_sink())).start()
        names = self.append_creations(0, 3)
        eventually(lambda: self.names(self.alerts()) == names, what="the first alerts")
        for removed in ("state.db*", "state.db", "state.db-wal", "*"):
            with self.subTest(removed=removed):
                told = len(self.notices(self.alerts(rule=None), "state.damaged"))
                for path in glob.glob(self.path("state", removed)):
                    os.remove(path)
                names |= self.append_creations(len(names), len(names) + 2)
                eventually(lambda: self.names(self.alerts()) == names, what="the next alerts")
                eventually(lambda: len(self.notices(self.alerts(rule=None), "state.damaged")) >
                           told, what="a word about it")
                daemon.kill()
                daemon.start()
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual(len(self.firsts()), len(names))
        self.assertEqual(len({alert["epoch"] for alert in self.alerts()}), 1)

    def test_without_its_folder_it_tells_undurably_and_a_restart_begins_anew(self):
        daemon = self.daemon(self.config(self.file_sink())).start()
        names = self.append_creations(0, 3)
        eventually(lambda: self.names(self.alerts()) == names, what="the first alerts")
        shutil.rmtree(self.path("state"))
        names |= self.append_creations(3, 5)
        eventually(lambda: self.names(self.alerts()) == names, what="the next alerts")
        eventually(lambda: self.notices(self.alerts(rule=None), "state.undurable"),
                   what="a word about it")
        self.assertEqual(daemon.stop(), 1)
        daemon.start()
        eventually(lambda: len(self.firsts()) == 2 * len(names), what="the log read again")
        self.assertEqual(self.names(self.alerts()), names)
        self.assertEqual(len({alert["epoch"] for alert in self.alerts()}), 2)
        self.assertEqual(daemon.stop(), 0)


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
        self.assertNotIn("replayed", first)
        self.assertTrue(again["replayed"])
        self.append(creation("id-2", "after", time_text=f"{datetime.now(timezone.utc):%FT%T.%fZ}"))
        after = eventually(lambda: [alert for alert in self.alerts()
                                    if alert["group"]["objectRef.name"] == "after"],
                           what="the next alert")
        self.assertNotIn("replayed", after[0])
        self.assertEqual(daemon.stop(), 0)


class DamagedPosition(Trouble):
    def test_a_log_whose_position_is_damaged_is_read_again_and_what_may_repeat_is_marked(self):
        daemon = self.daemon(self.config(self.file_sink())).start()
        self.append(creation("id-1", "before"))
        eventually(self.alerts, what="the first alert")
        self.assertEqual(daemon.stop(), 0)
        with sqlite3.connect(self.path("state", "state.db")) as state:
            state.execute("UPDATE positions SET mark = CAST(mark || x'00' AS BLOB)")
        state.close()
        daemon.start()
        self.append(creation("id-2", "new", user="bob"))  # at a time before the damage
        self.append(creation("id-3", "later", user="carol",
                             time_text=f"{datetime.now(timezone.utc):%FT%T.%fZ}"))
        eventually(lambda: "later" in self.names(self.alerts()), what="the next alerts")
        self.assertEqual(daemon.stop(), 0)
        alerts = self.alerts()
        marked = {(alert["user"], "replayed" in alert) for alert in alerts[1:]}
        self.assertEqual(marked, {("alice", True), ("bob", True), ("carol", False)})
        first = alerts[0]["epoch"]
        self.assertEqual({alert["user"]: alert["epoch"] == first for alert in alerts},
                         {"alice": True, "bob": False, "carol": False})
        self.assertEqual(len({alert["revision"] for alert in alerts if alert["user"] == "alice"}),
                         len([alert for alert in alerts if alert["user"] == "alice"]))
