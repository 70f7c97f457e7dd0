"""The same log always gives the same alerts: under any number of workers, any batch size, and
while it is written, rotated and the daemon killed."""

import glob
import json
import os
import random
import subprocess

from harness import AUDIT_WRITER, EndToEnd, NODEPORTD, eventually

LINES = 200_000
CREATIONS = 500
ROTATIONS = 50


class Laws(EndToEnd):
    def write_log(self, *more):
        # Ten events a second from a fixed moment: about five and a half hours, so six windows.
        return [AUDIT_WRITER, "--out", self.path("audit.log"), "--lines", str(LINES),
                "--creations", str(CREATIONS), "--rotate-every", str(LINES // ROTATIONS),
                "--seed", "7", "--start", "2026-03-01T00:00:00Z", "--step", "100000",
                "--truth", self.path("truth.jsonl"), *more]

    def files(self):
        return sorted(glob.glob(self.path("audit-*.log"))) + [self.path("audit.log")]

    def replay(self, *options):
        done = subprocess.run([NODEPORTD, "replay", "--format", "json", "--cluster", "test",
                               "--node", "cp-1", *options, *self.files()],
                              capture_output=True, check=True)
        return done.stdout

    def test_replay_prints_the_same_bytes_whatever_the_workers_and_batches(self):
        subprocess.run(self.write_log(), check=True)
        self.assertEqual(len(self.files()), ROTATIONS)
        expected = self.replay()
        rows = [json.loads(line) for line in expected.splitlines()]
        self.assertGreaterEqual(sum(row["count"] for row in rows), CREATIONS)
        for workers in ("1", "2", "8"):
            for size in ("4KiB", "64KiB", "256KiB", "4MiB"):
                self.assertEqual(self.replay("--workers", workers, "--batch-size", size), expected,
                                 f"{workers} workers, {size}")

    def test_run_gives_replays_final_figures_over_50_rotations_and_10_kills(self):
        seed = int(os.environ.get("NODEPORTD_SEED", random.randrange(1 << 30)))
        print("NODEPORTD_SEED", seed)
        dice = random.Random(seed)
        daemon = self.daemon(self.config(self.file_sink())).start()
        writer = subprocess.Popen(self.write_log("--rate", "20000"))
        kills = sorted(dice.randrange(1, ROTATIONS) for _ in range(10))
        for rotations in kills:
            eventually(lambda: len(self.files()) > rotations, what=f"rotation {rotations}")
            daemon.kill()
            daemon.start()
        self.assertEqual(writer.wait(), 0)
        expected = [json.loads(line) for line in self.replay().splitlines()]

        def finals():
            latest = {}
            for alert in self.alerts():
                latest[alert["alert_id"]] = max(alert, latest.get(alert["alert_id"], alert),
                                                key=lambda each: each["revision"])
            closed = [alert for alert in latest.values() if alert["phase"] == "final"]
            return latest if len(closed) == len(expected) else None

        found = eventually(finals, limit=180, what="a final revision of every alert")
        self.assertEqual({row["alert_id"]: figures(row) for row in expected},
                         {key: figures(alert) for key, alert in found.items()})
        said = [(alert["alert_id"], alert["epoch"], alert["revision"]) for alert in self.alerts()]
        self.assertEqual(len(said), len(set(said)))
        self.assertEqual(daemon.stop(), 0)


def figures(alert):
    """All that a final revision says, but for how it came about and where the lines lay."""
    kept = {key: value for key, value in alert.items() if key not in ("epoch", "revision")}
    kept["events"] = [{key: value for key, value in event.items()
                       if key not in ("source", "offset")} for event in alert["events"]]
    return kept
