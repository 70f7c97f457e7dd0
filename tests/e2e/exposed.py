"""`nodeportd exposed`: what is open now, out of the state."""

import json
import subprocess
import unittest

from harness import NODEPORTD, EndToEnd, creation, eventually


def service(name, ports, kind="NodePort"):
    """As the apiserver stored it: what a dry run answers has no resourceVersion."""
    return {"kind": "Service", "apiVersion": "v1",
            "metadata": {"name": name, "namespace": "default", "uid": "uid-" + name,
                         "resourceVersion": "7"},
            "spec": {"type": kind, "ports": ports}}


def created(audit_id, name, number, **more):
    ports = [{"name": "http", "protocol": "TCP", "port": 80, "targetPort": "web",
              "nodePort": number}]
    return creation(audit_id, name, responseObject=service(name, ports), **more)


def closed(audit_id, name, verb, time_text):
    """The Service is deleted, or made a ClusterIP."""
    body = {"kind": "Status", "apiVersion": "v1", "status": "Success"}
    if verb == "update":
        body = service(name, [{"name": "http", "protocol": "TCP", "port": 80}], "ClusterIP")
    return creation(audit_id, name, time_text=time_text, code=200, verb=verb,
                    requestURI="/api/v1/namespaces/default/services/" + name,
                    requestObject=None if verb == "delete" else body, responseObject=body)


class ExposedTest(EndToEnd):
    def exposed(self, daemon, *arguments):
        return subprocess.run([NODEPORTD, "exposed", "--config", daemon.config, *arguments],
                              capture_output=True, text=True, check=False)

    def open_services(self, daemon):
        done = self.exposed(daemon, "--format", "json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return {each["name"]: each for each in map(json.loads, done.stdout.splitlines())}

    def start(self):
        daemon = self.daemon(self.config(self.file_sink()))
        self.append("")
        return daemon

    def test_without_a_state_it_says_so(self):
        done = self.exposed(self.start())
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("state", done.stderr)

    def test_nothing_open_is_no_error(self):
        done = self.exposed(self.start().start())
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        self.assertIn("nothing is known to be open", done.stderr)

    def test_a_door_is_listed_from_its_opening_to_its_closing_whether_the_daemon_runs_or_not(self):
        daemon = self.start().start()
        self.append(created("a1", "web", 32600, user="mallory") + created("a2", "shop", 32601) +
                    created("a3", "dry", 32602, requestURI="/api/v1/services?dryRun=All") +
                    created("a4", "denied", 32603, code=403))
        eventually(lambda: set(self.open_services(daemon)) == {"web", "shop"}, what="both Services")
        web = self.open_services(daemon)["web"]
        self.assertEqual(web, {
            "cluster": "test", "namespace": "default", "name": "web", "uid": "uid-web",
            "type": "NodePort", "external_ips": [], "health_check_node_port": None,
            "node_ports": [{"number": 32600, "name": "http", "port": 80, "target_port": "web",
                            "protocol": "TCP", "since": "2026-11-24T10:00:00.000000Z",
                            "by": "mallory"}]})

        daemon.kill()
        done = self.exposed(daemon, "--namespace", "default")
        self.assertIn("node port 32600/TCP -> http 80", done.stdout)
        self.assertIn("since 2026-11-24T10:00:00.000000Z", done.stderr)
        self.assertEqual(self.exposed(daemon, "--namespace", "other").stdout, "")

        self.append(closed("a5", "web", "update", "2026-11-24T10:01:00.000000Z") +
                    closed("a6", "shop", "delete", "2026-11-24T10:02:00.000000Z"))
        daemon.start()
        eventually(lambda: not self.open_services(daemon), what="nothing open")
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual(self.open_services(daemon), {})


if __name__ == "__main__":
    unittest.main()
