"""Prometheus, probes and the service manager's watchdog, as they meet the running daemon."""

import ctypes
import itertools
import json
import os
import re
import socket
import subprocess
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

import state_trouble
from harness import EndToEnd, NODEPORTD, SOURCE, creation, eventually

PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH = 0x4206, 0x4207, 17
WALL = 0x40000000  # threads, too


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def now_text():
    seconds = time.time()
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{int(seconds % 1 * 1e6):06}Z"


class FrozenThread:
    """One thread of another process, stopped while all others go on."""

    def __init__(self, tid):
        self.tid = tid
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.call(PTRACE_SEIZE)
        self.call(PTRACE_INTERRUPT)
        os.waitpid(tid, WALL)

    def call(self, request):
        self.libc.ptrace.argtypes = [ctypes.c_long] * 4
        if self.libc.ptrace(request, self.tid, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), f"ptrace {request:#x} of {self.tid}")

    def thaw(self):
        if self.tid is not None:
            self.call(PTRACE_DETACH)
        self.tid = None


class Asked(EndToEnd):
    def setUp(self):
        super().setUp()
        self.port = free_port()

    def settings(self, sinks="", grace="1s", more=""):
        config = self.config(self.file_sink() + sinks) + more
        return config.replace("admin:\n", f"admin:\n  listen: 127.0.0.1:{self.port}\n  grace: {grace}\n")

    def get(self, path):
        """Status and body; None where nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, refusal.read().decode()

    def probe(self, path):
        status, body = self.get(path)
        return status, json.loads(body)

    def metric(self, line):
        """The value behind a name and its labels."""
        found = re.search("^" + re.escape(line) + r" (\S+)$", self.get("/metrics")[1], re.MULTILINE)
        return float(found.group(1)) if found else None

    def thread(self, daemon, name):
        """Its id, once it has begun and named itself."""
        tasks = f"/proc/{daemon.process.pid}/task"

        def found():
            for tid in os.listdir(tasks):
                with open(f"{tasks}/{tid}/comm", encoding="utf-8") as file:
                    if file.read().strip() == name:
                        return int(tid)
            return None

        return eventually(found, what=f"a thread called {name}")

    def freeze(self, daemon, name):
        frozen = FrozenThread(self.thread(daemon, name))
        self.addCleanup(frozen.thaw)  # before the daemon is killed, which else would wait for us
        return frozen


def names_in(text):
    """The families whose series a text names."""
    return {re.sub("_(bucket|sum|count)$", "", name) for name in re.findall("nodeportd_[a-z_]+", text)}


class Metrics(Asked):
    def test_promtool_finds_nothing_to_complain_about(self):
        self.append(creation("a-1", "web") + "torn {\"kind\":\"Event\",\"services\n")
        self.daemon(self.settings()).start()
        eventually(self.alerts, what="an alert")
        status, page = self.get("/metrics")
        self.assertEqual(status, 200)
        checked = subprocess.run(["promtool", "check", "metrics"], input=page, text=True,
                                 capture_output=True, check=False)
        self.assertEqual((checked.returncode, checked.stdout, checked.stderr), (0, "", ""))

    def test_what_the_daemon_did_can_be_read_off(self):
        log = self.path("audit.log")
        exception = ("exceptions:\n  - name: known\n    rules: ['*']\n    reason: a test\n"
                     "    condition: {objectRef.name: silent}\n")
        self.append(creation("a-1", "web", time_text=now_text()) + creation("a-2", "silent") +
                    '{"kind":"Event","objectRef":{"resource":"services"},"verb":"create"\n')
        daemon = self.daemon(self.settings(more=exception)).start()
        eventually(lambda: {"daemon.started", "line_uninspectable", "attack.execution"} <= {
            alert["rule"]["tags"][0].removeprefix("nodeportd.") for alert in self.alerts(rule=None)},
                   what="the start, the line that cannot be read and the match")
        eventually(lambda: self.metric('nodeportd_sink_delivered_total{sink="alerts"}') >= 3,
                   what="three deliveries")
        # The torn line, which tells no time, is dated by the match before it.
        for line, value in {
                f'nodeportd_log_lines_total{{log="{log}"}}': 3,
                f'nodeportd_log_bytes_total{{log="{log}"}}': os.path.getsize(log),
                f'nodeportd_log_behind_seconds{{log="{log}"}}': 0,
                "nodeportd_lines_inspected_total": 3,
                "nodeportd_scan_hits_total": 3,
                'nodeportd_lines_uninspectable_total{reason="torn"}': 1,
                'nodeportd_notices_total{notice="daemon.started"}': 1,
                'nodeportd_alert_latency_seconds_bucket{sink="alerts",le="86400"}': 2,
        }.items():
            self.assertEqual(self.metric(line), value, line)
        self.assertLess(
            time.time() - self.metric(f'nodeportd_log_last_read_timestamp_seconds{{log="{log}"}}'), 300)
        eventually(lambda: self.metric("nodeportd_open_windows") == 2, what="the hour's windows")
        suppressed = 'nodeportd_matches_suppressed_total{exception="known"}'
        self.assertGreaterEqual(self.metric(suppressed), 1)
        self.check_what_is_shipped(set(re.findall("^# TYPE (\\S+)", self.get("/metrics")[1], re.MULTILINE)))
        self.assertEqual(daemon.stop(), 0)

    def check_what_is_shipped(self, families):
        """Alert rules and panels ask for nothing that the daemon does not tell."""
        with open(os.path.join(SOURCE, "config/prometheus/alerts.yml"), encoding="utf-8") as file:
            asked = names_in("\n".join(line for line in file if "expr:" in line))
        self.assertGreater(len(asked), 10)
        self.assertEqual(asked - families, set())
        with open(os.path.join(SOURCE, "config/grafana/nodeportd.json"), encoding="utf-8") as file:
            board = json.load(file)
        shown = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
        for expression in shown + [each["query"] for each in board["templating"]["list"][1:]]:
            self.assertTrue(names_in(expression), expression)
            self.assertEqual(names_in(expression) - families, set(), expression)

    def test_the_alert_rules_fire_when_they_should_and_not_before(self):
        rules = os.path.join(SOURCE, "config", "prometheus")
        for command in (["check", "rules", "alerts.yml"], ["test", "rules", "alerts_test.yml"]):
            done = subprocess.run(["promtool", *command], cwd=rules, capture_output=True, text=True,
                                  check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        with open(os.path.join(rules, "alerts.yml"), encoding="utf-8") as file:
            alerts = set(re.findall("- alert: (\\S+)", file.read()))
        with open(os.path.join(rules, "alerts_test.yml"), encoding="utf-8") as file:
            fired = set(re.findall("alertname: (\\S+)\n +exp_alerts", file.read()))
        self.assertEqual(alerts, fired)

    def test_the_dashboard_asks_what_prometheus_understands(self):
        with open(os.path.join(SOURCE, "config/grafana/nodeportd.json"), encoding="utf-8") as file:
            board = json.load(file)
        rules = [target["expr"].replace("$__rate_interval", "5m")
                 for panel in board["panels"] for target in panel["targets"]]
        with open(self.path("board.yml"), "w", encoding="utf-8") as file:
            json.dump({"groups": [{"name": "board", "rules": [
                {"record": f"panel:{i}", "expr": rule} for i, rule in enumerate(rules)]}]}, file)
        done = subprocess.run(["promtool", "check", "rules", self.path("board.yml")],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_real_prometheus_scrapes_it(self):
        self.append(creation("a-1", "web"))
        self.daemon(self.settings()).start()
        port = free_port()
        with open(self.path("prometheus.yml"), "w", encoding="utf-8") as file:
            file.write(f"""
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
rule_files: ['{SOURCE}/config/prometheus/alerts.yml']
scrape_configs:
  - job_name: nodeportd
    static_configs: [{{targets: ['127.0.0.1:{self.port}']}}]
""")
        with open(self.path("prometheus.log"), "w", encoding="utf-8") as log:
            prometheus = subprocess.Popen(
                ["prometheus", f"--config.file={self.path('prometheus.yml')}",
                 f"--storage.tsdb.path={self.path('tsdb')}",
                 f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log)
        self.addCleanup(prometheus.wait)
        self.addCleanup(prometheus.terminate)

        def asked(query):
            url = f"http://127.0.0.1:{port}/api/v1/query?" + urllib.parse.urlencode({"query": query})
            try:
                with urllib.request.urlopen(url, timeout=30) as answer:
                    return [each["value"][1] for each in json.load(answer)["data"]["result"]]
            except (urllib.error.URLError, ConnectionError):
                return None

        lines = f'nodeportd_log_lines_total{{log="{self.path("audit.log")}"}}'
        eventually(lambda: asked(lines) == ["1"], what="the line in Prometheus")
        self.append(creation("a-2", "web"))
        eventually(lambda: asked(lines) == ["2"], what="the next line in Prometheus")
        eventually(lambda: asked('up{job="nodeportd"}') == ["1"], what="a target that is up")

    def test_a_trouble_that_lasts_is_seen_until_it_is_over(self):
        hook = f"  - {{name: hook, type: webhook, url: 'http://127.0.0.1:{free_port()}/'}}\n"
        lookout = "lookout: {missing_after: 1s, failing_after: 1s}\n"
        self.daemon(self.settings(hook, more=lookout)).start()
        missing = 'nodeportd_troubles{notice="source.missing"}'
        failing = 'nodeportd_troubles{notice="sink.failing"}'
        eventually(lambda: self.metric(missing) == 1, what="a missing log")
        eventually(lambda: self.metric(failing) == 1, what="a failing sink")
        self.assertEqual(self.metric('nodeportd_sink_alive{sink="hook"}'), 0)
        self.assertGreater(self.metric('nodeportd_sink_oldest_waiting_seconds{sink="hook"}'), 0)
        self.append(creation("a-1", "web"))
        eventually(lambda: self.metric(missing) == 0, what="the log that came")

    def test_without_an_address_nothing_listens(self):
        daemon = self.daemon(self.config(self.file_sink())).start()
        with open(f"/proc/{daemon.process.pid}/net/tcp", encoding="utf-8") as file:
            everywhere = {line.split()[9] for line in file if line.split()[3] == "0A"}
        fds = f"/proc/{daemon.process.pid}/fd"
        ours = {os.readlink(f"{fds}/{fd}") for fd in os.listdir(fds)}
        self.assertEqual({inode for inode in everywhere if f"socket:[{inode}]" in ours}, set())

    def test_a_port_that_is_taken_stops_no_alert(self):
        self.append(creation("a-1", "web"))
        with socket.create_server(("127.0.0.1", self.port)):
            daemon = self.daemon(self.settings()).start()
            eventually(self.alerts, what="an alert")
            self.assertIn("metrics and probes are not to be had over TCP", daemon.stderr())


class Probes(Asked):
    def test_a_program_in_place_of_http_tells_by_its_exit_code_what_a_probe_says(self):
        daemon = self.daemon(self.settings(grace="1s")).start()

        def asked(probe):
            done = subprocess.run([NODEPORTD, "status", "--config", daemon.config, "--probe", probe],
                                  capture_output=True, text=True, check=False)
            return done.returncode, json.loads(done.stdout or "null"), done.stderr

        eventually(lambda: self.probe("/readyz")[0] == 503, what="a daemon that is not ready")
        self.assertEqual(asked("readyz"), (1, self.probe("/readyz")[1], ""))
        self.assertEqual(asked("healthz"), (0, self.probe("/healthz")[1], ""))
        self.append(creation("a-1", "web"))
        eventually(lambda: self.probe("/readyz")[0] == 200, what="a daemon that is ready")
        self.assertEqual(asked("readyz")[0], 0)
        daemon.stop()
        code, answer, said = asked("healthz")
        self.assertEqual((code, answer), (1, None))
        self.assertIn("no nodeportd answers here", said)

    def test_ready_says_why_not_and_only_after_the_grace(self):
        self.daemon(self.settings(grace="2s")).start()
        self.assertEqual(self.probe("/readyz")[0], 200)  # the log may come yet
        began = time.monotonic()
        eventually(lambda: self.probe("/readyz")[0] == 503, what="a daemon that is not ready")
        self.assertGreater(time.monotonic() - began, 1)
        _, answer = self.probe("/readyz")
        self.assertFalse(answer["ready"])
        self.assertEqual(answer["reasons"][0], {
            "check": "source", "path": self.path("audit.log"), "ok": False,
            "reason": "there is no file that can be read"})
        self.assertEqual(self.probe("/healthz")[0], 200)  # no restart would bring the log
        self.append(creation("a-1", "web"))
        eventually(lambda: self.probe("/readyz")[0] == 200, what="a daemon that is ready")
        self.assertEqual({reason["check"] for reason in self.probe("/readyz")[1]["reasons"]},
                         {"source", "state", "reading", "rules"})

    def test_one_thread_that_stands_still_is_no_health(self):
        self.append(creation("a-1", "web"))
        daemon = self.daemon(self.settings(grace="3s", more="pipeline: {workers: 2}\n")).start()
        called = {"worker": "worker 1"}
        # A thread that is stopped with a batch in its hands stops the lines, too.
        eventually(self.alerts, what="a daemon that has read all there is")
        for name in ("source", "worker", "ledger", "sink alerts"):
            with self.subTest(name):
                well = (200, {"healthy": True, "reasons": []})
                eventually(lambda: self.probe("/healthz") == well, what="a daemon that is well")
                frozen = self.freeze(daemon, name)
                ill = ["thread " + called.get(name, name)]
                # Others may be slow to answer for a moment, on a machine that has much to do.
                try:
                    eventually(lambda: (answer := self.probe("/healthz"))[0] == 503 and
                               [each["check"] for each in answer[1]["reasons"]] == ill,
                               what=f"the one that is ill: {ill}")
                finally:
                    frozen.thaw()

    def test_the_socket_answers_too(self):
        self.daemon(self.settings()).start()
        for path in ("/healthz", "/readyz", "/metrics", "/status"):
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(self.path("admin.sock"))
                client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
                self.assertTrue(client.recv(64).startswith(b"HTTP/1.1 200 OK"), path)


@unittest.skipUnless(state_trouble.can_mount(), "skipped: a small file system needs root")
class FullDisk(Asked, state_trouble.Trouble):
    def test_a_state_that_cannot_be_written_is_not_ready_but_no_reason_to_restart(self):
        self.mount("state", "4m")
        daemon = self.daemon(self.settings()).start()
        self.fill("state")
        numbers = itertools.count()

        def is_unready():
            self.append_creations(number := next(numbers), number + 1)
            return self.probe("/readyz")[0] == 503

        eventually(is_unready, what="a daemon that is not ready", pause=0.05)
        self.assertEqual(self.probe("/readyz")[1]["reasons"][0],
                         {"check": "state", "ok": False, "reason": "cannot be written"})
        self.assertEqual(self.metric("nodeportd_state_durable"), 0)
        self.assertEqual(self.metric('nodeportd_troubles{notice="state.undurable"}'), 1)
        self.assertGreater(self.metric("nodeportd_state_transactions_failed_total"), 0)
        self.assertEqual(self.probe("/healthz")[0], 200)
        os.remove(self.path("state", "ballast"))
        eventually(lambda: self.probe("/readyz")[0] == 200, what="a daemon that is ready")
        self.assertEqual(self.metric("nodeportd_state_durable"), 1)
        self.assertEqual(daemon.stop(), 0)


class Watchdog(Asked):
    def setUp(self):
        super().setUp()
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.manager.bind(self.path("notify.sock"))
        self.addCleanup(self.manager.close)

    def heard(self, within):
        """What the manager is told next; None if nothing comes `within` seconds."""
        self.manager.settimeout(within)
        try:
            return self.manager.recv(4096).decode()
        except TimeoutError:
            return None

    def start(self, period_us):
        return self.daemon(self.settings(), environment={
            "NOTIFY_SOCKET": self.path("notify.sock"), "WATCHDOG_USEC": str(period_us)}).start()

    def test_one_thread_that_stands_still_silences_us(self):
        self.append(creation("a-1", "web"))
        daemon = self.start(1_000_000)
        self.assertTrue(self.heard(30).startswith("READY=1"))
        for _ in range(6):
            self.assertEqual(self.heard(30), "WATCHDOG=1")
        frozen = self.freeze(daemon, "source")
        # What was on its way when it stopped is heard; then nothing for as long as the manager waits.
        eventually(lambda: self.heard(1.0) is None, what="silence")
        self.assertIsNone(self.heard(2.0))
        eventually(lambda: "thread source has not moved" in daemon.stderr(), what="why, in the log")
        frozen.thaw()
        self.assertEqual(self.heard(30), "WATCHDOG=1")
        self.assertEqual(daemon.stop(), 0)

    def test_without_a_watchdog_no_idle_thread_is_woken(self):
        self.append(creation("a-1", "web"))
        daemon = self.daemon(self.settings()).start()
        eventually(self.alerts, what="the alert")
        tasks = f"/proc/{daemon.process.pid}/task/{self.thread(daemon, 'sink alerts')}"

        def switches():
            with open(f"{tasks}/status", encoding="utf-8") as file:
                return [line for line in file if "ctxt" in line]

        def seen_twice():
            before = switches()
            self.get("/status")
            return before == switches()

        eventually(seen_twice, what="a courier that sleeps")
        before = switches()
        self.get("/metrics")
        self.assertEqual(switches(), before)
        self.get("/healthz")  # asks, and so wakes
        eventually(lambda: switches() != before, what="a courier that answers")


if __name__ == "__main__":
    unittest.main()
