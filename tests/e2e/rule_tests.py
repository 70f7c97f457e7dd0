"""Rules that are tested and explained on the command line."""

import gzip
import json
import os
import random
import shutil
import subprocess
import uuid

from harness import EndToEnd, NODEPORTD, RULES, creation, eventually, json_lines

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
        path = self.edited("requestObject.spec.type: NodePort",
                           "requestObject.spec.type: LoadBalancer")
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
        path = self.edited("window: {start: '2026-11-24T10:00:00.000000Z'}",
                           "window: {start: '2026-11-24T11:00:00.000000Z'}")
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
        path = self.write("rule.yml", UNTESTED + "tests: {cases: [{name: a, event: [{}]}]}\n")
        done = self.call("test", path, code=78)
        self.assertIn(f"{path}:5:27: a test has no key 'event': did you mean 'events'?",
                      done.stderr)
        self.assertEqual(done.stdout, "")
        self.call("test", self.path("none.yml"), code=78)

    def test_the_example_of_the_manual_passes(self):
        with open(os.path.join(RULES, "..", "..", "docs", "RULES.md"), encoding="utf-8") as file:
            examples = [part.split("```")[0] for part in file.read().split("```yaml\n")[1:]]
        block = next(example for example in examples if example.startswith("tests:\n"))
        done = self.call("test", self.write("rule.yml", examples[0] + block))
        self.assertEqual(done.stderr, "1 rule, 2 tests, 0 failed\n")


def random_selection(dice):
    """A map of one to three fields, with the modifiers that compare texts, numbers and lists."""
    word = lambda *words: dice.choice(words)
    items = {
        "verb": word("create", "update", "patch"),
        "verb|contains": [word("at", "e"), word("pat", "zz")],
        "user.username|startswith": word("al", "bo", "system:"),
        "user.groups[]|contains": word("masters", "de"),
        "objectRef.name|re": word("^web-[0-4]$", "b-.$", "^x"),
        "objectRef.namespace": [word("shop", "data"), "web"],
        "objectRef.apiGroup": word(None, "apps"),
        "responseStatus.code|gte": word(200, 201, 403),
        "sourceIPs[]|cidr": word("10.0.0.0/8", "203.0.113.0/24"),
        "requestObject.spec.type|exists": word(True, False),
        "requestObject.spec.type": word("NodePort", "ClusterIP", "nodeport"),
    }
    return {key: items[key] for key in dice.sample(sorted(items), dice.randint(1, 3))}


def random_rule(dice, number):
    return {
        "title": f"Rule {number}", "id": str(uuid.UUID(int=dice.getrandbits(128), version=4)),
        "logsource": {"product": "kubernetes", "service": "audit"},
        "detection": {"a": random_selection(dice), "b": random_selection(dice),
                      "condition": dice.choice(["a", "a and b", "a or b", "a and not b",
                                                "1 of them"])},
        "aggregate": {"group_by": [{"user": "user.username"}], "window": "1h"}}


def random_event(dice, number):
    spec = dice.choice([{"type": "NodePort"}, {"type": "ClusterIP"}, {}, None])
    event = creation(f"id-{number}", f"web-{number % 7}",
                     user=dice.choice(["alice", "bob", "system:node:n1"]),
                     code=dice.choice([200, 201, 403]), time_text="2025-03-01T10:00:00.000000Z",
                     verb=dice.choice(["create", "update", "patch", "get"]),
                     sourceIPs=[dice.choice(["10.0.0.7", "203.0.113.9"])],
                     requestObject=None if spec is None else {"kind": "Service", "spec": spec})
    event = event.replace("system:authenticated", dice.choice(["system:masters", "dev"]))
    return event.replace('"default"', f'"{dice.choice(["shop", "data"])}"')


class Verdicts(Verb):
    def test_random_rules_give_under_test_what_the_daemon_gave(self):
        seed = int(os.environ.get("NODEPORTD_SEED", random.randrange(1 << 30)))
        print("NODEPORTD_SEED", seed)
        dice = random.Random(seed)
        rules = [random_rule(dice, number) for number in range(40)]
        events = [random_event(dice, number) for number in range(120)]
        os.mkdir(self.path("rules"))
        for number, rule in enumerate(rules):
            self.write(f"rules/{number:02}.yml", json.dumps(rule))
        self.append("".join(events))
        daemon = self.daemon(self.config(self.file_sink(), rules=self.path("rules"))).start()
        given = eventually(lambda: self.final_counts(daemon), what="final figures")
        self.assertEqual(daemon.stop(), 0)

        matching = sum(bool(given.get(rule["id"])) for rule in rules)
        self.assertGreater(matching, 10)
        self.assertLess(matching, 40)
        for number, rule in enumerate(rules):
            alerts = [{"count": count, "group": {"user": user}}
                      for user, count in sorted(given.get(rule["id"], {}).items(),
                                                key=lambda each: (len(each[0]), each[0]))]
            case = {"name": "as the daemon", "alerts": alerts,
                    "events": [event.rstrip("\n") for event in events]}
            self.write(f"rules/{number:02}.yml", json.dumps({**rule, "tests": {"cases": [case]}}))
        done = self.call("test", self.path("rules"))
        self.assertEqual(done.stderr, "40 rules, 40 tests, 0 failed\n")

    def final_counts(self, daemon):
        """Of each rule and user the final count, once all windows are closed and told."""
        status = daemon.status()
        if not status["logs"][0]["at_end"] or int(status["matches"]) == 0:
            return None
        if int(status["open_windows"]) > 0 or int(status["sinks"][0]["pending"]) > 0:
            return None
        counts = {}
        for alert in json_lines(self.path("alerts.jsonl")):
            if alert["phase"] == "final" and "user" in alert["group"]:
                counts.setdefault(alert["rule"]["id"], {})[alert["group"]["user"]] = alert["count"]
        return counts


class Explain(Verb):
    def log(self):
        """Four lines: another event, a creation, a line of noise, and a dead end in CRI's parts."""
        line = creation("a1", "web").rstrip("\n")
        half = len(line) // 2
        parts = [f"2026-11-24T10:00:00Z stdout P {line[:half]}",
                 f"2026-11-24T10:00:00Z stdout F {line[half:]}"]
        return self.write("audit.log", "\n".join(
            ['{"kind":"Event","verb":"list","auditID":"l1"}', line, '{"verb":"NodePort"', *parts])
            + "\n")

    def test_a_line_is_explained_rule_by_rule(self):
        log = self.log()
        done = self.call("explain", f"{log}:2")
        lines = done.stdout.splitlines()
        self.assertTrue(lines[0].startswith(f"{log}:2  create services default/web by alice, 201,"))
        self.assertIn("  ALERT      Kubernetes Node Port Creation  [selection]", lines)
        self.assertRegex(done.stdout, r'requestObject.spec.type: "NodePort" +is "NodePort"\n')
        self.assertRegex(done.stdout,
                         r'deletion failed +verb\|startswith: "delete" +is "create"\n')
        self.assertLess(len(lines), 40)
        self.assertTrue(all(len(line) < 180 for line in lines), done.stdout)

    def test_a_record_of_several_lines_is_found_by_each(self):
        log = self.log()
        for number in (4, 5):
            done = self.call("explain", f"{log}:{number}", "--format", "json")
            event = json.loads(done.stdout)
            self.assertEqual((event["line"], event["audit_id"]), (4, "a1"))
            self.assertIn(("Kubernetes Node Port Creation", "told"),
                          [(rule["name"], rule["verdict"]) for rule in event["rules"]])

    def test_what_is_passed_over_and_what_is_broken_is_said(self):
        log = self.log()
        self.assertIn("passed over by the scan: it holds none of",
                      self.call("explain", f"{log}:1").stdout)
        self.assertEqual(self.call("explain", f"{log}:3").stdout,
                         f"{log}:3  cannot be inspected (torn): it ends in the middle\n")

    def test_without_a_line_all_that_may_match_is_explained(self):
        done = self.call("explain", self.log(), "--format", "json")
        self.assertEqual([json.loads(line)["line"] for line in done.stdout.splitlines()], [2, 3, 4])

    def test_an_empty_line_and_a_missing_one_differ(self):
        log = self.write("audit.log", creation("a1", "web") + "\n")
        done = self.call("explain", f"{log}:2")
        self.assertEqual((done.stdout, done.stderr.count("is in no record")), ("", 1))
        self.assertIn("has 2 lines, there is no 3", self.call("explain", f"{log}:3", code=2).stderr)
        self.call("explain", self.path("none.log"), code=2)
        self.call("explain", log, "--rules", self.path("none.yml"), code=78)

    def test_a_torn_packed_file_is_told_and_not_taken_for_a_short_one(self):
        packed = gzip.compress("".join(creation(f"{number * 7919 % 10007:x}", "web")
                                       for number in range(2000)).encode())
        log = self.path("audit.log.gz")
        with open(log, "wb") as file:
            file.write(packed[:len(packed) // 2])
        for call in (("explain", f"{log}:1900"), ("explain", log), ("replay", log)):
            done = self.call(*call, code=1)
            self.assertIn(f"{log}: the gzip file ends too early", done.stderr)
            self.assertNotIn("there is no", done.stderr)

    def test_a_config_brings_its_exceptions(self):
        config = self.config(self.file_sink()) + (
            "exceptions:\n  - {name: known, rules: ['*'], reason: agreed, "
            "condition: {user.username: alice}}\n")
        done = self.call("explain", f"{self.log()}:2", "--config", self.write("c.yaml", config))
        self.assertIn("  suppressed Kubernetes Node Port Creation: exception 'known', agreed",
                      done.stdout)
