"""Point 4: what a daemon costs that has nothing, or little, to do, and how fast it is ready."""
import json
import os
import pathlib
import signal
import socket
import statistics
import subprocess
import time

from daemon import Daemon
from report import Row

STARTS = 11
STOPS = 5
STATE_ROWS = 10_000
ROWS_OF_A_CREATION = 3  # a window, a Service and an alert of the history
BUSY_SECONDS = 20
EVENTS_PER_SECOND = 5000


def follow_new_log(bench):
    """A daemon that follows a log in which nothing stands yet."""
    folder = bench.new_folder()
    folder.mkdir()
    log = folder / "audit.log"
    log.touch()
    return Daemon(bench.nodeportd, folder / "daemon", [log], rules=bench.rules), log


def time_starts(bench):
    seconds = []
    for _ in range(STARTS):
        daemon, _ = follow_new_log(bench)
        with daemon:
            seconds.append(daemon.start())
            daemon.stop()
    return statistics.median(seconds)


def write_creations(path, count):
    """So many Services with a node port each, by a user each: a window, a record and an alert."""
    with open(path, "w", encoding="utf-8") as file:
        for i in range(count):
            file.write(json.dumps({
                "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "RequestResponse",
                "auditID": f"id-{i}", "stage": "ResponseComplete", "verb": "create",
                "user": {"username": f"user-{i}"}, "sourceIPs": ["10.0.0.7"],
                "objectRef": {"resource": "services", "namespace": "default", "name": f"s-{i}"},
                "responseStatus": {"code": 201},
                "requestObject": {"kind": "Service", "spec": {"type": "NodePort",
                                                              "ports": [{"port": 80}]}},
                "requestReceivedTimestamp": time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime()),
                "stageTimestamp": time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime()),
            }, separators=(",", ":")) + "\n")


def time_starts_with_state(bench, creations):
    """Seconds until ready, on a state of so many open windows, Services and alerts."""
    daemon, log = follow_new_log(bench)
    write_creations(log, creations)
    seconds = []
    with daemon:
        daemon.start()
        daemon.await_end_of_logs()
        daemon.stop()
        for _ in range(STARTS):
            seconds.append(daemon.start())
            daemon.stop()
    return statistics.median(seconds)


def time_stops_with_dead_sink(bench):
    """Seconds from SIGTERM to the end, while a receiver takes connections and never answers."""
    seconds = []
    for _ in range(STOPS):
        folder = bench.new_folder()
        folder.mkdir()
        log = folder / "audit.log"
        write_creations(log, 100)
        with socket.create_server(("127.0.0.1", 0)) as silent:
            hook = (f"  - {{name: dead, type: webhook, timeout: 1s, "
                    f"url: 'http://127.0.0.1:{silent.getsockname()[1]}/'}}\n")
            with Daemon(bench.nodeportd, folder / "daemon", [log], [hook],
                        rules=bench.rules) as daemon:
                daemon.start()
                while daemon.status()["sinks"][0]["alive"]:
                    time.sleep(0.05)
                before = time.monotonic()
                daemon.stop()
                seconds.append(time.monotonic() - before)
    return statistics.median(seconds)


def watch_quiet_log(bench):
    """CPU milliseconds and wake-ups a second while nothing happens, and memory in KiB."""
    daemon, _ = follow_new_log(bench)
    with daemon:
        daemon.start()
        time.sleep(5)  # what a start leaves to do
        cpu, switches = daemon.task_figures()
        time.sleep(bench.options.seconds)
        cpu_after, switches_after = daemon.task_figures()
        memory = daemon.memory("VmRSS")
        daemon.stop()
    return {"cpu_ms": (cpu_after - cpu) / 1e6,
            "wakeups": (switches_after - switches) / bench.options.seconds, "rss_kib": memory}


def peak_of_catching_up(bench):
    """KiB at the peak of reading a whole log; lines of 500 KB are among it."""
    log = bench.log()
    with Daemon(bench.nodeportd, bench.new_folder(), [log.path], rules=bench.rules) as daemon:
        daemon.start()
        daemon.await_end_of_logs()
        peak = daemon.memory("VmHWM")
        daemon.stop()
    return peak


def cpu_time(pid):
    """Nanoseconds of all threads until now."""
    return sum(int((task / "schedstat").read_text().split()[0])
               for task in pathlib.Path(f"/proc/{pid}/task").iterdir())


def follow_busy_log(bench):
    """CPU seconds of the daemon, and of a bare reader beside it, for the same events."""
    daemon, log = follow_new_log(bench)
    command = [bench.tool("audit_mix"), "--out", str(log), "--rate", str(EVENTS_PER_SECOND),
               "--lines", str(EVENTS_PER_SECOND * BUSY_SECONDS), "--big-line", "0",
               "--start", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "--step", "200"]
    with daemon, subprocess.Popen([bench.tool("bare_follower"), str(log)],
                                  stdout=subprocess.PIPE, text=True) as bare:
        daemon.start()
        bare.stdout.readline()
        before = daemon.task_figures()[0], cpu_time(bare.pid)
        subprocess.run(command, check=True)
        daemon.await_end_of_logs()
        after = daemon.task_figures()[0], cpu_time(bare.pid)
        bare.send_signal(signal.SIGTERM)
        daemon.stop()
    os.unlink(log)
    return {"nodeportd": (after[0] - before[0]) / 1e9, "bare": (after[1] - before[1]) / 1e9}


def rows(bench):
    quiet = watch_quiet_log(bench)
    busy = [follow_busy_log(bench) for _ in range(max(1, bench.rounds // 2))]
    peak = peak_of_catching_up(bench)
    start = time_starts(bench)
    start_rows = time_starts_with_state(bench, STATE_ROWS // ROWS_OF_A_CREATION)
    start_windows = time_starts_with_state(bench, STATE_ROWS)
    stop_dead = time_stops_with_dead_sink(bench)
    bench.raw["idle"] = {"quiet": quiet, "busy": busy, "peak_kib": peak, "start_s": start,
                         "start_rows_s": start_rows, "start_windows_s": start_windows,
                         "stop_dead_s": stop_dead}
    seconds = bench.options.seconds
    bare = statistics.median(each["bare"] for each in busy)
    own = statistics.median(each["nodeportd"] for each in busy)
    ratio = statistics.median(each["nodeportd"] / each["bare"] for each in busy)
    return [
        Row(f"a quiet log for {seconds:g} s", f"{quiet['cpu_ms']:.2f} ms of CPU", aim=5),
        Row("a quiet log", f"{quiet['wakeups']:.2f} wake-ups/s", aim=0.2),
        Row("resident, idle", f"{quiet['rss_kib'] / 1024:.1f} MiB", aim=12),
        Row(f"resident, at the peak of catching up {bench.options.size}",
            f"{peak / 1024:.1f} MiB", aim=24),
        Row("bare follower, 5,000 events/s", f"{bare / BUSY_SECONDS * 100:.2f} % of a core"),
        Row("nodeportd, 5,000 events/s", f"{own / BUSY_SECONDS * 100:.2f} % of a core", ratio,
            "bare follower", 3),
        Row("from start to ready", f"{start * 1e3:.1f} ms", aim=50),
        Row(f"the same with {STATE_ROWS:,} rows in the state, a third of them windows",
            f"{start_rows * 1e3:.1f} ms", aim=100),
        Row(f"the same with {STATE_ROWS:,} windows, as many Services and alerts",
            f"{start_windows * 1e3:.1f} ms"),
        Row("from SIGTERM to the end, a receiver being dead", f"{stop_dead:.2f} s", aim=2),
    ]
