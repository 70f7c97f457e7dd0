"""Alerts arrive: at a real rsyslog over each transport, at an HTTPS server with its own authority,
in a file that is rotated under the daemon; and what a receiver refuses is kept."""

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import unittest

from harness import Daemon, EndToEnd, NODEPORTD, NODE_PORT_RULE, creation, eventually
from receiver import Receiver

RSYSLOGD = shutil.which("rsyslogd") or "/usr/sbin/rsyslogd"


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def sink_of(daemon, name):
    """What the daemon's status says of a sink."""
    sinks = (daemon.status() or {}).get("sinks", [])
    return next((sink for sink in sinks if sink["name"] == name), {})


def paused_status(daemon):
    status = daemon.status() or {}
    return status if status.get("paused") else None


@unittest.skipUnless(os.path.exists(RSYSLOGD), "skipped: rsyslogd is not installed")
class Rsyslog(EndToEnd):
    def start_rsyslog(self):
        """A real rsyslogd with inputs and files of its own."""
        self.tcp = getattr(self, "tcp", None) or free_port(socket.SOCK_STREAM)
        self.udp = getattr(self, "udp", None) or free_port(socket.SOCK_DGRAM)
        config = self.path("rsyslog.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"""
module(load="imuxsock" SysSock.Use="off")
module(load="imudp")
module(load="imtcp")
template(name="json" type="list" option.jsonf="on") {{
  property(outname="app" name="app-name" format="jsonf")
  property(outname="severity" name="syslogseverity" format="jsonf")
  property(outname="data" name="structured-data" format="jsonf")
  property(outname="msg" name="msg" format="jsonf")
}}
ruleset(name="local") {{ action(type="omfile" file="{self.path('local.out')}" template="json") }}
ruleset(name="udp") {{ action(type="omfile" file="{self.path('udp.out')}" template="json") }}
ruleset(name="tcp") {{ action(type="omfile" file="{self.path('tcp.out')}" template="json") }}
input(type="imuxsock" Socket="{self.path('log.sock')}" ruleset="local")
input(type="imudp" address="127.0.0.1" port="{self.udp}" ruleset="udp")
input(type="imtcp" address="127.0.0.1" port="{self.tcp}" ruleset="tcp")
""")
        pid = self.path("rsyslog.pid")
        if os.path.exists(pid):
            os.remove(pid)
        process = subprocess.Popen([RSYSLOGD, "-n", "-f", config, "-i", pid],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(lambda: process.poll() is None and (process.kill(), process.wait()))

        def listens():
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.tcp)) == 0

        eventually(listens, what="rsyslog")
        return process

    def received(self, transport):
        path = self.path(transport + ".out")
        if not os.path.exists(path):
            return []
        with open(path, encoding="utf-8") as file:
            return [json.loads(line) for line in file
                    if line.endswith("\n") and "Kubernetes node port creation" in line]

    def sink(self, transport):
        address = {"local": self.path("log.sock"), "udp": f"127.0.0.1:{self.udp}",
                   "tcp": f"127.0.0.1:{self.tcp}"}[transport]
        return f"""  - name: {transport}
    type: syslog
    transport: {transport}
    address: {address}
    retry: {{initial: 20ms, max: 100ms}}
    phases: [first, update]
"""

    def test_rsyslog_receives_over_each_transport_and_after_its_own_death(self):
        rsyslog = self.start_rsyslog()
        sinks = "".join(self.sink(transport) for transport in ("local", "udp", "tcp"))
        self.daemon(self.config(sinks)).start()
        self.append(creation("id-1", "first"))
        for transport in ("local", "udp", "tcp"):
            eventually(lambda name=transport: len(self.received(name)) == 1, what=transport)
            message = self.received(transport)[0]
            self.assertEqual(message["app"], "nodeportd")
            self.assertEqual(message["severity"], "4")
            self.assertIn("user alice", message["msg"])
        for transport in ("udp", "tcp"):
            data = self.received(transport)[0]["data"]
            self.assertIn("[nodeportd@32473 ", data)
            self.assertIn(f'rule_id="{NODE_PORT_RULE}"', data)
            self.assertIn('user="alice"', data)

        rsyslog.kill()
        rsyslog.wait()
        os.remove(self.path("log.sock"))
        self.append(creation("id-2", "second"))
        self.start_rsyslog()
        for transport in ("local", "tcp"):  # a datagram to a dead receiver is not promised
            eventually(lambda name=transport: len(self.received(name)) >= 2, what=transport)
        self.append(creation("id-3", "third"))
        eventually(lambda: len(self.received("udp")) >= 2, what="udp")


class Webhook(EndToEnd):
    def openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=self.folder)

    def make_authority(self, name):
        self.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key",
                     "-out", f"{name}.pem", "-subj", f"/CN={name}", "-days", "2")

    def make_certificate(self, name, host, *validity):
        self.openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out",
                     f"{name}.csr", "-subj", f"/CN={host}")
        with open(self.path("ext"), "w", encoding="utf-8") as file:
            file.write(f"subjectAltName=DNS:{host}\n")
        self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                     "-CAcreateserial", "-out", f"{name}.pem", "-extfile", "ext", *validity)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path(f"{name}.pem"), self.path(f"{name}.key"))
        return context

    def sink(self, url, more="", name="hook"):
        return f"""  - name: {name}
    type: webhook
    url: {url}
    ca_file: {self.path('ca.pem')}
    retry: {{initial: 20ms, max: 100ms}}
{more}"""

    def receiver(self, tls=None):
        receiver = Receiver(tls)
        self.addCleanup(receiver.close)
        return receiver

    def test_a_server_of_a_known_authority_gets_the_alert_and_others_are_refused(self):
        self.make_authority("ca")
        self.make_authority("stranger")
        good = self.receiver(self.make_certificate("good", "localhost"))
        wrong_name = self.receiver(self.make_certificate("other", "other.example"))
        expired = self.receiver(self.make_certificate("old", "localhost", "-days", "-1"))
        with open(self.path("token"), "w", encoding="utf-8") as file:
            file.write("s3cret\n")
        sinks = (self.sink(good.url, f"    bearer_token_file: {self.path('token')}\n")
                 + self.sink(wrong_name.url, name="wrong-name")
                 + self.sink(expired.url, name="expired")
                 + self.sink(good.url, name="wrong-ca").replace("/ca.pem", "/stranger.pem"))
        daemon = self.daemon(self.config(sinks)).start()
        self.append(creation("id-1", "web"))
        creations = lambda: [alert for alert in good.alerts()
                             if alert["rule"]["id"] == NODE_PORT_RULE]
        eventually(creations, what="the alert")
        self.assertEqual(good.headers[0]["Authorization"], "Bearer s3cret")
        keys = [headers["Idempotency-Key"] for headers in good.headers]
        self.assertEqual(len(keys), len(set(keys)))
        alert = creations()[0]
        self.assertIn(f"{alert['alert_id']}.{alert['epoch']}.{alert['revision']}", keys)

        def refused():
            sinks = {sink["name"]: sink for sink in (daemon.status() or {}).get("sinks", [])}
            return all(sinks.get(name, {}).get("failed_attempts", 0) > 0
                       for name in ("wrong-name", "expired", "wrong-ca"))

        eventually(refused, what="refusals")
        self.assertEqual(wrong_name.count() + expired.count(), 0)
        self.assertNotIn("s3cret", daemon.stderr())

    def test_too_many_requests_are_waited_out_and_a_refusal_becomes_a_dead_letter(self):
        receiver = self.receiver()
        receiver.reply = lambda number: {1: (429, {"Retry-After": "1"}), 2: (503, {}),
                                         3: (422, {})}.get(number, (204, {}))
        sinks = self.sink(receiver.url, "    rules: [%s]\n    phases: [first]\n" % NODE_PORT_RULE)
        sinks = sinks.replace(f"    ca_file: {self.path('ca.pem')}\n", "")
        daemon = self.daemon(self.config(sinks + self.file_sink())).start()
        self.append(creation("id-1", "refused"))
        eventually(lambda: receiver.count() >= 3, what="three attempts")
        self.append(creation("id-2", "taken"))
        eventually(lambda: receiver.count() >= 4, what="the next alert")
        eventually(lambda: [alert for alert in self.alerts(rule=None)
                            if "nodeportd.sink.dead_letter" in alert["rule"]["tags"]],
                   what="a notice of the dead letter")

        def letters(*arguments):
            return subprocess.run([NODEPORTD, "deadletters", *arguments, "--config", daemon.config],
                                  capture_output=True, check=True, text=True).stdout

        self.assertIn("422", letters())
        self.assertIn("refused", letters("list"))
        self.assertEqual(letters("resend"), "1 back in the outbox\n")
        eventually(lambda: sum(alert["group"]["objectRef.name"] == "refused"
                               for alert in receiver.alerts()) == 4, what="the resent alert")
        self.assertEqual(letters(), "no dead letters\n")

    def test_without_a_daemon_dead_letters_go_out_at_its_next_start(self):
        receiver = self.receiver()
        receiver.reply = lambda number: (422, {})
        sinks = self.sink(receiver.url, "    rules: [%s]\n    phases: [first]\n" % NODE_PORT_RULE)
        sinks = sinks.replace(f"    ca_file: {self.path('ca.pem')}\n", "")
        daemon = self.daemon(self.config(sinks)).start()
        self.append(creation("id-1", "refused"))
        eventually(lambda: sink_of(daemon, "hook").get("dead_letters"), what="the dead letter")
        self.assertEqual(daemon.stop(), 0)
        receiver.reply = lambda number: (204, {})
        resent = subprocess.run([NODEPORTD, "deadletters", "resend", "--config", daemon.config],
                                capture_output=True, check=False, text=True)
        self.assertEqual((resent.returncode, resent.stdout, resent.stderr),
                         (0, "1 back in the outbox\n", ""))
        daemon.start()
        eventually(lambda: receiver.count() == 2, what="the resent alert")

    def test_a_receiver_that_is_away_over_a_crash_gets_everything(self):
        with socket.socket() as reserved:
            reserved.bind(("127.0.0.1", 0))
            away = f"http://127.0.0.1:{reserved.getsockname()[1]}/alerts"
            sinks = self.sink(away).replace(f"    ca_file: {self.path('ca.pem')}\n", "")
            daemon = self.daemon(self.config(sinks + self.file_sink())).start()
            for number in range(20):
                self.append(creation(f"id-{number}", f"svc-{number}"))
            eventually(lambda: len(self.alerts()) >= 20, what="the living sink")
            daemon.kill()
        receiver = self.receiver()
        with open(daemon.config, encoding="utf-8") as file:
            config = file.read()
        with open(daemon.config, "w", encoding="utf-8") as file:
            file.write(config.replace(away, receiver.url))
        daemon.start()
        eventually(lambda: len({alert["alert_id"] for alert in receiver.alerts()
                                if alert["rule"]["id"] == NODE_PORT_RULE}) == 20, what="all alerts")

    def test_a_receiver_that_swallows_packets_over_a_crash_gets_everything(self):
        # Nobody accepts, and the queue of connections is full: the kernel drops whoever comes.
        hole = socket.create_server(("127.0.0.1", 0), backlog=0)
        port = hole.getsockname()[1]
        callers = []
        for _ in range(3):
            callers.append(socket.socket())
            callers[-1].setblocking(False)
            callers[-1].connect_ex(("127.0.0.1", port))
        sinks = self.sink(f"http://127.0.0.1:{port}/alerts", f"    rules: [{NODE_PORT_RULE}]\n"
                          "    timeout: 200ms\n")
        sinks = sinks.replace(f"    ca_file: {self.path('ca.pem')}\n", "")
        daemon = self.daemon(self.config(sinks + self.file_sink())).start()

        def attempts():
            return sink_of(daemon, "hook").get("failed_attempts", 0)

        for number in range(10):
            self.append(creation(f"id-{number}", f"svc-{number}"))
        eventually(lambda: len(self.alerts()) >= 10 and attempts() >= 2, what="the living sink")
        self.assertIn("no answer within", sink_of(daemon, "hook")["last_error"])
        daemon.kill()
        for number in range(10, 20):
            self.append(creation(f"id-{number}", f"svc-{number}"))
        daemon.start()
        eventually(lambda: len(self.alerts()) >= 20 and attempts() >= 1, what="the other ten")
        for each in (*callers, hole):
            each.close()
        receiver = Receiver(port=port)
        self.addCleanup(receiver.close)
        names = {f"svc-{number}" for number in range(20)}
        eventually(lambda: {alert["group"]["objectRef.name"] for alert in receiver.alerts()} ==
                   names, what="all alerts")
        # The living sink was told nothing again because of the other.
        said = [(alert["alert_id"], alert["revision"]) for alert in self.alerts()]
        self.assertEqual(len(said), len(set(said)))

    def test_a_receiver_that_says_later_for_ever_makes_reading_wait_and_loses_nothing(self):
        receiver = self.receiver()
        receiver.reply = lambda number: (429, {})
        sinks = self.sink(receiver.url, "    batch_size: 500\n    phases: [first]\n")
        sinks = sinks.replace(f"    ca_file: {self.path('ca.pem')}\n", "")
        config = self.config(sinks, aggregate="  max_keys: 500", state="  max_size: 16MiB")
        daemon = self.daemon(config + "pipeline: {batch_size: 64KiB, batches: 8}\n").start()
        names = set()
        long = "n" * 900

        def write_on():
            lines = []
            for number in range(len(names), len(names) + 200):
                names.add(f"{number}-{long}")
                lines.append(creation(f"id-{number}", f"{number}-{long}", user=long,
                                      userAgent=long, requestURI=long))
            self.append("".join(lines))

        def is_read_or_waits():
            status = daemon.status() or {}
            return status.get("paused") or int(status.get("records", 0)) == len(names)

        # Little by little: a commit is then small beside the outbox.
        while not paused_status(daemon):
            write_on()
            eventually(is_read_or_waits, what="200 lines more")
        write_on()
        eventually(lambda: paused_status(daemon)["logs"][0]["unread_bytes"] > 0, what="a backlog")
        daemon.kill()
        daemon.start()
        eventually(lambda: paused_status(daemon), what="a pause after the crash")
        receiver.reply = lambda number: (204, {})
        taken = lambda: {alert["group"]["objectRef.name"] for alert in receiver.alerts()
                         if alert["rule"]["id"] == NODE_PORT_RULE}
        eventually(lambda: taken() == names, limit=180, what="all alerts")
        eventually(lambda: not daemon.status()["paused"], what="reading on")
        self.assertEqual(int(sink_of(daemon, "hook")["dead_letters"]), 0)

    def test_two_daemons_give_one_line_one_alert_id_and_a_repetition_keeps_its_key(self):
        receiver = self.receiver()
        receiver.reply = lambda number: (503, {}) if number <= 4 else (204, {})
        sinks = self.sink(receiver.url, f"    rules: [{NODE_PORT_RULE}]\n    phases: [first]\n")
        sinks = sinks.replace(f"    ca_file: {self.path('ca.pem')}\n", "")
        for replica in ("one", "two"):
            os.mkdir(self.path(replica))
            config = self.config(sinks)
            for name in ("state", "admin.sock"):
                config = config.replace(self.path(name), self.path(replica, name))
            daemon = Daemon(self.path(replica), config)
            self.daemons.append(daemon)
            daemon.start()
        self.append(creation("id-1", "shared"))

        def keys(among):
            return {headers["Idempotency-Key"] for headers in among}

        eventually(lambda: len(keys(receiver.headers[4:])) == 2, what="both daemons' alerts")
        self.assertEqual(len({alert["alert_id"] for alert in receiver.alerts()}), 1)
        self.assertEqual(keys(receiver.headers), keys(receiver.headers[4:]))
        self.assertGreaterEqual(receiver.count(), 6)


class File(EndToEnd):
    def test_sigusr1_opens_the_file_anew_after_a_rotation(self):
        daemon = self.daemon(self.config(self.file_sink())).start()
        self.append(creation("id-1", "one"))
        eventually(lambda: len(self.alerts()) == 1, what="an alert")
        os.rename(self.path("alerts.jsonl"), self.path("alerts.jsonl.1"))
        daemon.process.send_signal(signal.SIGUSR1)
        eventually(lambda: os.path.exists(self.path("alerts.jsonl")) or
                   "reopening" in daemon.stderr(), what="the signal")
        self.append(creation("id-2", "two"))
        eventually(lambda: [a for a in self.alerts() if a["group"]["objectRef.name"] == "two"],
                   what="the new file")

    def test_heartbeats_are_numbered_over_a_crash(self):
        daemon = self.daemon(self.config(self.file_sink(more="    heartbeat: 1s\n"))).start()

        def beats():
            return [alert["revision"] for alert in self.alerts(rule=None)
                    if "nodeportd.heartbeat" in alert["rule"]["tags"]]

        eventually(lambda: len(beats()) >= 2, what="two beats")
        daemon.kill()
        daemon.start()
        eventually(lambda: len(beats()) >= 4, what="two more")
        self.assertEqual(beats(), sorted(set(beats())))

    def test_started_and_stopped_are_told_with_how_the_last_run_ended(self):
        daemon = self.daemon(self.config(self.file_sink())).start()
        eventually(lambda: self.alerts(rule=None), what="the first start")
        daemon.kill()
        daemon.start()
        self.assertEqual(daemon.stop(), 0)
        daemon.start()
        self.assertEqual(daemon.stop(), 0)
        told = [(alert["rule"]["tags"][0], alert["facts"].get("last_run"))
                for alert in self.alerts(rule=None)]
        self.assertEqual([fact for fact in told if fact[0] == "nodeportd.daemon.started"],
                         [("nodeportd.daemon.started", "none"),
                          ("nodeportd.daemon.started", "crashed"),
                          ("nodeportd.daemon.started", "clean")])
        self.assertEqual(sum(fact[0] == "nodeportd.daemon.stopped" for fact in told), 2)
