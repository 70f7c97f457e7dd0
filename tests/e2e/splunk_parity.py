"""`replay --splunk` against the semantics of Splunk's search, event by event. Every expectation is
derived by hand from what Splunk documents for search, fillnull, stats and values() and from how
the apiserver writes; none was copied from the program's output. Each case is one batch."""

import json
import subprocess
import unittest

from harness import NODEPORTD

BASE = {
    "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "RequestResponse", "auditID": "a-1",
    "stage": "ResponseComplete", "requestURI": "/api/v1/namespaces/default/services",
    "verb": "create", "user": {"username": "alice", "groups": ["system:authenticated"]},
    "sourceIPs": ["10.0.0.7"], "userAgent": "kubectl",
    "objectRef": {"resource": "services", "namespace": "default", "name": "web"},
    "responseStatus": {"metadata": {}, "code": 201},
    "requestObject": {"kind": "Service", "spec": {"type": "NodePort"}},
    "stageTimestamp": "2026-11-24T10:00:00.000000Z",
}
ROW = {
    "kind": "Event", "objectRef.name": "web", "objectRef.namespace": "default",
    "objectRef.resource": "services", "requestObject.kind": "Service",
    "requestObject.spec.type": "NodePort", "responseStatus.code": "201", "src_ip": "10.0.0.7",
    "stage": "ResponseComplete", "user": "alice", "userAgent": "kubectl", "verb": "create",
    "count": 1, "user_groups": ["system:authenticated"],
}
ABSENT = object()


def event(changes=None):
    """The base event with dotted paths set, or taken away (ABSENT)."""
    result = json.loads(json.dumps(BASE))
    for path, value in (changes or {}).items():
        *parents, last = path.split(".")
        at = result
        for parent in parents:
            at = at[parent]
        if value is ABSENT:
            del at[last]
        else:
            at[last] = value
    return json.dumps(result, ensure_ascii=False)


def row(changes=None):
    return dict(ROW, **(changes or {}))


def raw(old, new):
    """The base event with a piece of its text replaced: for what json.dumps cannot write."""
    text = event()
    assert text.count(old) == 1, old
    return text.replace(old, new)


# By-field, where the event holds it, the column.
BY_FIELDS = [("kind", "kind"), ("objectRef.name", "objectRef.name"),
             ("objectRef.namespace", "objectRef.namespace"),
             ("requestObject.kind", "requestObject.kind"),
             ("responseStatus.code", "responseStatus.code"), ("sourceIPs", "src_ip"),
             ("stage", "stage"), ("user.username", "user"), ("userAgent", "userAgent")]

# (what it shows, the batch, the rows)
CASES = [
    ("a creation is one row", [event()], [row()]),
    ("an empty batch has no row", [], []),
    # Values compare without regard to case and stay as they were written.
    ("type in lower case", [event({"requestObject.spec.type": "nodeport"})],
     [row({"requestObject.spec.type": "nodeport"})]),
    ("type in upper case", [event({"requestObject.spec.type": "NODEPORT"})],
     [row({"requestObject.spec.type": "NODEPORT"})]),
    ("verb in upper case", [event({"verb": "CREATE"})], [row({"verb": "CREATE"})]),
    ("resource in mixed case", [event({"objectRef.resource": "Services"})],
     [row({"objectRef.resource": "Services"})]),
    ("two cases of a type are two rows",
     [event(), event({"requestObject.spec.type": "nodeport"})],
     [row(), row({"requestObject.spec.type": "nodeport"})]),
    # A value is compared whole.
    ("a longer type", [event({"requestObject.spec.type": "NodePorts"})], []),
    ("a type with a prefix", [event({"requestObject.spec.type": "xNodePort"})], []),
    ("a type with a space behind", [event({"requestObject.spec.type": "NodePort "})], []),
    ("ClusterIP", [event({"requestObject.spec.type": "ClusterIP"})], []),
    ("LoadBalancer, though it takes a node port",
     [event({"requestObject.spec.type": "LoadBalancer"})], []),
    ("ExternalName", [event({"requestObject.spec.type": "ExternalName"})], []),
    ("an empty type", [event({"requestObject.spec.type": ""})], []),
    ("no type", [event({"requestObject.spec.type": ABSENT})], []),
    ("no request body: RBAC said no", [event({"requestObject": ABSENT,
                                              "responseStatus.code": 403})], []),
    ("NodePort in the response alone: a webhook made it one",
     [event({"requestObject.spec.type": "ClusterIP",
             "responseObject": {"spec": {"type": "NodePort"}}})], []),
    ("NodePort in an annotation alone",
     [event({"requestObject.spec.type": "ClusterIP",
             "annotations": {"note": "NodePort"}})], []),
    # Field names are compared with their case.
    ("Verb is not verb", [event({"verb": ABSENT, "Verb": "create"})], []),
    ("objectref is not objectRef",
     [event({"objectRef": ABSENT, "objectref": {"resource": "services"}})], []),
    # Verbs.
    *[(f"verb {verb} is none of the search's", [event({"verb": verb})], [])
      for verb in ("update", "patch", "delete", "deletecollection", "get", "list", "watch")],
    # What the search does not ask about.
    ("another apiGroup counts: Knative's services",
     [event({"objectRef.apiGroup": "serving.knative.dev"})], [row()]),
    ("a subresource counts", [event({"objectRef.subresource": "status"})], [row()]),
    ("a dry run counts", [event({"requestURI": "/api/v1/services?dryRun=All"})], [row()]),
    ("level Request counts", [event({"level": "Request"})], [row()]),
    ("an impersonated user is ignored",
     [event({"impersonatedUser": {"username": "mask"}})], [row()]),
    *[(f"code {code} counts", [event({"responseStatus.code": code})],
       [row({"responseStatus.code": str(code)})]) for code in (200, 403, 409, 422, 500)],
    *[(f"stage {stage} is a row of its own", [event({"stage": stage}), event()],
       sorted([row(), row({"stage": stage})], key=lambda each: each["stage"]))
      for stage in ("RequestReceived", "ResponseStarted", "Panic")],
    ("other resources are not services", [event({"objectRef.resource": "pods"})], []),
    ("services/proxy as a resource name is another value",
     [event({"objectRef.resource": "services/proxy"})], []),
    # Counting.
    ("one tuple three times", [event(), event({"auditID": "a-2"}), event({"auditID": "a-3"})],
     [row({"count": 3})]),
    ("a repeated line counts again", [event(), event()], [row({"count": 2})]),
    ("two users are two rows", [event(), event({"user.username": "bob"})],
     [row(), row({"user": "bob"})]),
    # Multivalue.
    ("two source addresses are two rows", [event({"sourceIPs": ["1.1.1.1", "2.2.2.2"]})],
     [row({"src_ip": "1.1.1.1"}), row({"src_ip": "2.2.2.2"})]),
    ("a repeated address counts twice", [event({"sourceIPs": ["1.1.1.1", "1.1.1.1"]})],
     [row({"src_ip": "1.1.1.1", "count": 2})]),
    ("of three addresses two alike", [event({"sourceIPs": ["a", "b", "a"]})],
     [row({"src_ip": "a", "count": 2}), row({"src_ip": "b"})]),
    ("no address at all", [event({"sourceIPs": []})], []),
    ("no address, but another event has one", [event({"sourceIPs": []}), event()],
     [row({"src_ip": "0"}), row()]),
    # values()
    ("groups are distinct and sorted by bytes",
     [event({"user.groups": ["b", "a", "B", "b", "1", "system:masters"]})],
     [row({"user_groups": ["1", "B", "a", "b", "system:masters"]})]),
    ("groups of several events are united",
     [event({"user.groups": ["b"]}), event({"user.groups": ["a"]})],
     [row({"user_groups": ["a", "b"], "count": 2})]),
    ("groups that no event has stay null", [event({"user.groups": ABSENT})],
     [row({"user_groups": []})]),
    ("groups that another event has become 0",
     [event({"user.groups": ABSENT, "user.username": "bob"}), event()],
     [row(), row({"user": "bob", "user_groups": ["0"]})]),
    # fillnull
    *[(f"{path} null in the whole batch drops the row", [event({path: ABSENT})], [])
      for path, _ in BY_FIELDS],
    *[(f"{path} null in one event is 0", [event({path: ABSENT, "auditID": "a-2"}), event()],
       sorted([row({column: "0"}), row()], key=lambda each: each[column]))
      for path, column in BY_FIELDS],
    ("JSON's null is null", [event({"userAgent": None})], []),
    ("JSON's null is 0 when another event has the field", [event({"userAgent": None}), event()],
     [row({"userAgent": "0"}), row()]),
    ("an event that the search does not find fills nothing",
     [event({"userAgent": ABSENT}), event({"verb": "get"})], []),
    ("generateName: no name yet", [event({"objectRef.name": ABSENT}), event()],
     [row({"objectRef.name": "0"}), row()]),
    ("an item of an EventList has no kind", [event({"kind": ABSENT}), event()],
     [row({"kind": "0"}), row()]),
    # Text.
    ("a number and its text are one value",
     [event(), event({"responseStatus.code": "201"})], [row({"count": 2})]),
    ("a number as it is written", [raw('"code": 201', '"code": 2.01e2')],
     [row({"responseStatus.code": "2.01e2"})]),
    ("an escaped letter is the letter", [raw('"type": "NodePort"', '"type": "\\u004eode\\u0050ort"')],
     [row()]),
    ("an escaped key is the key", [raw('"verb"', '"ver\\u0062"')], [row()]),
    ("letters beyond ASCII", [event({"user.username": "ålice ☃"})], [row({"user": "ålice ☃"})]),
    # Duplicate keys make a multivalue field.
    ("a duplicate verb matches by any and is two rows",
     [raw('"verb": "create"', '"verb": "get", "verb": "create"')],
     [row(), row({"verb": "get"})]),
    ("the first of two types matches too",
     [raw('"type": "NodePort"', '"type": "NodePort", "type": "ClusterIP"')],
     [row({"requestObject.spec.type": "ClusterIP"}), row()]),
    ("a duplicate object adds its values",
     [raw('"spec": {"type": "NodePort"}', '"spec": {"type": "ClusterIP"}, "spec": {"type": "NodePort"}')],
     [row({"requestObject.spec.type": "ClusterIP"}), row()]),
    ("duplicates that are both no match", [raw('"verb": "create"', '"verb": "get", "verb": "list"')],
     []),
]


class SplunkParity(unittest.TestCase):
    def test_the_table_is_large_enough(self):
        self.assertGreaterEqual(sum(len(events) for _, events, _ in CASES), 60)

    def test_every_case_gives_the_rows_that_were_derived_by_hand(self):
        for name, events, expected in CASES:
            with self.subTest(name):
                done = subprocess.run([NODEPORTD, "replay", "--splunk", "--format", "json", "-"],
                                      input="".join(line + "\n" for line in events),
                                      capture_output=True, text=True, check=True)
                rows = [json.loads(line) for line in done.stdout.splitlines()]
                key = lambda each: json.dumps(each, sort_keys=True)
                self.assertEqual(sorted(rows, key=key), sorted(expected, key=key))
