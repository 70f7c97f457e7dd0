"""What a person meets first: help, errors with their place, exit codes."""

import json
import os
import re
import subprocess

from harness import EndToEnd, NODEPORTD, creation, eventually


class CommandLine(EndToEnd):
    def run_it(self, *arguments, text=None):
        return subprocess.run([NODEPORTD, *arguments], capture_output=True, text=True, input=text,
                              check=False, timeout=120)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def test_help_names_every_verb_and_every_exit_code(self):
        done = self.run_it("--help")
        self.assertEqual(done.returncode, 0)
        for word in ("run", "check", "replay", "status", "deadletters", "exposed", "test-sink", "78"):
            self.assertIn(word, done.stdout)
        for verb in ("run", "check", "replay", "status", "deadletters", "exposed", "test-sink"):
            self.assertEqual(self.run_it(verb, "--help").returncode, 0, verb)
        self.assertRegex(self.run_it("--version").stdout, r"^nodeportd \d+\.\d+\.\d+\n$")

    def test_bad_usage_is_2_and_a_bad_config_is_78_with_every_place(self):
        for arguments in ([], ["fly"], ["run", "--fast"], ["replay"],
                          ["replay", "--workers", "0", "x"], ["replay", "--batch-size", "9", "x"]):
            self.assertEqual(self.run_it(*arguments).returncode, 2, arguments)
        config = self.write("bad.yaml", "sources:\n  - audit_logg: /a\n    start_at: 010\n"
                                        "sinks: []\nsinks: []\nagregate: {}\n")
        for verb in ("check", "run"):
            done = self.run_it(verb, "--config", config)
            self.assertEqual(done.returncode, 78)
            for part in (f"{config}:2:5: ", "'audit_log'", f"{config}:3:15: ", f"{config}:5:1: ",
                         f"{config}:6:1: ", "'aggregate'"):
                self.assertIn(part, done.stderr)
        self.assertEqual(self.run_it("check", "--config", self.path("none.yaml")).returncode, 78)

    def test_check_tells_problems_of_config_rules_and_exceptions_in_one_pass(self):
        rule = self.write("rule.yml", "title: T\nid: d7fc865e-b8a1-4029-a960-cf4403b821b7\n"
                                      "logsource: {product: kubernetes, service: audit}\n"
                                      "detection:\n  s: {verb|containz: x}\n  condition: s\n")
        config = self.config(self.file_sink(), rules=rule) + (
            "exceptions:\n  - name: e\n    rules: ['*']\n    condition: {verb: create}\n"
            "unknown: 1\n")
        done = self.run_it("check", "--config", self.write("c.yaml", config))
        self.assertEqual(done.returncode, 78)
        self.assertIn(f"{rule}:5:", done.stderr)
        self.assertIn("'contains'", done.stderr)
        self.assertIn("reason", done.stderr)
        self.assertIn("unknown", done.stderr)

    def test_nothing_that_replay_prints_of_a_stranger_s_text_acts_on_a_terminal(self):
        event = json.loads(creation("a-1", "web"))
        event["userAgent"] = event["user"]["username"] = "\u202egnp.exe\u009b31m\u2028\x7f"
        log = self.write("odd.log", json.dumps(event, ensure_ascii=False) + "\n")
        for arguments in ([], ["--splunk"]):
            for form in ("table", "json"):
                done = self.run_it("replay", "--format", form, *arguments, log)
                self.assertIn("gnp.exe", done.stdout, (arguments, form))
                self.assertNotRegex(done.stdout, "[\u202e\u009b\u2028\x7f]", (arguments, form))

    def test_of_a_config_that_is_no_yaml_check_tells_nothing_but_where_it_ends(self):
        config = self.write("c.yaml", self.config(self.file_sink()) + "bad: [\n")
        done = self.run_it("check", "--config", config)
        self.assertEqual(done.returncode, 78)
        *problems, total = done.stderr.splitlines()
        self.assertEqual(len(problems), 1, done.stderr)
        self.assertRegex(problems[0], "^" + re.escape(config) + r":\d+:\d+: ")
        self.assertEqual(total, f"{config}: 1 problem")

    def test_check_warns_of_what_the_config_leads_to_and_is_not_there_or_not_to_be_used(self):
        config = self.config("""  - {name: alerts, type: file, path: /nowhere/alerts.jsonl}
  - name: soc
    type: webhook
    url: https://soc.example.org/
    bearer_token_file: /nowhere/token
    headers_file: {X-Key: /nowhere/header}
    ca_file: /nowhere/ca.pem
    cert_file: /nowhere/cert.pem
    key_file: /nowhere/key.pem
""")
        done = self.run_it("check", "--config", self.write("c.yaml", config))
        self.assertEqual(done.returncode, 0, done.stderr)
        nothing = "No such file or directory"
        self.assertEqual(done.stderr.splitlines(), [
            f"warning: audit_log {self.path('audit.log')}: there is no such file",
            f"warning: sink alerts: path /nowhere: {nothing}",
            f"warning: sink soc: bearer_token_file /nowhere/token: {nothing}",
            f"warning: sink soc: ca_file /nowhere/ca.pem: {nothing}",
            f"warning: sink soc: cert_file /nowhere/cert.pem: {nothing}",
            f"warning: sink soc: key_file /nowhere/key.pem: {nothing}",
            f"warning: sink soc: headers_file /nowhere/header: {nothing}"])
        self.append("")
        pattern = self.config(self.file_sink(), log=self.path("no*.log"))
        done = self.run_it("check", "--config", self.write("c.yaml", pattern))
        self.assertEqual((done.returncode, done.stderr),
                         (0, f"warning: audit_log {self.path('no*.log')}: no file matches\n"))

    def test_check_says_what_is_not_to_be_read_or_written_by_whoever_asks(self):
        self.append("")
        config = self.write("c.yaml", self.config(self.file_sink()))
        self.assertEqual(self.run_it("check", "--config", config).stderr, "")
        os.mkdir(self.path("state"))
        self.write("alerts.jsonl", "")
        for name in ("audit.log", "alerts.jsonl", "state"):
            os.chmod(self.path(name), 0o000)
        os.chmod(self.folder, 0o755)
        nobody = ["setpriv", "--reuid=65534", "--clear-groups"] if os.geteuid() == 0 else []
        done = subprocess.run([*nobody, NODEPORTD, "check", "--config", config],
                              capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr.splitlines()), (0, [
            f"warning: audit_log {self.path('audit.log')}: Permission denied",
            f"warning: sink alerts: path {self.path('alerts.jsonl')}: Permission denied",
            f"warning: state.directory {self.path('state')}: Permission denied"]))

    def test_check_says_by_which_words_each_rule_s_lines_are_found(self):
        self.append("")
        done = self.run_it("check", "--config", self.write("c.yaml", self.config(self.file_sink())))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        first, blank, *table = done.stdout.splitlines()
        self.assertRegex(first, r": well: 1 source, \d+ rules, 0 exceptions, 1 sink$")
        self.assertEqual(blank, "")
        rows = [re.split("  +", row) for row in table]
        self.assertEqual(rows[0], ["rule", "literals", "carrier"])
        writes = ["services + (create | delete | patch | update)",
                  "any: objectRef and verb; GKE: methodName"]
        self.assertIn(["Kubernetes Node Port Creation", "nodeport", "any"], rows)
        self.assertIn(["Kubernetes Service opened to the outside", *writes], rows)
        self.assertEqual(rows[-1], ["(history of Services)", *writes])

    def test_check_warns_of_a_rule_on_whose_account_every_line_is_parsed(self):
        self.append("")
        rules = self.path("rules")
        os.mkdir(rules)
        for number, (title, detection) in enumerate({
                "Refused": "responseStatus.code: 403",
                "Shell": "requestURI|re: '/exec[?].*command=(bash|python[0-9]|sh)'",
                "Many": "v: [alphabet, betas, gamma, delta, epsilon, zetas, thetas, iotas, kappa]",
                "Service": "- objectRef.resource: services\n    - exposure.outcome: succeeded",
                "Either": "- exposure.outcome: succeeded\n    - user.username: mallory",
        }.items()):
            self.write(f"rules/{number}.yml",
                       f"title: {title}\nid: d7fc865e-b8a1-4029-a960-cf4403b821b{number}\n"
                       "logsource: {product: kubernetes, service: audit}\nlevel: low\n"
                       f"detection:\n  s:\n    {detection}\n  condition: s\n")
        config = self.write("c.yaml", self.config(self.file_sink(), rules=rules))
        done = self.run_it("check", "--config", config)
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = [re.split("  +", row) for row in done.stdout.splitlines()]
        self.assertIn(["Refused", "none: every line is parsed", "any"], rows)
        self.assertIn(["Shell", "command", "any"], rows)
        self.assertIn(["Many", "alphabet | betas | delta | epsilon | gamma | iotas | 3 more", "any"],
                      rows)
        self.assertIn(["Service", "services", "any: objectRef and verb; GKE: methodName"], rows)
        self.assertIn(["Either", "mallory | services + (create | delete | patch | update)",
                       "any: objectRef and verb; GKE: methodName"], rows)
        self.assertEqual(done.stderr.count("warning: "), 1)
        self.assertIn("warning: rule 'Refused' has no literal", done.stderr)
        self.assertIn("4 or more letters", done.stderr)

    def test_rules_that_are_not_there_are_told_once_with_their_path(self):
        config = self.write("c.yaml", self.config(self.file_sink(), rules=self.path("none")))
        done = self.run_it("check", "--config", config)
        self.assertEqual(done.returncode, 78)
        self.assertIn(f"{self.path('none')}: there is no such rule file", done.stderr)
        self.assertEqual(done.stderr.count(self.path("none")), 1)

    def test_replay_reads_files_streams_and_packed_files_alike(self):
        lines = creation("id-1", "web") + creation("id-2", "web")
        log = self.write("audit.log", lines)
        subprocess.run(["gzip", "-k", log], check=True)
        rows = self.run_it("replay", "--format", "json", log).stdout
        self.assertEqual(rows.count("\n"), 1)
        self.assertIn('"count":2', rows)
        for other in (self.run_it("replay", "--format", "json", log + ".gz").stdout,
                      self.run_it("replay", "--format", "json", "-", text=lines).stdout):
            self.assertEqual(other.count('"count":2'), 1)
        table = self.run_it("replay", log)
        self.assertIn("Kubernetes Node Port Creation", table.stdout)
        self.assertIn("2 lines, 1 row,", table.stderr)
        self.assertEqual(self.run_it("replay", self.path("none.log")).returncode, 2)

    def test_replay_of_what_is_no_audit_log_is_a_failure_that_says_why(self):
        for text, why in (("hello\nworld\n", "it is not JSON"),
                          ('{"a": 1}\n[]\n', "it is JSON, but not of an audit event")):
            log = self.write("other.log", text)
            for arguments in ([], ["--splunk"], ["--workers", "3"]):
                done = self.run_it("replay", *arguments, log)
                self.assertEqual((done.returncode, done.stdout), (1, ""), (text, arguments))
                self.assertIn(f"nodeportd: none of 2 lines is an audit event; the first: {why}; see "
                              f"`nodeportd explain {log}:1`\n", done.stderr)
            # One is enough, wherever it stands and whatever the rules say of it.
            log = self.write("mixed.log", text + creation("id", "web", verb="get"))
            self.assertEqual(self.run_it("replay", log).returncode, 0)
            self.assertEqual(self.run_it("replay", "--splunk", log).returncode, 0)
        done = self.run_it("replay", "-", text="hello\n")
        self.assertEqual(done.returncode, 1)
        self.assertIn("none of 1 line is an audit event; the first: it is not JSON\n", done.stderr)
        self.assertEqual(self.run_it("replay", self.write("empty.log", "")).returncode, 0)

    def printing(self):
        """Command lines that print, some of them more than is buffered."""
        log = self.write("audit.log", "".join(creation(f"id-{i}", f"web-{i}") for i in range(60)))
        config = self.write("c.yaml", self.config(self.file_sink()))
        return (["--help"], ["check", "--config", config], ["config", "show", "--config", config],
                ["config", "schema"], ["replay", log], ["replay", "--format", "json", log],
                ["replay", "--splunk", log], ["completion", "bash"])

    def test_output_that_cannot_be_written_is_a_failure_that_is_told(self):
        for arguments in self.printing():
            with open("/dev/full", "w", encoding="utf-8") as full:
                done = subprocess.run([NODEPORTD, *arguments], stdout=full, stderr=subprocess.PIPE,
                                      text=True, check=False)
            self.assertEqual(done.returncode, 1, arguments)
            said = re.findall("^nodeportd: (.*)$", done.stderr, re.MULTILINE)
            self.assertEqual(len(said), 1, (arguments, done.stderr))
            self.assertRegex(said[0], "^not all of the output could be written(: No space left on "
                                      "device)?$")

    def test_of_a_reader_that_has_gone_nothing_is_said(self):
        for arguments in self.printing():
            reader, writer = os.pipe()
            os.close(reader)
            done = subprocess.run([NODEPORTD, *arguments], stdout=writer, stderr=subprocess.PIPE,
                                  text=True, check=False)
            os.close(writer)
            # A verb that was cut short does not say that all is well.
            self.assertIn(done.returncode, (0, 1), arguments)
            self.assertNotIn("nodeportd: ", done.stderr)

    def test_a_watched_status_that_cannot_be_shown_ends(self):
        daemon = self.daemon(self.config(self.file_sink())).start()
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([NODEPORTD, "status", "--config", daemon.config, "--watch", "0.1"],
                                  stdout=full, stderr=subprocess.PIPE, text=True, check=False,
                                  timeout=90)
        self.assertEqual(done.returncode, 1)
        self.assertIn("No space left on device", done.stderr)

    def test_an_exception_silences_only_the_rules_it_lists_and_is_counted(self):
        config = self.config(self.file_sink()) + """
exceptions:
  - name: known controller
    rules: [d7fc865e-b8a1-4029-a960-cf4403b821b6]
    condition: {user.username: controller}
    reason: it opens ports all day
  - name: long gone
    rules: ['*']
    condition: {user.username: mallory}
    reason: a migration
    until: 2026-01-01T00:00:00Z
"""
        daemon = self.daemon(config).start()
        self.assertIn("long gone", daemon.stderr())
        for number, user in enumerate(("controller", "mallory", "controller", "alice")):
            self.append(creation(f"id-{number}", f"svc-{number}", user))
        eventually(lambda: {alert["user"] for alert in self.alerts()} == {"mallory", "alice"},
                   what="the other users")
        eventually(lambda: daemon.status()["suppressed"] == 2, what="the count")

    def test_a_second_daemon_on_the_same_state_is_refused(self):
        daemon = self.daemon(self.config(self.file_sink())).start()
        second = self.run_it("run", "--config", daemon.config)
        self.assertEqual(second.returncode, 1)
        self.assertIn(str(daemon.process.pid), second.stderr)
        self.assertIn(self.path("state"), second.stderr)

    def test_a_file_at_the_place_of_the_socket_is_refused_and_stays(self):
        precious = self.write("precious", "years of work\n")
        config = self.config(self.file_sink()).replace(self.path("admin.sock"), precious)
        self.assertIn(precious, config)
        done = self.run_it("run", "--config", self.write("c.yaml", config))
        self.assertEqual(done.returncode, 78, done.stderr)
        self.assertIn(f"admin.socket: {precious} is there and is no socket", done.stderr)
        with open(precious, encoding="utf-8") as file:
            self.assertEqual(file.read(), "years of work\n")

    def test_test_sink_sends_one_marked_alert(self):
        config = self.write("c.yaml", self.config(self.file_sink()))
        done = self.run_it("test-sink", "alerts", "--config", config)
        self.assertEqual(done.returncode, 0, done.stderr)
        alerts = self.alerts(rule=None)
        self.assertEqual(len(alerts), 1)
        self.assertTrue(alerts[0]["test"])
        self.assertEqual(self.run_it("test-sink", "nobody", "--config", config).returncode, 2)
        self.assertEqual(self.run_it("status", "--config", config).returncode, 1)
        self.assertFalse(os.path.exists(self.path("state", "state.db")))
