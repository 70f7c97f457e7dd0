"""The real daemon on real files, for the end-to-end tests. Nothing here sleeps to give time: every
wait names what it waits for and ends as soon as it holds."""

import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

NODEPORTD = os.environ.get("NODEPORTD", "build/dev/daemon/nodeportd")
AUDIT_WRITER = os.environ.get("AUDIT_WRITER", "build/dev/tests/tools/audit_writer")
SOURCE = os.environ.get("NODEPORTD_SOURCE", os.getcwd())
RULES = os.path.join(SOURCE, "config", "rules")
CORPUS = os.path.join(SOURCE, "..", "shared", "corpus")
NIGHTLY = os.environ.get("NODEPORTD_NIGHTLY") == "1"

NODE_PORT_RULE = "d7fc865e-b8a1-4029-a960-cf4403b821b6"


def eventually(holds, limit=90.0, what="it", pause=0.005):
    """What `holds` returns, as soon as that is true; the limit decides how long a red test takes."""
    deadline = time.monotonic() + limit
    while True:
        result = holds()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come about within {limit} s")
        select.select([], [], [], pause)


def json_lines(path):
    """The whole lines of a file that are JSON; a torn line that a crash left is none."""
    if not os.path.exists(path):
        return []
    found = []
    with open(path, "rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                continue
            try:
                found.append(json.loads(line))
            except ValueError:
                pass
    return found


def creation(audit_id, name, user="alice", time_text="2026-11-24T10:00:00.000000Z", code=201, **more):
    """An audit line of a NodePort creation, as the apiserver writes it."""
    event = {
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "RequestResponse",
        "auditID": audit_id, "stage": "ResponseComplete",
        "requestURI": "/api/v1/namespaces/default/services", "verb": "create",
        "user": {"username": user, "groups": ["system:authenticated"]},
        "sourceIPs": ["10.0.0.7"], "userAgent": "kubectl/v1.32.4",
        "objectRef": {"resource": "services", "namespace": "default", "name": name,
                      "apiVersion": "v1"},
        "responseStatus": {"metadata": {}, "code": code},
        "requestObject": {"kind": "Service", "apiVersion": "v1", "metadata": {"name": name},
                          "spec": {"ports": [{"port": 80}], "type": "NodePort"}},
        "requestReceivedTimestamp": time_text, "stageTimestamp": time_text,
    }
    event.update(more)
    return json.dumps(event, separators=(",", ":")) + "\n"


class Daemon:
    """One `nodeportd run`, which can be killed and started again on the same state."""

    def __init__(self, folder, config, environment=None, prefix=()):
        self.folder = folder
        self.config = os.path.join(folder, "nodeportd.yaml")
        self.log = os.path.join(folder, "stderr.log")
        self.environment = dict(os.environ, **(environment or {}))
        self.prefix = list(prefix)  # a program that becomes the daemon
        self.process = None
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(config)

    def start(self, wait=True, arguments=(), **environment):
        before = self.count_ready()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*self.prefix, NODEPORTD, "run", "--config", self.config, *arguments], stderr=log,
                env=dict(self.environment, **environment))
        if wait:
            eventually(lambda: self.count_ready() > before or self.process.poll() is not None,
                       what="a ready daemon")
            if self.process.poll() is not None:
                raise AssertionError("the daemon did not start:\n" + self.stderr())
        return self

    def count_ready(self):
        return self.stderr().count(" ready: ")

    def stderr(self):
        if not os.path.exists(self.log):
            return ""
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        return self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=90)
        self.process = None
        return code

    def status(self):
        """None where there is no daemon. One that is instrumented, on a machine that has much to do
        otherwise, may take longer to answer than an operator waits: it is asked again."""
        for _ in range(5):
            done = subprocess.run([NODEPORTD, "status", "--config", self.config, "--format", "json"],
                                  capture_output=True, check=False)
            if done.returncode == 0:
                return json.loads(done.stdout)
        return None

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.kill()


class EndToEnd(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="nodeportd-e2e-")
        self.daemons = []
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.addCleanup(lambda: [daemon.close() for daemon in self.daemons])

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def daemon(self, config, **options):
        daemon = Daemon(self.folder, config, **options)
        self.daemons.append(daemon)
        return daemon

    def config(self, sinks, log=None, aggregate="", state="", start_at="beginning", rules=RULES):
        """A whole config. `sinks` is the YAML of the list under `sinks:`, two spaces in."""
        return f"""
cluster: test
node: cp-1
sources:
  - audit_log: {log or self.path('audit.log')}
    start_at: {start_at}
rules: [{rules}]
aggregate:
  idle_after: 1s
{aggregate}
state:
  directory: {self.path('state')}
{state}
admin:
  socket: {self.path('admin.sock')}
sinks:
{sinks}
"""

    def file_sink(self, name="alerts", more=""):
        return f"  - name: {name}\n    type: file\n    path: {self.path(name + '.jsonl')}\n{more}"

    def alerts(self, name="alerts", rule=NODE_PORT_RULE):
        return [alert for alert in json_lines(self.path(name + ".jsonl"))
                if rule is None or alert["rule"]["id"] == rule]

    def append(self, text, path=None):
        with open(path or self.path("audit.log"), "a", encoding="utf-8") as file:
            file.write(text)
