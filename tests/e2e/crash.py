"""SIGKILL at any moment loses nothing and repeats nothing: 50 times while lines flow and rotate,
some of them at the very moments between a sink's write and its acknowledgement. The log grows as
the test goes on, so that a slow machine has as many kills as a fast one."""

import glob
import json
import os
import random
import subprocess

from harness import AUDIT_WRITER, NIGHTLY, NODEPORTD, NODE_PORT_RULE, EndToEnd, eventually
from receiver import Receiver

ROUNDS = int(os.environ.get("NODEPORTD_ROUNDS", 200 if NIGHTLY else 50))
LINES = 100_000
CREATIONS = 1_500
SHARE = LINES // ROUNDS // 2


class Crash(EndToEnd):
    def test_killed_again_and_again_nothing_is_missing_and_the_file_repeats_nothing(self):
        seed = int(os.environ.get("NODEPORTD_SEED", random.randrange(1 << 30)))
        print("NODEPORTD_SEED", seed)
        dice = random.Random(seed)
        receiver = Receiver()
        self.addCleanup(receiver.close)
        sinks = self.file_sink() + f"""  - name: hook
    type: webhook
    url: {receiver.url}
    retry: {{initial: 10ms, max: 50ms}}
"""
        daemon = self.daemon(self.config(sinks, aggregate="  update_every: 1s"))
        writer = subprocess.Popen(
            [AUDIT_WRITER, "--out", self.path("audit.log"), "--lines", str(LINES), "--creations",
             str(CREATIONS), "--rotate-every", "2500", "--rate", "8000", "--seed", str(seed),
             "--chunked", "--share", str(SHARE)], stdin=subprocess.PIPE)
        between = {"file": 0, "webhook": 0}
        for number in range(ROUNDS):
            kind = ("moment", "file", "webhook")[number % 3]
            if kind == "file":
                # Dies right after a write to the alert file, before the state can know of it.
                daemon.start(wait=False, LD_PRELOAD=os.environ["KILL_AFTER_WRITE"],
                             ASAN_OPTIONS="verify_asan_link_order=0",
                             NODEPORTD_KILL_PATH=self.path("alerts.jsonl"),
                             NODEPORTD_KILL_AFTER=str(dice.randrange(1, 4)))
                between["file"] += comes_with_more_lines(
                    writer, lambda: daemon.process.poll() is not None)
            elif kind == "webhook":
                # Dies when the receiver has the request and before it answers.
                receiver.kill_on_request(lambda: daemon.process.kill())
                daemon.start(wait=False)
                between["webhook"] += comes_with_more_lines(
                    writer, lambda: daemon.process.poll() is not None)
                receiver.kill_on_request(None)
            else:
                daemon.start(wait=False)
                size = receiver.count() + dice.randrange(0, 6)
                comes_with_more_lines(writer, lambda: receiver.count() >= size)
            if daemon.process.poll() is None:
                daemon.kill()
        print("killed between write and acknowledgement:", between)
        writer.communicate()
        self.assertEqual(writer.returncode, 0)
        daemon.start()
        expected = self.replayed()
        self.assertGreaterEqual(sum(expected.values()), CREATIONS)
        eventually(lambda: counts(self.alerts()) == expected, limit=180, what="all in the file")
        eventually(lambda: counts(receiver.alerts()) == expected, limit=180,
                   what="all at the webhook")
        said = [(alert["alert_id"], alert["epoch"], alert["revision"])
                for alert in self.alerts(rule=None)]
        self.assertEqual(len(said), len(set(said)), "a revision stands twice in the file")
        self.assertGreaterEqual(between["file"] + between["webhook"], 10)
        self.assertEqual(daemon.stop(), 0)

    def test_stopped_and_started_in_a_loop_while_lines_come_it_tells_each_once(self):
        daemon = self.daemon(self.config(self.file_sink(), aggregate="  update_every: 1s"))
        writer = subprocess.Popen(
            [AUDIT_WRITER, "--out", self.path("audit.log"), "--lines", "60000", "--creations",
             "900", "--rotate-every", "1000", "--seed", "30", "--chunked", "--share", "3000"],
            stdin=subprocess.PIPE)
        for _ in range(20):
            daemon.start()
            writer.stdin.write(b".")
            writer.stdin.flush()
            self.assertEqual(daemon.stop(), 0)
        writer.communicate()
        self.assertEqual(writer.returncode, 0)
        daemon.start()
        expected = self.replayed()
        self.assertGreaterEqual(sum(expected.values()), 900)
        eventually(lambda: counts(self.alerts()) == expected, what="all in the file")
        self.assertEqual(daemon.stop(), 0)
        said = [(alert["alert_id"], alert["epoch"], alert["revision"])
                for alert in self.alerts(rule=None)]
        self.assertEqual(len(said), len(set(said)))

    def replayed(self):
        """What the whole log holds, read by one that nobody kills: a count per alert_id."""
        files = sorted(glob.glob(self.path("audit-*.log"))) + [self.path("audit.log")]
        done = subprocess.run([NODEPORTD, "replay", "--format", "json", "--cluster", "test",
                               "--node", "cp-1", *files], capture_output=True, check=True)
        return counts(json.loads(line) for line in done.stdout.splitlines())


def comes_with_more_lines(writer, holds):
    """Whether `holds` comes true as the log grows; a share may bring too few alerts for it."""
    for _ in range(4):
        try:
            writer.stdin.write(b".")
            writer.stdin.flush()
        except BrokenPipeError:
            pass  # all are written
        try:
            return eventually(holds, limit=1.5)
        except AssertionError:
            continue
    return False


def counts(alerts):
    """The count of each alert's latest revision."""
    latest = {}
    for alert in alerts:
        known = latest.get(alert["alert_id"])
        if alert["rule"]["id"] == NODE_PORT_RULE and (
                known is None or known["revision"] < alert["revision"]):
            latest[alert["alert_id"]] = alert
    return {key: alert["count"] for key, alert in latest.items()}
