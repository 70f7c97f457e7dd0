"""A `nodeportd run` of its own: its configuration, its start and its end, what it costs."""
import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import time

import measure


class Daemon:
    """Follows `logs` in the folder `folder`, which must be new; sinks are YAML texts of theirs."""

    def __init__(self, binary, folder, logs, sinks=(), start_at="beginning", rules=None, extra=""):
        self.binary = binary
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        self.alerts = self.folder / "alerts.jsonl"
        self.config = self.folder / "nodeportd.yaml"
        self.socket = self.folder / "admin.sock"
        self.process = None
        self.started = None
        sources = "".join(f"  - {{audit_log: '{log}', start_at: {start_at}}}\n" for log in logs)
        file_sink = f"  - {{name: alerts, type: file, path: '{self.alerts}'}}\n"
        self.config.write_text(
            f"cluster: bench\nnode: bench\nsources:\n{sources}rules: ['{rules}']\n"
            f"state: {{directory: '{self.folder}/state'}}\n"
            f"sinks:\n{''.join(sinks) or file_sink}"
            f"admin: {{socket: '{self.socket}'}}\nlog: {{level: info}}\n{extra}",
            encoding="utf-8")

    def start(self, cpus=None):
        """Returns the seconds until it said that it is ready, as systemd would hear it."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
            address = str(self.folder / "notify.sock")
            told.bind(address)
            told.settimeout(60)
            with open(self.folder / "stderr", "wb") as err:
                self.started = time.monotonic()
                self.process = subprocess.Popen(
                    [self.binary, "run", "--config", str(self.config)], stdin=subprocess.DEVNULL,
                    stdout=err, stderr=err, env=dict(os.environ, NOTIFY_SOCKET=address),
                    preexec_fn=measure.pin(cpus) if cpus else None)
            try:
                while b"READY=1" not in told.recv(4096):
                    pass
            except TimeoutError:
                raise RuntimeError("it does not start: " + self.words()) from None
            finally:
                os.unlink(address)
        return time.monotonic() - self.started

    def words(self):
        return (self.folder / "stderr").read_text(encoding="utf-8", errors="replace")[-2000:]

    def status(self):
        done = subprocess.run(
            [self.binary, "status", "--socket", str(self.socket), "--format", "json"],
            check=True, capture_output=True)
        return json.loads(done.stdout)

    def has_caught_up(self):
        status = self.status()
        return (all(log["at_end"] and log["unread_bytes"] == 0 for log in status["logs"])
                and all(sink["pending"] == 0 for sink in status["sinks"]))

    def await_end_of_logs(self, pause=0.1):
        while not self.has_caught_up():
            if self.process.poll() is not None:
                raise RuntimeError("it ended: " + self.words())
            time.sleep(pause)

    def task_figures(self):
        """CPU nanoseconds and voluntary context switches of all its threads until now."""
        cpu = switches = 0
        for task in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir():
            cpu += int((task / "schedstat").read_text().split()[0])
            switches += status_number(task / "status", "voluntary_ctxt_switches")
        return cpu, switches

    def memory(self, key):
        """KiB: VmRSS now, VmHWM at its peak."""
        return status_number(pathlib.Path(f"/proc/{self.process.pid}/status"), key)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        _, status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        if self.process.returncode != 0:
            raise RuntimeError(f"it ended with {self.process.returncode}: {self.words()}")
        return measure.cost_of(usage, time.monotonic() - self.started)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process is not None and self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
            self.process.wait()


def status_number(path, key):
    for line in path.read_text().splitlines():
        name, _, value = line.partition(":")
        if name == key:
            return int(value.split()[0])
    raise KeyError(key)
