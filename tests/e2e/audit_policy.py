"""What kube-apiserver's audit policy hides: `check --audit-policy`, and the warning at the start."""

import os
import subprocess

from harness import EndToEnd, NODEPORTD, SOURCE, creation, eventually

SHIPPED = os.path.join(SOURCE, "config", "audit-policy.yaml")
POLICY_BLIND = "d112ee95-0a6c-4ba3-b5b3-af8327e97a1b"

HEAD = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n"
# A controller is left out, and for all others the response is missing.
HOLED = HEAD + """\
- level: None
  users: ["system:kube-controller-manager"]
- level: Metadata
  resources: [{resources: [secrets]}]
- level: Request
"""


class AuditPolicy(EndToEnd):
    def check(self, *arguments):
        return subprocess.run([NODEPORTD, "check", *arguments], capture_output=True, text=True,
                              check=False)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def row(self, done, *parts):
        rows = [line for line in done.stdout.splitlines() if all(part in line for part in parts)]
        self.assertEqual(len(rows), 1, f"{parts} in\n{done.stdout}")
        return rows[0]

    def test_the_shipped_policy_is_complete_and_exits_0(self):
        done = self.check("--audit-policy", SHIPPED)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("10 routes to open or close a port: seen in full 10, in part 0, not 0\n", done.stdout)
        for route in ("create: NodePort", "generateName", "update (replace)", "server-side apply",
                      "JSON patch", "merge or strategic", "port added", "mutating webhook"):
            self.assertRegex(self.row(done, route), r"RequestResponse +audit-policy.yaml:\d+ +yes$")

    def test_holes_are_told_with_their_rule_and_the_rule_that_mends_them_does(self):
        policy = self.write("policy.yaml", HOLED)
        done = self.check("--audit-policy", policy)
        self.assertEqual((done.returncode, done.stderr), (1, ""))
        self.assertRegex(self.row(done, "server-side apply", "everybody"),
                         r"Request +policy.yaml:8 +partly: not the node port numbers")
        self.assertRegex(self.row(done, "JSON patch", "system:kube-controller-manager"),
                         r"None +policy.yaml:4 +no: ")
        self.assertIn("Put this one before the rule at policy.yaml:4:\n\n- level:", done.stdout)
        rule = done.stdout.split("policy.yaml:4:\n\n")[1].split("\n\n")[0] + "\n"
        mended = self.write("mended.yaml", HOLED.replace(HEAD, HEAD + rule))
        self.assertEqual(self.check("--audit-policy", mended).returncode, 0)

    def test_what_the_apiserver_would_refuse_is_78_with_every_place(self):
        policy = self.write("policy.yaml", HEAD + "- level: metadata\n- level: None\n"
                                                  "  omitStages: [Done]\n  user: [a]\n")
        done = self.check("--audit-policy", policy)
        self.assertEqual((done.returncode, done.stdout), (78, ""))
        self.assertIn(f"{policy}:4:10: 'level' must be one of None, Metadata", done.stderr)
        self.assertIn(f"{policy}:6:16: there is no stage 'Done'", done.stderr)
        self.assertIn("2 problems", done.stderr)
        self.assertEqual(self.check("--audit-policy", self.path("none")).returncode, 78)
        self.assertEqual(
            self.check("--audit-policy", policy, "--config", self.path("c")).returncode, 2)

    def test_an_ignored_key_is_a_warning_on_stderr(self):
        policy = self.write("policy.yaml", HEAD + "- level: RequestResponse\n  user: [a]\n")
        done = self.check("--audit-policy", policy)
        self.assertEqual(done.returncode, 0)
        self.assertIn(f"{policy}:5:3: warning: a rule has no key 'user'", done.stderr)

    def test_the_config_s_policy_is_reviewed_and_decides_only_if_it_is_broken(self):
        config = self.config(self.file_sink())
        policy = self.write("policy.yaml", HOLED)
        named = self.write("c.yaml", config + f"audit_policy: {policy}\n")
        done = self.check("--config", named)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("well:", done.stdout)
        self.row(done, "JSON patch", "system:kube-controller-manager")
        self.write("policy.yaml", "kind: Policy\n")
        done = self.check("--config", named)
        self.assertEqual(done.returncode, 78)
        self.assertIn(f"{policy}:1:1: an audit policy has 'apiVersion", done.stderr)

    def test_the_daemon_warns_at_its_start_in_the_log_and_by_an_alert(self):
        policy = self.write("policy.yaml", HOLED)
        daemon = self.daemon(self.config(self.file_sink()) + f"audit_policy: {policy}\n").start()
        alert = eventually(lambda: self.alerts(rule=POLICY_BLIND), what="the alert")[0]
        self.assertEqual(alert["rule"]["level"], "medium")
        self.assertIn("seen in full 1, in part 8, not 1; for some requests less", alert["message"])
        self.assertIn("JSON patch (patch) by user system:kube-controller-manager: no:",
                      daemon.stderr())
        self.assertIn("update (replace) (update) by everybody else: partly:", daemon.stderr())
        self.assertEqual(alert["facts"]["audit_policy"], policy)
        self.assertIn("(Request, policy.yaml:8)", alert["facts"]["route_1"])

    def test_a_reload_tells_of_a_policy_only_what_was_not_told_yet(self):
        policy = self.write("policy.yaml", HOLED)
        daemon = self.daemon(self.config(self.file_sink()) + f"audit_policy: {policy}\n").start()
        reloads = 0

        def told_after_reload():
            nonlocal reloads
            reloads += 1
            subprocess.run([NODEPORTD, "reload", "--config", daemon.config], check=True,
                           capture_output=True)
            # What the reload told stands in the file before what happened after it.
            name = f"web-{reloads}"
            self.append(creation(f"id-{reloads}", name))
            eventually(lambda: any(alert["group"]["objectRef.name"] == name
                                   for alert in self.alerts()), what="an alert after the reload")
            return len(self.alerts(rule=POLICY_BLIND))

        self.assertEqual([told_after_reload(), told_after_reload()], [1, 1])
        self.write("policy.yaml", HOLED.replace("level: Request\n", "level: Metadata\n"))
        self.assertEqual([told_after_reload(), told_after_reload()], [2, 2])
        self.write("policy.yaml", HEAD + "- level: RequestResponse\n")
        self.assertEqual(told_after_reload(), 2)
        self.write("policy.yaml", HOLED)
        self.assertEqual(told_after_reload(), 3)

    def test_the_daemon_starts_with_a_policy_that_cannot_be_judged_and_says_so(self):
        config = self.config(self.file_sink()) + f"audit_policy: {self.path('none.yaml')}\n"
        daemon = self.daemon(config).start()
        alert = eventually(lambda: self.alerts(rule=POLICY_BLIND), what="the alert")[0]
        self.assertIn("No such file", alert["message"])
        self.assertIn("No such file", daemon.stderr())

    def test_a_complete_policy_makes_no_alert(self):
        config = self.config(self.file_sink()) + f"audit_policy: {SHIPPED}\n"
        daemon = self.daemon(config).start()
        eventually(lambda: self.alerts(rule="fddf8fb6-7733-4482-9eea-3c9cbc5a2e0d"),
                   what="the alert of the start")
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual(self.alerts(rule=POLICY_BLIND), [])
        self.assertNotIn("audit policy", daemon.stderr())
