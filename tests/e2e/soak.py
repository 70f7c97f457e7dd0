"""Half an hour of a node's life in which much goes wrong (scripts/soak). In the first third the daemon
is killed or stopped every few seconds, in the second its receivers fail, in the last all is well: the
log rotates all the time. What must hold: each creation is told once by the file and at least once by
the webhook, and memory, descriptors and the state's size stand still in the end."""

import glob
import json
import os
import random
import signal
import socket
import sys
import threading
import time
from datetime import datetime, timezone

from harness import EndToEnd, creation, eventually
from receiver import Receiver

MINUTES = float(os.environ.get("NODEPORTD_SOAK_MINUTES", "30"))
ROTATIONS = int(10_000 * MINUTES / 30)
LINES = 20  # of a file, one of two of which holds a creation
KEPT = 300  # rotated files: as long as any restart takes, many times over
SINKS = """  - name: hook
    type: webhook
    url: {url}
    timeout: 1s
    retry: {{initial: 100ms, max: 1s}}
  - name: siem
    type: syslog
    transport: tcp
    address: 127.0.0.1:{port}
    retry: {{initial: 100ms, max: 1s}}
"""


def now_text():
    return datetime.now(timezone.utc).isoformat(timespec="microseconds").replace("+00:00", "Z")


class Log:
    """The apiserver's: rotates as lumberjack does, by a rename and a new file."""

    def __init__(self, path):
        self.path = path
        self.rotations = 0
        self.users = set()
        self.rotated = []

    def turn(self):
        quiet = {"kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata", "verb": "get",
                 "objectRef": {"resource": "pods", "namespace": "default", "name": "web"}}
        lines = [json.dumps(dict(quiet, auditID=f"q-{self.rotations}-{n}", stageTimestamp=now_text()))
                 + "\n" for n in range(LINES - 1)]
        if self.rotations % 2 == 0:
            user = f"user-{self.rotations}"
            self.users.add(user)
            lines.append(creation(f"c-{self.rotations}", "web", user=user, time_text=now_text()))
        with open(self.path, "a", encoding="utf-8") as file:
            file.write("".join(lines))
        self.rotations += 1
        name = self.path
        while os.path.exists(name):  # two rotations of one millisecond would be one file
            name = f"{self.path[:-4]}-{datetime.now(timezone.utc):%Y-%m-%dT%H-%M-%S.%f}"[:-3] + ".log"
        os.rename(self.path, name)
        with open(self.path, "w", encoding="utf-8"):
            pass
        self.rotated.append(name)
        if len(self.rotated) > KEPT:
            os.remove(self.rotated.pop(0))


class SyslogPeer:
    """Reads what comes; while it is `away` it hangs up on everybody."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.away = False
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            peer, _ = self.listener.accept()
            threading.Thread(target=self.read, args=(peer,), daemon=True).start()

    def read(self, peer):
        with peer:
            while not self.away and peer.recv(65_536):
                pass


class Soak(EndToEnd):
    def usage(self, process):
        with open(f"/proc/{process.pid}/status", encoding="utf-8") as file:
            rss = next(int(row.split()[1]) for row in file if row.startswith("VmRSS:"))
        state = sum(os.path.getsize(path) for path in glob.glob(self.path("state", "*")))
        return {"rss_kib": rss, "descriptors": len(os.listdir(f"/proc/{process.pid}/fd")),
                "state_kib": state // 1024}

    def rotate_for(self, seconds, log, each_turn):
        """At an even pace, so that a third of the time has a third of the rotations."""
        start, first = time.monotonic(), log.rotations
        while (passed := time.monotonic() - start) < seconds:
            due = first + int(ROTATIONS / 3 * passed / seconds) + 1
            while log.rotations < due:
                log.turn()
            each_turn(passed)
            time.sleep(0.02)  # the pace of the load, not a wait for an outcome

    def test_much_goes_wrong_and_in_the_end_all_is_told_and_nothing_has_grown(self):
        seed = int(os.environ.get("NODEPORTD_SEED", random.randrange(1 << 30)))
        print(f"NODEPORTD_SEED {seed}, {ROTATIONS} rotations in {MINUTES:g} minutes", flush=True)
        dice = random.Random(seed)
        receiver, peer, log = Receiver(), SyslogPeer(), Log(self.path("audit.log"))
        self.addCleanup(receiver.close)
        sinks = self.file_sink() + SINKS.format(url=receiver.url, port=peer.port)
        # Windows of an hour would grow all the time: here they are at their bound soon.
        daemon = self.daemon(self.config(sinks, aggregate="  max_bytes: 1MiB",
                                         state="  history: 1m"))
        third = MINUTES * 60 / 3
        samples = []

        restarts = {"killed": 0, "stopped": 0}
        next_stop = 0.0
        daemon.start()

        def restart(passed):
            nonlocal next_stop
            if passed < next_stop:
                return
            next_stop = passed + dice.uniform(0.5, 6)
            daemon.process.send_signal(signal.SIGHUP)
            if dice.random() < 0.5:
                daemon.kill()
                restarts["killed"] += 1
            else:
                self.assertEqual(daemon.stop(), 0)
                restarts["stopped"] += 1
            daemon.start()

        self.rotate_for(third, log, restart)

        next_sample = 0.0

        def sample(passed):
            nonlocal next_sample
            if passed < next_sample:
                return
            next_sample = passed + third / 20
            daemon.process.send_signal(signal.SIGHUP)
            samples.append(self.usage(daemon.process))
            print(f"{log.rotations} rotations", samples[-1], flush=True)

        def fail(passed):
            phase = int(passed / (third / 12)) % 4
            answers = {0: (503, {}), 1: (429, {"Retry-After": "1"}), 2: (500, {}), 3: (204, {})}
            receiver.reply = lambda number: answers[phase]
            peer.away = phase in (0, 2)
            sample(passed)

        self.rotate_for(third, log, fail)
        receiver.reply = lambda number: (204, {})
        peer.away = False
        next_sample = 0.0
        self.rotate_for(third, log, sample)
        eventually(lambda: {alert["user"] for alert in self.alerts()} >= log.users, limit=300,
                   what="every creation in the file")
        eventually(lambda: all(sink["pending"] == 0 for sink in daemon.status()["sinks"]), limit=300,
                   what="an empty outbox")
        self.assertEqual(daemon.stop(), 0)

        keys = [(alert["alert_id"], alert["epoch"], alert["revision"]) for alert in self.alerts()]
        hooked = {alert["user"] for body in receiver.bodies
                  for alert in (body if isinstance(body, list) else [body]) if alert.get("user")}
        print(f"{log.rotations} rotations, {len(log.users)} creations, {restarts['killed']} kills, "
              f"{restarts['stopped']} stops: lost {len(log.users - hooked)}, "
              f"repeated by the file {len(keys) - len(set(keys))}")
        print("first and last of a quarter:", samples[-20], samples[-1])
        self.assertEqual(log.users - hooked, set())
        self.assertEqual(len(keys), len(set(keys)))
        for what in samples[0]:
            before = max(each[what] for each in samples[-20:-10])
            after = max(each[what] for each in samples[-10:])
            self.assertLessEqual(after, before * 1.1 + 2, what)


if __name__ == "__main__":
    sys.exit("scripts/soak runs this")
