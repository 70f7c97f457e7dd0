"""Rules that are tested and explained on the command line."""

import json
import os
import shutil
import subprocess

from harness import EndToEnd, NODEPORTD, RULES, creation

PARITY = "kubernetes_node_port_creation.yml"

UNTESTED = """\
title: A rule without tests
id: 0e7f7c0e-5b0b-4c57-8d4b-0a8d7e4a1f11
logsource: {product: kubernetes, service: audit}
detection: {selection: {verb: create}, condition: selection}
"""


class Verb(EndToEnd):
    def call(self, *arguments, code=0):
        done = subprocess.run([NODEPORTD, *arguments], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)


class RuleTests(Verb):
    def edited(self, old, new):
        """The rule of parity with one of its words changed."""
        shutil.copy(os.path.join(RULES, PARITY), self.path("rule.yml"))
        with open(self.path("rule.yml"), encoding="utf-8") as file:
            text = file.read()
        self.assertIn(old, text)
        return self.write("rule.yml", text.replace(old, new, 1))

    def test_the_shipped_rules_pass_theirs_compiled_in_or_as_files(self):
        compiled_in = self.call("test")
        lines = compiled_in.stdout.splitlines()
        self.assertGreater(len(lines), 50)
        self.assertTrue(all(line.startswith("ok  ") for line in lines), compiled_in.stdout)
        self.assertEqual(compiled_in.stderr, f"5 rules, {len(lines)} tests, 0 failed\n")
        as_files = self.call("test", *(os.path.join(RULES, name)
                                       for name in sorted(os.listdir(RULES))))
        self.assertEqual(as_files.stdout, compiled_in.stdout)

    def test_a_rule_that_is_bent_fails_its_tests_with_place_and_difference(self):
        path = self.edited("requestObject.spec.type: NodePort", "requestObject.spec.type: LoadBalancer")
        done = self.call("test", path, code=1)
        first = next(line for line in done.stdout.splitlines() if line.startswith("FAILED"))
        self.assertRegex(first, r"a created NodePort  \(" + path + r":\d+\)$")
        number = int(first.rsplit(":", 1)[1].rstrip(")"))
        with open(path, encoding="utf-8") as file:
            self.assertIn("- name: a created NodePort", file.read().splitlines()[number - 1])
        self.assertIn("alerts[0]: expected {", done.stdout)
        self.assertIn(", got nothing", done.stdout)
        self.assertRegex(done.stderr, r"1 rule, \d+ tests, \d+ failed\n")

    def test_an_expectation_that_is_bent_fails_alone(self):
        path = self.edited("window: {start: '2026-11-24T10:00:00.000000Z'}", "window: {start: '2026-11-24T11:00:00.000000Z'}")
        done = self.call("test", path, "--format", "json", code=1)
        tests = [json.loads(line) for line in done.stdout.splitlines()]
        failed = [test for test in tests if test["result"] != "ok"]
        self.assertEqual([test["test"] for test in failed],
                         ["windows are hours of the event's own time"])
        self.assertEqual(failed[0]["differences"], [
            {"path": "alerts[1].window.start", "expected": '"2026-11-24T11:00:00.000000Z"',
             "got": '"2026-11-24T10:00:00.000000Z"'}])
        self.assertEqual((failed[0]["file"], failed[0]["rule"]),
                         (path, "Kubernetes Node Port Creation"))

    def test_a_rule_without_tests_is_named_and_no_failure(self):
        path = self.write("rule.yml", UNTESTED)
        done = self.call("test", path)
        self.assertEqual(done.stdout, f"no tests  A rule without tests  ({path}:2)\n")
        self.assertIn("0 failed; 1 rule without tests", done.stderr)

    def test_what_cannot_be_loaded_is_78(self):
        path = self.write("rule.yml", UNTESTED + "tests: {cases: [{name: a, event: [{}], alerts: []}]}\n")
        done = self.call("test", path, code=78)
        self.assertIn(f"{path}:5:27: a test has no key 'event': did you mean 'events'?", done.stderr)
        self.assertEqual(done.stdout, "")
        self.call("test", self.path("none.yml"), code=78)
