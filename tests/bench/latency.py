"""Point 3: from the write() of a line to its alert in the file sink, and at an HTTP receiver."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import time

from daemon import Daemon
from report import Row

LOADS = {"idle": 0, "5,000 events/s": 5}  # others a millisecond


class Latency:
    def __init__(self, bench):
        self.bench = bench

    @contextlib.contextmanager
    def probe(self, folder, others, *options):
        """The process that writes and watches; yields what runs it to its end."""
        command = [self.bench.tool("delivery_latency"), "--log", str(folder / "audit.log"),
                   "--tuples", str(self.bench.options.tuples), "--others", str(others), *options]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True) as process:
            if process.stdout.readline() != "ready\n":
                raise RuntimeError("delivery_latency does not start")

            def finish():
                told, _ = process.communicate("\n")
                figures = json.loads(told)
                for place, figure in figures.items():
                    if figure["seen"] != self.bench.options.tuples:
                        raise RuntimeError(f"{place}: {figure['seen']} of "
                                           f"{self.bench.options.tuples} arrived")
                return figures
            try:
                yield finish
            finally:
                process.kill()

    def new_folder(self):
        folder = self.bench.new_folder()
        folder.mkdir()
        return folder

    def to_file(self, others):
        folder = self.new_folder()
        daemon = Daemon(self.bench.nodeportd, folder / "daemon", [folder / "audit.log"],
                        rules=self.bench.rules)
        with daemon, self.probe(folder, others, "--output", str(daemon.alerts)) as finish:
            daemon.start()
            return finish()

    def to_http(self, others):
        folder = self.new_folder()
        port = free_port()
        sink = f"  - {{name: hook, type: webhook, url: 'http://127.0.0.1:{port}/'}}\n"
        with self.probe(folder, others, "--port", str(port)) as finish:
            with Daemon(self.bench.nodeportd, folder / "daemon", [folder / "audit.log"],
                        sinks=[sink], rules=self.bench.rules) as daemon:
                daemon.start()
                return finish()

    def rsyslog(self, others):
        """imfile to omfile, with an instance of its own."""
        folder = self.new_folder()
        config = folder / "rsyslog.conf"
        config.write_text(
            f'global(workDirectory="{folder}" maxMessageSize="1m")\n'
            'module(load="imfile" mode="inotify")\n'
            'template(name="raw" type="string" string="%msg%\\n")\n'
            f'input(type="imfile" File="{folder}/audit.log" Tag="audit" ruleset="out")\n'
            f'ruleset(name="out") {{ action(type="omfile" file="{folder}/out.log" '
            'template="raw") }\n', encoding="utf-8")
        with self.probe(folder, others, "--output", f"{folder}/out.log") as finish:
            process = subprocess.Popen(
                [rsyslogd(), "-n", "-f", str(config), "-i", str(folder / "pid")],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                await_readers(process.pid, str(folder / "audit.log"))
                return finish()
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def rsyslogd():
    return shutil.which("rsyslogd", path=os.environ.get("PATH", "") + ":/usr/sbin")


def await_readers(pid, path, seconds=20):
    """Until the process has the file open."""
    for _ in range(seconds * 20):
        for link in pathlib.Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                if os.readlink(link) == path:
                    return
        time.sleep(0.05)
    raise RuntimeError(f"process {pid} does not open {path}")


def rows(bench):
    part = Latency(bench)
    result = []
    raw = {}
    for load, others in LOADS.items():
        runs = {"file": [], "http": [], "rsyslog": []}
        for _ in range(bench.rounds):
            runs["file"].append(part.to_file(others))
            runs["http"].append(part.to_http(others))
            runs["rsyslog"].append(part.rsyslog(others))
        raw[load] = runs
        result += rows_of(load, runs)
    bench.raw["latency"] = raw
    return result


def rows_of(load, runs):
    def figure(run, place, rank):
        return statistics.median(each[place][rank] for each in runs[run])

    def ratio(run, place, rank):
        return statistics.median(each[place][rank] / each["bare"][rank] for each in runs[run])

    result = []
    for rank, aim in (("p50", 3), ("p99", 4)):
        bare = figure("file", "bare", rank)
        result.append(Row(f"{load}: bare reader, {rank}", f"{bare:.3f} ms"))
        result.append(Row(f"{load}: file sink, {rank}", f"{figure('file', 'file', rank):.3f} ms",
                          ratio("file", "file", rank), "bare reader", aim))
        result.append(Row(f"{load}: HTTP receiver, {rank}",
                          f"{figure('http', 'http', rank):.3f} ms",
                          ratio("http", "http", rank), "bare reader", 6))
        rsyslog = figure("rsyslog", "file", rank)
        result.append(Row(f"{load}: rsyslog, {rank}", f"{rsyslog:.3f} ms",
                          ratio("rsyslog", "file", rank), "bare reader"))
        result.append(Row(f"{load}: file sink, {rank}", f"{figure('file', 'file', rank):.3f} ms",
                          figure("file", "file", rank) / rsyslog, "rsyslog", 1))
    return result
