"""Every call by which the daemon touches a file or a socket fails in turn, or is its last: after the
next start each alert is in the file once, and at the receivers at least once. A sample of them, or
all by night."""

import collections
import errno
import glob
import json
import os
import random
import re
import shutil
import signal
import socketserver
import sqlite3
import subprocess
import tempfile
import threading
import unittest

from harness import NODEPORTD, RULES, creation, eventually, json_lines
from receiver import Receiver

SAMPLE = int(os.environ.get("NODEPORTD_POINTS", 150))  # 0: every one
LIMIT = 90  # seconds, which only a red test takes
FIRST, SECOND = 12, 8  # alerts of the two files of the log

WRITE = ["kill", "torn", "short", "EINTR", "ENOSPC", "EDQUOT", "EIO", "ENOSPC for ever"]
READ = ["kill", "short", "EINTR", "EIO"]
SEND = ["kill", "torn", "short", "EINTR", "ECONNRESET", "EPIPE", "ENOBUFS"]
FAULTS = {
    "connect": ["kill", "EINTR", "ECONNREFUSED", "ETIMEDOUT"],
    "create": ["kill", "EMFILE", "ENOSPC", "EDQUOT", "EIO"],
    "fchmod": ["kill", "EIO"],
    "fdatasync": ["kill", "EINTR", "ENOSPC", "EIO"],
    "fsync": ["kill", "EINTR", "ENOSPC", "EIO"],
    "ftruncate": ["kill", "EINTR", "ENOSPC", "EIO"],
    "mkdir": ["kill", "ENOSPC", "EIO"],
    "mmap": ["kill", "ENOMEM"],
    "open": ["kill", "EMFILE", "EACCES", "EIO"],
    "pread": READ,
    "pwrite": WRITE,
    "read": READ,
    "rename": ["kill", "ENOSPC", "EIO"],
    "send": SEND,
    "sendmsg": SEND,
    "socket": ["kill", "EMFILE"],
    "unlink": ["kill", "EIO"],
    "watch": ["kill", "ENOSPC"],
    "write": WRITE,
}


class SyslogReceiver:
    """Takes octet-counted RFC 5424 messages over TCP."""

    def __init__(self):
        self.lock = threading.Lock()
        self.said = []
        receiver = self

        class Peer(socketserver.StreamRequestHandler):
            def handle(self):
                try:
                    while size := self.read_size():
                        message = self.rfile.read(size)
                        if len(message) == size:
                            receiver.take(message.decode())
                except OSError:
                    pass  # a sender that was killed

            def read_size(self):
                digits = b""
                while (byte := self.rfile.read(1)) not in (b" ", b""):
                    digits += byte
                return int(digits or b"0")

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            block_on_close = False

        self.server = Server(("127.0.0.1", 0), Peer)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()

    def take(self, message):
        named = dict(re.findall(r' ([a-z_]+)="((?:[^"\\]|\\.)*)"', message))
        named["revision"], named["count"] = int(named["revision"]), int(named["count"])
        with self.lock:
            self.said.append(named)

    def alerts(self):
        with self.lock:
            return list(self.said)

    def clear(self):
        with self.lock:
            self.said.clear()

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def line(number, **more):
    return creation(f"id-{number}", f"svc-{number}", time_text="2024-11-24T10:00:00.000000Z", **more)


def first_file():
    """Some lines are no alert, some are another count of one."""
    other = creation("other", "pod", verb="get", objectRef={"resource": "pods"})
    return "".join(line(number) + other for number in range(FIRST)) + line(3, auditID="again-3")


def second_file():
    """Its last line lies hours later, which ends the windows of all others."""
    text = "".join(line(FIRST + number) for number in range(SECOND)) + line(4, auditID="again-4")
    return text + creation("id-last", "svc-last", time_text="2024-11-24T20:00:00.000000Z")


class Life:
    """A folder in which a daemon runs, and what was delivered out of it."""

    def __init__(self, folder, hook, syslog):
        self.folder, self.hook, self.syslog = folder, hook, syslog
        self.file = os.path.join(folder, "alerts.jsonl")
        self.config = os.path.join(folder, "nodeportd.yaml")
        os.mkdir(os.path.join(folder, "log"))
        self.log = os.path.join(folder, "log", "audit.log")
        retry = "    retry: {initial: 10ms, max: 20ms}\n"
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(f"""
cluster: test
node: cp-1
sources:
  - {{audit_log: {self.log}, start_at: beginning}}
rules: [{RULES}]
aggregate: {{idle_after: 1h, update_every: 1h}}
pipeline: {{reconcile: 100ms, stop_timeout: 5s}}
state: {{directory: {folder}/state}}
admin: {{socket: {folder}/admin.sock}}
sinks:
  - name: alerts
    type: file
    path: {self.file}
    fsync: each
    rotate_size: 64KiB
    rotate_keep: 9
{retry}  - name: hook
    type: webhook
    url: {hook.url}
    batch_size: 8
{retry}  - name: siem
    type: syslog
    transport: tcp
    address: 127.0.0.1:{syslog.port}
{retry}""")
        self.write(first_file())

    def write(self, text):
        with open(self.log, "w", encoding="utf-8") as file:
            file.write(text)

    def rotate(self):
        # One name for all runs, and later than any of them: what an earlier name says was rotated
        # before the daemon saw the log.
        rotated = os.path.join(self.folder, "log", "audit-2099-01-01T00-00-00.000.log")
        if not os.path.exists(rotated):
            os.rename(self.log, rotated)
            self.write(second_file())

    def run(self, until, then=signal.SIGTERM, **environment):
        """Until `until` holds or it dies. Its exit code, minus a signal's number if one ended it."""
        ready = self.stderr().count(" ready: ")
        with open(os.path.join(self.folder, "stderr.log"), "ab") as log:
            process = subprocess.Popen([NODEPORTD, "run", "--config", self.config], stderr=log,
                                       env=dict(os.environ, **environment))
        try:
            # Before it is ready a signal to stop would end it like any other program.
            eventually(lambda: process.poll() is not None or
                       (until() and self.stderr().count(" ready: ") > ready),
                       limit=LIMIT, pause=0.002, what="the alerts")
            if process.poll() is None:
                process.send_signal(then)
            return process.wait(timeout=LIMIT)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()

    def stderr(self):
        try:
            with open(os.path.join(self.folder, "stderr.log"), encoding="utf-8") as log:
                return log.read()
        except FileNotFoundError:
            return ""

    def written(self):
        try:
            paths = sorted(glob.glob(self.file + "*"))
            return [alert for path in paths for alert in json_lines(path)]
        except FileNotFoundError:
            return []  # it rotates just now

    def delivered(self):
        return {"file": self.written(), "webhook": self.hook.alerts(),
                "syslog": self.syslog.alerts()}


def key(alert):
    return alert["alert_id"], alert["epoch"], int(alert["revision"])


def figures(alerts):
    """The count that each alert's latest revision gives."""
    latest = {}
    for alert in alerts:
        latest[alert["alert_id"]] = max(latest.get(alert["alert_id"], (0, 0)),
                                        (alert["revision"], alert["count"]))
    return {name: count for name, (_, count) in latest.items()}


class Point(collections.namedtuple("Point", "life kind target number fault")):
    """The NUMBER-th call of its kind on the target in the scenario's first or second life."""

    def environment(self):
        """What makes the layer strike there."""
        name, _, often = self.fault.partition(" for ever")
        number = getattr(errno, name, None) if name.startswith("E") else name
        times = 1_000_000_000 if often or self.fault.endswith("for ever") else 1
        return f"{self.kind} {self.target} {self.number} {number} {times}"


class CrashPoints(unittest.TestCase):
    def setUp(self):
        self.hook, self.syslog = Receiver(), SyslogReceiver()
        self.addCleanup(self.hook.close)
        self.addCleanup(self.syslog.close)

    def life(self):
        self.hook.clear()
        self.syslog.clear()
        folder = tempfile.mkdtemp(prefix="nodeportd-point-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        return Life(folder, self.hook, self.syslog)

    def test_whatever_call_fails_or_is_the_last_every_alert_is_delivered_and_the_file_repeats_none(
            self):
        seed = int(os.environ.get("NODEPORTD_SEED", random.randrange(1 << 30)))
        print("NODEPORTD_SEED", seed)
        self.expect()
        points = self.points()
        self.assertGreater(len(points), 300)
        only = os.environ.get("NODEPORTD_POINT")
        if only:
            points = [point for point in points if re.search(only, " ".join(map(str, point)))]
        chosen = sample(points, SAMPLE, random.Random(seed))
        tally, wrong = collections.Counter(), []
        for point in chosen:
            try:
                tally[self.strike(point)] += 1
            except AssertionError as error:
                wrong.append(f"{point}: {error}")
                print("WRONG", wrong[-1], flush=True)
        print(f"{len(chosen)} of {len(points)} faults at {len({p[:4] for p in chosen})} calls:",
              dict(tally), f"{len(wrong)} wrong")
        self.assertEqual(wrong, [])

    def expect(self):
        """What each alert says in the end, by one that reads the files in peace."""
        life = self.life()
        life.rotate()
        done = subprocess.run(
            [NODEPORTD, "replay", "--format", "json", "--cluster", "test", "--node", "cp-1",
             *sorted(glob.glob(life.log.replace("audit.log", "audit*")))],
            capture_output=True, check=True)
        self.final = figures(json.loads(line) for line in done.stdout.splitlines())
        self.assertEqual(len(self.final), FIRST + SECOND + 1)

    def is_told(self, alerts, expected):
        got = figures(alerts)
        return all(got.get(name) == count for name, count in expected.items())

    def first_are_told(self, life, sinks=("webhook",)):
        ids = {alert["alert_id"] for alert in life.hook.alerts()}
        return len(ids & self.final.keys()) >= FIRST

    def all_is_told(self, life, but=()):
        reads = {"syslog": life.syslog.alerts, "webhook": life.hook.alerts, "file": life.written}
        return all(self.is_told(read(), self.final) for sink, read in reads.items()
                   if sink not in but)

    def first_life(self, life, but=(), **environment):
        """New state, a log that rotates while it is read, a stop that is asked for."""
        def until():
            if self.first_are_told(life) or "webhook" in but:
                life.rotate()
                return self.all_is_told(life, but)
            return False
        return life.run(until, **environment)

    def second_life(self, life, but=(), **environment):
        """After a kill, and a rotation meanwhile."""
        life.run(lambda: self.first_are_told(life), then=signal.SIGKILL)
        life.rotate()
        return life.run(lambda: self.all_is_told(life, but), **environment)

    def points(self):
        calls = set()
        for name in ("first", "second"):
            life = self.life()
            path = os.path.join(life.folder, "calls")
            code = getattr(self, name + "_life")(
                life, LD_PRELOAD=os.environ["FAULT_LAYER"], NODEPORTD_CALLS=path,
                NODEPORTD_FAULT_FOLDER=life.folder)
            self.assertEqual(code, 0, life.stderr())
            with open(path, encoding="utf-8") as file:
                for call in file.read().splitlines():
                    kind, target, number = call.split()
                    calls.add((name, kind, self.named(target), int(number)))
        return [Point(*call, fault) for call in sorted(calls) for fault in FAULTS[call[1]]]

    def named(self, target):
        return {str(self.hook.port): "webhook", str(self.syslog.port): "syslog"}.get(target, target)

    def strike(self, point):
        life = self.life()
        target = {"webhook": str(self.hook.port), "syslog": str(self.syslog.port)}.get(
            point.target, point.target)
        struck = point._replace(target=target)
        # A file whose new end cannot be kept waits, so that nothing stands in it twice.
        but = ("file",) if point.fault.endswith("for ever") else ()
        try:
            code = getattr(self, point.life + "_life")(
                life, but, LD_PRELOAD=os.environ["FAULT_LAYER"],
                NODEPORTD_FAULT=struck.environment(), NODEPORTD_FAULT_FOLDER=life.folder)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.missing(life)}\n{life.stderr()}") from error
        dies = point.fault in ("kill", "torn")
        if code not in (0, 1, 78, -signal.SIGKILL if dies else 0):
            raise AssertionError(f"exit code {code}\n{life.stderr()}")
        life.rotate()
        try:
            again = life.run(lambda: self.all_is_told(life))
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.missing(life)}\n{life.stderr()}") from error
        if again != 0:
            raise AssertionError(f"exit code {again} without a fault\n{life.stderr()}")
        self.check(life, point)
        shutil.rmtree(life.folder)
        return {0: "stopped", 1: "failed", 78: "refused"}.get(code, "killed")

    def missing(self, life):
        return {sink: len(self.final.items() - figures(alerts).items())
                for sink, alerts in life.delivered().items()}

    def check(self, life, point):
        for sink, alerts in life.delivered().items():
            by_key = collections.defaultdict(list)
            for alert in alerts:
                # What went out undurable may come again, with another content too.
                if not alert.get("undurable"):
                    by_key[key(alert)].append(alert)
            for name, same in by_key.items():
                if any(alert != same[0] for alert in same):
                    raise AssertionError(f"{sink}: {name} has two contents")
                if sink == "file" and len(same) > 1 and not is_lost_sync(point):
                    raise AssertionError(f"{name} stands {len(same)} times in the file")
        written = life.written()
        told = any("nodeportd.state.damaged" in alert["rule"]["tags"] for alert in written)
        if told:
            return
        # Of a state that could never be written nothing is left.
        if len({alert["epoch"] for alert in written if not alert.get("undurable")}) != 1:
            raise AssertionError("a new epoch without a word")
        if glob.glob(os.path.join(life.folder, "state", "*damaged*")):
            raise AssertionError("the state was set aside without a word")
        with sqlite3.connect(os.path.join(life.folder, "state", "state.db")) as state:
            rows = state.execute("SELECT count(*) FROM quarantine").fetchone()[0]
        state.close()
        if rows > 0:
            raise AssertionError(f"{rows} rows were set aside without a word")


def is_lost_sync(point):
    """What a disk failed to sync may be gone: rather twice than never."""
    return point.kind == "fdatasync" and point.fault in ("EIO", "ENOSPC")


def sample(points, size, dice):
    """So many of them, the kinds and targets of calls in turn; 0: all."""
    if size == 0 or size >= len(points):
        return points
    groups = collections.defaultdict(list)
    for point in points:
        groups[point.life, point.kind, point.target].append(point)
    for group in groups.values():
        dice.shuffle(group)
    names = list(groups)
    dice.shuffle(names)
    chosen = []
    while len(chosen) < size:
        for name in names:
            if groups[name] and len(chosen) < size:
                chosen.append(groups[name].pop())
    return chosen
