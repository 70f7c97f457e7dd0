"""Every opened port, and whether it worked: each route, at each audit level, with each outcome, in
each form that carries it. What must be told stands in services.py, by hand."""

import json
import os
import random
import subprocess
import unittest
from datetime import datetime, timezone

from harness import CORPUS, EndToEnd, NODEPORTD, NODE_PORT_RULE, RULES, SOURCE, eventually
from services import CARRIERS, ROUTES, TIME, compact, event, packed

OPENED = "2d70dbe9-fb27-4acb-a48b-f847caf73cba"
ATTEMPT = "68cec95e-5814-4e85-a5b0-73da0fadaf93"
BLIND = "74c652ac-9049-484b-a2c0-7fec40f5d27c"
REUSED = "b54e00b8-e6a6-4db8-bf75-371e1603a451"
UNREADABLE = "655ce20e-80f4-4b55-bb95-eb4bf2e90bb0"
NAMES = {NODE_PORT_RULE: "parity", OPENED: "opened", ATTEMPT: "attempt", BLIND: "blind",
         REUSED: "reused", UNREADABLE: "unreadable"}


def doors(facts):
    told = [port["number"] for port in facts["node_ports"]] + facts["external_ips"]
    if facts["health_check_node_port"]:
        told.append(f"health {facts['health_check_node_port']}")
    return told


def expected(route, level, outcome):
    """The rule, the outcome and the doors of the one alert; None: none is due."""
    refusals = ("rejected", "conflict", "failed")
    deletes = route.verb == "delete"
    if outcome == "denied":
        return None if deletes else ("attempt", "denied", [])
    if level in ("Metadata", "truncated"):
        blind = outcome in ("succeeded", "failed") and not deletes
        return ("blind", outcome, []) if blind else None
    told = route.full if level == "RequestResponse" else route.request_only
    if outcome in refusals:
        # Nothing was stored, so the request alone tells.
        told = route.request_only
        if told == "blind" and level == "RequestResponse":
            return ("attempt", outcome, [])
        if told == "blind":
            return ("blind", outcome, []) if outcome == "failed" else None
        if not route.refused and not route.parity:
            return None
    if told == "unseen":
        return None
    if told == "blind":
        return ("blind", outcome, []) if outcome == "succeeded" else None
    if route.parity:
        return ("parity", outcome, told)
    return ("opened" if outcome == "succeeded" else "attempt", outcome, told)


class Replay(EndToEnd):
    def replay(self, content, *options, name="audit.log"):
        with open(self.path(name), "wb") as file:
            file.write(content)
        done = subprocess.run([NODEPORTD, "replay", "--format", "json", *options, self.path(name)],
                              capture_output=True, check=True)
        return [json.loads(line) for line in done.stdout.splitlines()]

    @staticmethod
    def told(alerts):
        """Per auditID what was told of it: (rule, outcome, doors) of each alert."""
        found = {}
        for alert in alerts:
            for facts in alert["exposure"]:
                found.setdefault(facts["audit_id"], []).append(
                    (NAMES[alert["rule"]["id"]], facts["outcome"], doors(facts)))
        return found


class Matrix(Replay):
    def test_each_route_at_each_level_with_each_outcome_is_told_as_it_is(self):
        cases = {}
        for name, route in ROUTES.items():
            for level in ("RequestResponse", "Request", "Metadata", "truncated"):
                for outcome in ("succeeded", "dry_run", "denied", "rejected", "conflict",
                                "failed"):
                    cases[f"c{len(cases)}"] = (name, route, level, outcome)
        events = []
        for audit_id, (_, route, level, outcome) in cases.items():
            made = event(route, audit_id, level, outcome)
            # Each case is a Service of its own, of which nothing is known.
            text = compact(made).replace('"namespace":"web"', f'"namespace":"{audit_id}"')
            events.append(text.replace('"u-1"', f'"uid-{audit_id}"') + "\n")
        found = self.told(self.replay("".join(events).encode()))
        self.assertGreaterEqual(len(cases), 120)
        table = {}
        for audit_id, (name, route, level, outcome) in cases.items():
            due = expected(route, level, outcome)
            with self.subTest(route=name, level=level, outcome=outcome):
                self.assertEqual(found.get(audit_id, []), [due] if due else [])
            table.setdefault((name, level), []).append(due[0] if due else "-")
        width = max(len(name) for name in ROUTES)
        print(f"\n{'route':{width}} {'level':16} succeeded dry_run  denied   rejected conflict failed")
        for (name, level), row in table.items():
            print(f"{name:{width}} {level:16} " + " ".join(f"{cell:8}" for cell in row))

    def test_each_carrier_tells_what_the_apiservers_own_lines_tell(self):
        outcomes = {"succeeded": ("RequestResponse", "Request"), "rejected": ("RequestResponse",),
                    "denied": ("RequestResponse",)}
        cases = [(route, level, outcome) for route in ROUTES.values()
                 for outcome, levels in outcomes.items() for level in levels]
        events, due = [], {}
        for i, (route, level, outcome) in enumerate(cases):
            audit_id = f"c{i}"
            text = compact(event(route, audit_id, level, outcome)).replace(
                '"namespace":"web"', f'"namespace":"{audit_id}"')
            events.append(json.loads(text.replace('"u-1"', f'"uid-{audit_id}"')))
            due[audit_id] = expected(route, level, outcome)
        for carrier, wrap in CARRIERS.items():
            with self.subTest(carrier=carrier):
                name = "audit.log.gz" if carrier.endswith("Firehose") else "audit.log"
                content = wrap(events)
                alerts = self.replay(content, "--batch-size", "64KiB", name=name)
                found = self.told(alerts)
                for audit_id, verdict in due.items():
                    self.assertEqual(found.get(audit_id, []), [verdict] if verdict else [],
                                     (carrier, audit_id))
                self.assertEqual([alert for alert in alerts
                                  if alert["rule"]["id"] == UNREADABLE], [])

    def test_what_no_carrier_tells_is_null_and_what_cannot_be_read_is_said(self):
        made = event(ROUTES["create"], "a-1")
        alert = self.replay(CARRIERS["GKE"]([made]))[0]
        self.assertEqual(alert["group"]["kind"], "0")
        self.assertEqual(alert["group"]["stage"], "0")
        self.assertEqual(alert["values"]["user_groups"], [])
        self.assertEqual(alert["exposure"][0]["origin_ip"], "203.0.113.9")

        def reasons(content):
            return [alert["group"]["reason"] for alert in self.replay(content)
                    if alert["rule"]["id"] == UNREADABLE]

        text = compact(made)
        self.assertEqual(reasons((text[:900] + "[Truncated...]\n").encode()), ["cut"])
        self.assertEqual(reasons(packed([made])), ["packed"])
        legacy = (f'{TIME} AUDIT: id="a-1" stage="ResponseComplete" ip="10.0.0.7" method="create" '
                  'user="alice" groups="a" as="<self>" asgroups="<lookup>" user-agent="k" '
                  'namespace="web" uri="/api/v1/namespaces/web/services" response="201"\n')
        with open(self.path("audit.log"), "w", encoding="utf-8") as file:
            file.write(legacy)
        done = subprocess.run([NODEPORTD, "replay", self.path("audit.log")], capture_output=True,
                              text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("legacy_format", done.stdout)
        self.assertIn("1 line of kube-apiserver's legacy text format", done.stderr)
        self.assertIn("--audit-log-format=json", done.stderr)


class OpenedNotTouched(Replay):
    def write(self, spec, number, verb="patch", code=200, uid="u-1", name="shop"):
        made = event(ROUTES["server-side apply, existing"], f"w-{number}")
        made["user"]["username"] = "flux"
        made["responseObject"]["spec"] = spec
        made["responseObject"]["metadata"].update(uid=uid, name=name)
        made["objectRef"]["name"] = name
        made["stageTimestamp"] = f"2026-11-24T{9 + number // 60:02}:{number % 60:02}:00.000000Z"
        made["responseStatus"]["code"] = code
        return made

    def test_a_hundred_no_op_applies_give_none_an_added_port_one_out_again_one_more(self):
        port = {"type": "NodePort", "ports": [{"port": 80, "protocol": "TCP", "nodePort": 31000}]}
        two = {"type": "NodePort", "ports": port["ports"] + [
            {"port": 81, "protocol": "TCP", "nodePort": 31001}]}
        closed = {"type": "ClusterIP", "ports": [{"port": 80, "protocol": "TCP"}]}
        writes = [self.write(port, 0, code=201)]
        writes += [self.write(port, i) for i in range(1, 101)]
        writes += [self.write(two, 101), self.write(two, 102), self.write(closed, 103),
                   self.write(closed, 104), self.write(port, 105)]
        for workers in ("1", "4"):
            alerts = self.replay("".join(compact(each) + "\n" for each in writes).encode(),
                                 "--workers", workers, "--batch-size", "4KiB")
            told = sorted((facts["audit_id"], facts["before"],
                           [port["number"] for port in facts["opened"]["node_ports"]])
                          for alert in alerts for facts in alert["exposure"])
            self.assertEqual(told, [("w-0", "absent", [31000]), ("w-101", "open", [31001]),
                                    ("w-105", "closed", [31000])])

    def test_history_survives_a_kill_and_is_listed(self):
        port = {"type": "NodePort", "ports": [{"port": 80, "protocol": "TCP", "nodePort": 31000}]}
        two = {"type": "NodePort", "ports": port["ports"] + [
            {"port": 81, "protocol": "TCP", "nodePort": 31001}]}
        daemon = self.daemon(self.config(self.file_sink())).start()
        self.append(compact(self.write(port, 0, code=201)) + "\n")
        self.eventually_alerts(1)
        daemon.kill()
        daemon.start()
        self.append(compact(self.write(port, 1)) + "\n")
        self.append(compact(self.write(two, 2)) + "\n")
        self.eventually_alerts(2)
        opened = [facts["opened"]["node_ports"][0]["number"] for alert in
                  self.alerts(rule=OPENED)[-1:] for facts in alert["exposure"]]
        self.assertEqual(sorted(opened), [31000, 31001])
        done = subprocess.run([NODEPORTD, "exposed", "--config", daemon.config, "--format",
                               "json"], capture_output=True, check=True)
        listed = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(len(listed), 1)
        self.assertEqual([(each["number"], each["since"], each["by"])
                          for each in listed[0]["node_ports"]],
                         [(31000, "2026-11-24T09:00:00.000000Z", "flux"),
                          (31001, "2026-11-24T09:02:00.000000Z", "flux")])
        self.assertEqual(daemon.stop(), 0)

    def test_each_opening_is_told_at_once_though_the_client_repeats_its_audit_id(self):
        port = {"type": "NodePort", "ports": [{"port": 80, "protocol": "TCP", "nodePort": 31000}]}
        closed = {"type": "ClusterIP", "ports": [{"port": 80, "protocol": "TCP"}]}
        daemon = self.daemon(self.config(self.file_sink())).start()
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
        for number, spec in enumerate((port, closed, port)):
            made = self.write(spec, number)
            # In a window that the wall clock does not close during the test.
            made["stageTimestamp"] = f"{now}.{number:06}Z"
            made.update(auditID="same", requestReceivedTimestamp=made["stageTimestamp"])
            self.append(compact(made) + "\n")
            if spec is port:
                self.eventually_alerts(1 + number // 2)
        # The count alone would wait for the next scheduled revision, in five minutes.
        last = self.alerts(rule=OPENED)[-1]
        self.assertEqual((last["phase"], last["count"]), ("update", 2))
        self.assertEqual(daemon.stop(), 0)

    def test_what_is_open_is_known_whatever_the_rules_ask_for(self):
        rules = os.path.join(RULES, "kubernetes_node_port_creation.yml")
        daemon = self.daemon(self.config(self.file_sink(), rules=rules)).start()

        def listed():
            done = subprocess.run([NODEPORTD, "exposed", "--config", daemon.config, "--format",
                                   "json"], capture_output=True, check=True)
            return len(done.stdout.splitlines())

        self.append(compact(event(ROUTES["create"], "a-1")) + "\n")
        eventually(lambda: listed() == 1, what="an open Service")
        self.append(compact(event(ROUTES["delete"], "a-2")) + "\n")
        eventually(lambda: listed() == 0, what="a closed Service")
        self.assertEqual(daemon.stop(), 0)

    def eventually_alerts(self, count):
        eventually(lambda: len(self.alerts(rule=OPENED)) >= count, what=f"{count} alerts")


class Precedence(Replay):
    def test_one_request_is_told_once_and_by_the_next_rule_where_the_first_is_excepted(self):
        made = event(ROUTES["create"], "a-1")
        self.assertEqual([NAMES[alert["rule"]["id"]]
                          for alert in self.replay(compact(made).encode() + b"\n")], ["parity"])
        config = self.config(self.file_sink()) + f"""
exceptions:
  - name: parity
    rules: [{NODE_PORT_RULE}]
    condition: {{user.username: user-a-1}}
    reason: a test
"""
        with open(self.path("c.yaml"), "w", encoding="utf-8") as file:
            file.write(config)
        alerts = self.replay(compact(made).encode() + b"\n", "--config", self.path("c.yaml"))
        self.assertEqual([NAMES[alert["rule"]["id"]] for alert in alerts], ["opened"])

    def test_a_reused_audit_id_is_told_and_a_repeated_line_is_not(self):
        first = event(ROUTES["merge patch of a label"], "a-1")
        other = dict(first, userAgent="curl/8")
        lines = [compact(first), compact(first), compact(other)]
        alerts = self.replay("".join(line + "\n" for line in lines).encode())
        self.assertEqual([(NAMES[alert["rule"]["id"]], alert["count"]) for alert in alerts],
                         [("reused", 1)])


LOG = os.path.join(CORPUS, "apiserver", "audit.log")


def permuted(text, seed):
    """The log with users, names, ports and the order of keys exchanged."""
    chance = random.Random(seed)
    swap = {"kubernetes-admin": f"user-{seed}", "alice": f"mallory-{seed}", "np-": f"x{seed}-",
            "cip-": f"y{seed}-", "lb-": f"z{seed}-"}
    shift = {str(port): str(30000 + (port - 30000 + 17 * (seed + 1)) % 2768)
             for port in (32600, 30555, 30197, 32769, 31278, 32140, 31910, 31199)}

    def shuffle(value):
        if isinstance(value, dict):
            keys = list(value)
            chance.shuffle(keys)
            return {key: shuffle(value[key]) for key in keys}
        return [shuffle(each) for each in value] if isinstance(value, list) else value

    result = []
    for line in text.splitlines():
        for old, new in swap.items():
            line = line.replace(old, new)
        for old, new in shift.items():
            line = line.replace('"nodePort":' + old, '"nodePort":' + new)
        result.append(compact(shuffle(json.loads(line))) + "\n")
    return "".join(result), shift


@unittest.skipUnless(os.path.exists(LOG), "skipped: no corpus beside this checkout")
class Recorded(Replay):
    OUTCOMES = {"dry run": "dry_run", "create of an existing name": "conflict",
                "invalid: port out of range": "rejected", "RBAC denied": "denied"}

    def check(self, text, shift=None):
        with open(os.path.join(CORPUS, "apiserver", "truth.json"), encoding="utf-8") as file:
            truth = json.load(file)
        found = self.told(self.replay(text.encode()))
        for step in truth:
            told = found.pop(step["auditID"], [])
            numbers = [int((shift or {}).get(str(port), port)) for port in step["node_ports"]]
            if step["exposed"]:
                self.assertEqual([(outcome, ports) for _, outcome, ports in told],
                                 [("succeeded", numbers)], step)
            elif step["route"] in self.OUTCOMES:
                self.assertEqual([outcome for _, outcome, _ in told],
                                 [self.OUTCOMES[step["route"]]], step)
            else:
                self.assertEqual(told, [], step)
        self.assertEqual(found, {})

    def test_each_exposure_has_one_alert_and_nothing_else_has(self):
        with open(LOG, encoding="utf-8") as file:
            self.check(file.read())

    def test_the_same_holds_whatever_things_are_called_and_in_whatever_order_keys_stand(self):
        with open(LOG, encoding="utf-8") as file:
            text = file.read()
        for seed in range(5):
            with self.subTest(seed=seed):
                self.check(*permuted(text, seed))


class Documentation(Replay):
    """docs/DETECTION.md says what the tests above hold the daemon to."""

    def rows(self, heading):
        with open(os.path.join(SOURCE, "docs", "DETECTION.md"), encoding="utf-8") as file:
            section = file.read().split(f"\n## {heading}\n")[1].split("\n## ")[0]
        table = [line.strip("|").split(" | ") for line in section.splitlines()
                 if line.startswith("| ")]
        return {row[0].strip().strip("`"): [cell.strip() for cell in row[1:]] for row in table[2:]}

    @staticmethod
    def word(told):
        if isinstance(told, str):
            return {"unseen": "not seen", "blind": "blind spot"}[told]
        return "told, no number" if None in told else "told"

    def test_the_table_of_routes_is_what_is_tested(self):
        rows = self.rows("Routes")
        self.assertEqual(list(rows), list(ROUTES))
        for name, route in ROUTES.items():
            metadata = "not needed" if route.verb == "delete" else "blind spot"
            self.assertEqual([cell.removesuffix(" (!)") for cell in rows[name]],
                             [self.word(route.full), self.word(route.request_only), metadata],
                             name)

    def test_the_table_of_fields_names_all_that_an_alert_holds(self):
        alert = self.replay(compact(event(ROUTES["update"], "a-1")).encode() + b"\n")[0]
        self.assertEqual(list(self.rows("Fields")), list(alert["exposure"][0]))

    def test_the_tables_of_outcomes_and_rules_are_complete(self):
        self.assertEqual(set(self.rows("Outcome")), {"succeeded", "dry_run", "denied", "rejected",
                                                     "conflict", "failed", "unknown"})
        with open(os.path.join(SOURCE, "docs", "DETECTION.md"), encoding="utf-8") as file:
            page = file.read()
        for name in os.listdir(RULES):
            with open(os.path.join(RULES, name), encoding="utf-8") as file:
                title = [line for line in file if line.startswith("title: ")][0]
            self.assertIn(title.removeprefix("title: ").strip(), page)
