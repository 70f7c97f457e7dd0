"""What a client can do to the bytes of its request so that a reader of the log loses the thread, on
each route: the verdict stays the one that services.py has by hand."""

import copy
import json
import time

from exposure import OPENED, Replay, UNREADABLE, expected
from harness import NODE_PORT_RULE, creation, eventually
from services import CLOSED, OPEN, ROUTES, asked, compact, event, json_patch, lines, service
from spelling import Members, Raw, Spelling, lower_hex, other_value, overtaken, solidus, upper_hex

KIB = 1024
PADDING = Raw('"' + "x" * (256 * KIB) + '"')
MANAGED = Raw(compact([{
    "manager": "kubectl-create", "operation": "Update", "apiVersion": "v1",
    "fieldsType": "FieldsV1",
    "fieldsV1": {f"f:field-{i:06}": {"f:type": {}} for i in range(1024 * KIB // 32)}}]))


class Case:
    """A write as its event and the one alert that is due."""

    def __init__(self, number, name, level, outcome):
        self.audit_id = f"e{number}"
        self.name, self.level, self.outcome = name, level, outcome
        route = ROUTES[name]
        self.due = expected(route, level, outcome)
        self.made = event(route, self.audit_id, level, outcome)
        # Each is a Service of its own, of which nothing is known.
        self.made["objectRef"]["namespace"] = self.audit_id
        for body in ("requestObject", "responseObject"):
            metadata = self.object(body).get("metadata", {})
            if "namespace" in metadata:
                metadata.update(namespace=self.audit_id, uid="uid-" + self.audit_id)

    def object(self, body):
        found = self.made.get(body)
        return found if isinstance(found, dict) else {}

    def annotate(self, value):
        """Puts the value where a client may put what it likes; a JSON Patch has an operation."""
        request = self.made["requestObject"]
        if isinstance(request, list):
            request.append({"op": "add", "path": "/metadata/annotations/note", "value": value})
            return
        metadata = request.pop("metadata", {})
        metadata["annotations"] = {"note": value}
        # It comes first, before all that matters.
        self.made["requestObject"] = {"metadata": metadata, **request}


def all_cases():
    """Each route with its success where the log has all, where it has less and that tells another
    verdict, and with its refusal."""
    cases = []
    for name, route in ROUTES.items():
        for level, outcome in (("RequestResponse", "succeeded"), ("Request", "succeeded"),
                               ("RequestResponse", "rejected")):
            if level == "RequestResponse" or route.full != route.request_only:
                cases.append(Case(len(cases), name, level, outcome))
    return cases


class Evasion(Replay):
    def check(self, cases, content):
        alerts = self.replay(content)
        found = self.told(alerts)
        for case in cases:
            with self.subTest(route=case.name, level=case.level, outcome=case.outcome):
                self.assertEqual(found.pop(case.audit_id, []), [case.due] if case.due else [])
        self.assertEqual(found, {})
        self.assertEqual([alert["group"] for alert in alerts
                          if alert["rule"]["id"] == UNREADABLE], [])

    def check_spelling(self, spelling, cases=None, ends=b"\n"):
        cases = cases or all_cases()
        self.check(cases, b"".join(spelling.write(case.made) + ends for case in cases))


class Writing(Evasion):
    """Other bytes that mean the same."""

    def test_padding_hides_nothing(self):
        cases = all_cases()
        for case in cases:
            case.annotate(PADDING)
            if case.outcome == "succeeded" and "responseObject" in case.made:
                stored = case.made["responseObject"]
                metadata = stored.pop("metadata", {})
                metadata["managedFields"] = MANAGED
                case.made["responseObject"] = {"metadata": metadata, **stored}
        self.check_spelling(Spelling(), cases)

    def test_escapes_of_every_character_hide_nothing(self):
        for escape in (lower_hex, upper_hex):
            with self.subTest(escape=escape.__name__):
                self.check_spelling(Spelling(escape=escape))

    def test_escapes_of_any_character_hide_nothing(self):
        for seed in range(8):
            with self.subTest(seed=seed):
                escape = upper_hex if seed % 2 else lower_hex
                self.check_spelling(Spelling(seed, escape=escape, share=(0.02, 0.5)[seed // 4]))

    def test_an_escaped_solidus_hides_nothing(self):
        self.check_spelling(Spelling(escape=solidus))

    def test_white_space_between_tokens_hides_nothing(self):
        for seed, blanks in enumerate((" ", "\t", "\r", " \t\r")):
            with self.subTest(blanks=blanks):
                self.check_spelling(Spelling(seed, blanks=blanks))

    def test_a_pretty_print_hides_nothing(self):
        for indent, ends in ((1, "\n"), (4, "\n"), ("\t", "\n"), (2, "\r\n")):
            with self.subTest(indent=indent, ends=ends):
                cases = all_cases()
                text = "".join(json.dumps(case.made, indent=indent) + "\n" for case in cases)
                self.check(cases, text.replace("\n", ends).encode())

    def test_a_byte_order_mark_and_carriage_returns_hide_nothing(self):
        mark = b"\xef\xbb\xbf"
        cases = all_cases()
        text = lines([case.made for case in cases])
        for content in (mark + text, text.replace(b"\n", b"\r\n"),
                        mark + text.replace(b"\n", b"\r\n" + mark).removesuffix(mark)):
            with self.subTest(begins=content[:8], ends=content[-2:]):
                self.check(cases, content)

    def test_the_order_of_keys_hides_nothing(self):
        for seed in range(8):
            with self.subTest(seed=seed):
                self.check_spelling(Spelling(seed, shuffled=True))

    def test_all_of_it_together_hides_nothing(self):
        for seed in range(8):
            with self.subTest(seed=seed):
                self.check_spelling(Spelling(seed, escape=(lower_hex, upper_hex)[seed % 2],
                                             share=seed / 8, blanks=" \t\r", shuffled=True,
                                             decoy=other_value), ends=b"\r\n")


class Content(Evasion):
    """Bytes that mean more, or less, than they seem to."""

    def test_a_decoy_before_each_member_at_every_level_hides_nothing(self):
        self.check_spelling(Spelling(decoy=other_value))

    def test_of_two_writes_in_one_the_one_whose_members_come_last_counts(self):
        cases = [case for case in all_cases()
                 if case.level == "RequestResponse" and case.outcome == "succeeded"]
        for shift in (1, 2, 5):
            with self.subTest(shift=shift):
                content = b""
                for i, case in enumerate(cases):
                    hidden = copy.deepcopy(cases[(i + shift) % len(cases)].made)
                    self.assertEqual(hidden.keys(), case.made.keys())
                    content += Spelling().write(overtaken(hidden, case.made)) + b"\n"
                self.check(cases, content)

    def test_of_two_values_of_a_name_the_last_counts_whichever_is_true(self):
        def with_pair(path, first, last, level="Request"):
            case = Case(0, "create, explicit port", level, "succeeded")
            at = case.made
            for name in path[:-1]:
                at[name] = dict(enumerate(at[name])) if isinstance(at[name], list) else at[name]
                at = at[name]
            pairs = [(name, value) for name, value in at.items() if name != path[-1]]
            doubled = Members([(path[-1], first)] + pairs + [(path[-1], last)])
            return Spelling().write(self.with_object(case.made, path[:-1], doubled)) + b"\n"

        spec = ("requestObject", "spec")
        port = {"port": 80, "protocol": "TCP"}
        told = ("parity", "succeeded", [31000])
        for path, first, last, due in (
                (("verb",), "get", "create", told),
                (("verb",), "create", "get", None),
                (("objectRef", "resource"), "pods", "services", told),
                (("objectRef", "resource"), "services", "pods", None),
                (("objectRef", "subresource"), "status", "", told),
                (("objectRef", "subresource"), "", "status", None),
                (("responseStatus", "code"), 422, 201, told),
                (("responseStatus", "code"), 201, 422, ("parity", "rejected", [31000])),
                (spec + ("type",), "ClusterIP", "NodePort", told),
                (spec + ("type",), "NodePort", "ClusterIP", None),
                (spec + ("ports",), [dict(port, nodePort=1)], [dict(port, nodePort=31000)], told),
                (spec + ("ports",), [dict(port, nodePort=31000)], [port],
                 ("parity", "succeeded", [None])),
                (("requestObject", "spec"), CLOSED, OPEN, told),
                (("requestObject", "spec"), OPEN, CLOSED, None)):
            with self.subTest(path=path, first=first, last=last):
                found = self.told(self.replay(with_pair(path, first, last)))
                self.assertEqual(found, {"e0": [due]} if due else {})

    def with_object(self, value, path, replacement):
        if not path:
            return replacement
        return dict(value, **{path[0]: self.with_object(value[path[0]], path[1:], replacement)})

    def test_a_thousand_brackets_hide_nothing(self):
        for opening, closing in (("[", "]"), ('{"a":', "}")):
            with self.subTest(opening=opening):
                cases = all_cases()
                for case in cases:
                    case.annotate(Raw(opening * 1000 + "1" + closing * 1000))
                self.check_spelling(Spelling(), cases)

    def test_a_million_brackets_are_a_blind_spot_and_never_silence(self):
        cases = all_cases()
        content = []
        for i, case in enumerate(cases):
            opening, closing = (("[", "]"), ('{"a":', "}"), ("[", ""))[i % 3]
            case.annotate(Raw(opening * 1_000_000 + "1" + closing * 1_000_000))
            content.append(Spelling().write(case.made) + b"\n")
        alerts = self.replay(b"".join(content))
        self.assertEqual([(alert["rule"]["id"], alert["group"]["reason"], alert["count"])
                          for alert in alerts], [(UNREADABLE, "too_deep", len(cases))])
        self.assertEqual([each["audit_id"] for each in alerts[0]["events"]], ["e0", "e1", "e10"])

    def test_numbers_are_read_in_every_notation(self):
        notations = (lambda n: f"{n // 100}.{n % 100:02}e2", lambda n: f"{n}.0",
                     lambda n: f"{n}00E-2", lambda n: f"0.{n:05}e+5",
                     lambda n: f"{n}." + "0" * 30)

        def respelled(value, notation):
            if isinstance(value, dict):
                return {name: respelled(each, notation) for name, each in value.items()}
            if isinstance(value, list):
                return [respelled(each, notation) for each in value]
            return Raw(notation(value)) if isinstance(value, int) and value is not True \
                and value is not False else value

        for notation in notations:
            with self.subTest(notation=notation(403)):
                cases = all_cases()
                for case in cases:
                    case.made = respelled(case.made, notation)
                self.check_spelling(Spelling(), cases)

    def test_a_refused_number_that_is_no_port_is_told_as_an_attempt_without_one(self):
        due = {"create, explicit port": ("parity", "rejected", [None]),
               "merge patch with a number": ("attempt", "rejected", []),
               "JSON Patch of the spec": ("attempt", "rejected", [])}
        for number in ("9" * 30, "1e999", "-1", "31000.5", "1e-999", '"31000; DROP"', "[31000]"):
            with self.subTest(number=number):
                cases = [Case(i, name, "RequestResponse", "rejected")
                         for i, name in enumerate(due)]
                content = b"".join(Spelling().write(case.made) + b"\n" for case in cases)
                self.assertEqual(content.count(b'"nodePort":31000'), len(cases))
                content = content.replace(b'"nodePort":31000', b'"nodePort":' + number.encode())
                found = self.told(self.replay(content))
                self.assertEqual(found, {case.audit_id: [due[case.name]] for case in cases})

    def test_bytes_that_are_no_utf_8_hide_nothing_and_make_no_other_word_of_one(self):
        cases = all_cases()
        for case in cases:
            case.annotate("\udcff\udcc0\udcaf NodePort \udced\udca0\udc80")
            case.made["userAgent"] = "\udcfe" * 9
            case.made["annotations"]["\udcff"] = "\udc80"
        self.check_spelling(Spelling(), cases)
        broken = Case(0, "create", "Request", "succeeded")
        broken.made["requestObject"]["spec"]["type"] = "Node\udcffPort"
        broken.due = None
        self.check_spelling(Spelling(), [broken])

    def test_a_node_port_that_is_only_spoken_of_is_no_alert(self):
        note = {"note": "type: NodePort", "type": "NodePort",
                "kubectl.kubernetes.io/last-applied-configuration": compact(asked(OPEN))}
        stored = service(CLOSED, annotations=note, labels={"type": "NodePort"})
        spoken = {"create": asked(CLOSED, annotations=note),
                  "update": asked(CLOSED, annotations=note),
                  "merge patch of a label": {"metadata": {"annotations": note}},
                  "server-side apply, existing": asked(CLOSED, annotations=note),
                  "JSON Patch of the type": json_patch(
                      {"op": "add", "path": "/metadata/annotations", "value": note})}
        cases = []
        for name, request in spoken.items():
            for outcome in ("succeeded", "dry_run"):
                case = Case(len(cases), name, "RequestResponse", outcome)
                case.made["requestObject"], case.due = request, None
                case.made["responseObject"] = copy.deepcopy(stored)
                cases.append(case)
        self.check_spelling(Spelling(), cases)


class DryRunFirst(Replay):
    """A dry run is a way to have the alert spent before the creation comes."""

    @staticmethod
    def pair(**more):
        stored = service(OPEN)
        trial = service(OPEN)
        del trial["metadata"]["resourceVersion"]
        uri = "/api/v1/namespaces/default/services"
        return [creation("trial", "shop", requestURI=uri + "?dryRun=All", responseObject=trial,
                         **more),
                creation("real", "shop", requestURI=uri, responseObject=stored, **more)]

    def test_one_alert_tells_both_and_what_succeeded_first(self):
        alerts = self.replay("".join(self.pair()).encode())
        self.assertEqual([(alert["rule"]["id"], alert["count"]) for alert in alerts],
                         [(NODE_PORT_RULE, 2)])
        self.assertEqual([(facts["audit_id"], facts["outcome"]) for facts in alerts[0]["exposure"]],
                         [("real", "succeeded"), ("trial", "dry_run")])

    def test_the_creation_is_delivered_at_once_and_not_only_when_the_window_ends(self):
        now = time.strftime("%Y-%m-%dT%H:%M:%S.000001Z", time.gmtime())
        trial, real = self.pair(requestReceivedTimestamp=now, stageTimestamp=now)
        daemon = self.daemon(self.config(self.file_sink())).start()
        self.append(trial)
        eventually(lambda: len(self.alerts()) == 1, what="the alert of the dry run")
        self.append(real)
        eventually(lambda: len(self.alerts()) == 2, what="the revision with the creation")
        self.assertEqual([(alert["revision"], alert["phase"], alert["count"],
                           [facts["outcome"] for facts in alert["exposure"]])
                          for alert in self.alerts()],
                         [(1, "first", 1, ["dry_run"]),
                          (2, "update", 2, ["succeeded", "dry_run"])])
        self.assertEqual(self.alerts(rule=OPENED), [])
        self.assertEqual(daemon.stop(), 0)
