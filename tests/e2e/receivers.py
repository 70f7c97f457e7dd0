"""Receivers of every bad kind at once: no other sink notices, and each gets all in the end."""

import os
import socket
import ssl
import subprocess
import threading

from harness import NODE_PORT_RULE, SOURCE, EndToEnd, creation, eventually
from receiver import Receiver

ALERTS = 200


class Trickle:
    """Answers each request with a byte a second."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.peers = []
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        self.listener.settimeout(0.2)
        while not self.over.is_set():
            try:
                peer, _ = self.listener.accept()
            except TimeoutError:
                continue
            thread = threading.Thread(target=self.answer, args=(peer,))
            thread.start()
            self.peers.append(thread)

    def answer(self, peer):
        with peer:
            try:
                peer.recv(65_536)
                for byte in b"HTTP/1.1 204 No Content\r\n\r\n":
                    if self.over.wait(1):
                        return
                    peer.send(bytes([byte]))
            except OSError:
                pass  # it has hung up on us, as it should

    def close(self):
        self.over.set()
        for thread in (self.thread, *self.peers):
            thread.join()
        self.listener.close()


class Receivers(EndToEnd):
    def certified(self, name):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path(f"{name}.crt"), self.path(f"{name}.key"))
        return context

    def receiver(self, tls=None, port=0):
        receiver = Receiver(tls, port)
        self.addCleanup(receiver.close)
        return receiver

    def test_bad_receivers_of_every_kind_hold_up_no_other_sink_and_get_all_in_the_end(self):
        subprocess.run(["sh", os.path.join(SOURCE, "tests/support/make_certificates.sh"), self.folder],
                       check=True, capture_output=True)
        silent = socket.create_server(("127.0.0.1", 0))  # the kernel takes requests, nobody answers
        trickle = Trickle()
        later = self.receiver()
        later.reply = lambda number: (429, {})
        changing = Receiver(self.certified("server"))
        changing.reply = lambda number: (204, {"Connection": "close"})  # it is asked anew each time
        good = self.receiver()
        urls = {"silent": f"http://127.0.0.1:{silent.getsockname()[1]}/alerts",
                "trickle": f"http://127.0.0.1:{trickle.port}/alerts",
                "later": later.url, "changing": changing.url, "good": good.url}
        sinks = self.file_sink() + "".join(f"""  - name: {name}
    type: webhook
    url: {url}
    ca_file: {self.path('ca.crt')}
    timeout: 1s
    rules: [{NODE_PORT_RULE}]
    retry: {{initial: 50ms, max: 200ms}}
""".replace("    ca_file", "    # ca_file" if url.startswith("http:") else "    ca_file")
                                          for name, url in urls.items())
        daemon = self.daemon(self.config(sinks)).start()

        self.append(creation("id-first", "svc-first", user="first"))
        eventually(changing.alerts, what="an alert under the first certificate")
        changing.close()
        port = changing.port
        changing = Receiver(self.certified("expired"), port)
        users = {"first"} | {f"user-{number}" for number in range(ALERTS)}
        for number in range(ALERTS):
            self.append(creation(f"id-{number}", f"svc-{number}", user=f"user-{number}"))
        told = lambda receiver: {alert["user"] for alert in receiver.alerts()}
        eventually(lambda: told(good) == users, what="the good receiver")
        eventually(lambda: {alert["user"] for alert in self.alerts()} == users, what="the file")
        bad = ("silent", "trickle", "later", "changing")

        def trouble():
            named = {sink["name"]: sink for sink in daemon.status()["sinks"]}
            return all(named[name]["failed_attempts"] > 0 and named[name]["pending"] >= ALERTS
                       for name in bad) and named
        named = eventually(trouble, what="what is told of the bad ones")
        self.assertIn("429", named["later"]["last_error"])
        self.assertIn("certificate", named["changing"]["last_error"])
        self.assertEqual(changing.alerts(), [])

        changing.close()
        silent.close()
        trickle.close()
        later.reply = lambda number: (204, {})
        taken = {"later": later, "changing": self.receiver(self.certified("server"), port),
                 "silent": self.receiver(port=int(urls["silent"].split(":")[2].split("/")[0])),
                 "trickle": self.receiver(port=trickle.port)}
        for name, receiver in taken.items():
            lacks = users - ({"first"} if name == "changing" else set())
            eventually(lambda receiver=receiver, lacks=lacks: told(receiver) >= lacks,
                       limit=300, what=f"all that {name} lacked")
        keys = [(alert["alert_id"], alert["revision"]) for alert in self.alerts()]
        self.assertEqual(len(keys), len(set(keys)))
        self.assertEqual(daemon.stop(), 0)
