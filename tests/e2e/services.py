"""Writes of Services as a kube-apiserver logs them, by every route that opens one, and in every
form that carries them. Written by hand after the apiserver's handlers."""

import base64
import copy
import gzip
import json

TIME = "2026-11-24T09:00:00.000001Z"
PORT = {"name": "http", "protocol": "TCP", "port": 80, "targetPort": 8080}


def service(spec, name="shop", uid="u-1", version="7", **metadata):
    meta = {"name": name, "namespace": "web", "uid": uid, "resourceVersion": version}
    meta.update(metadata)
    return {"kind": "Service", "apiVersion": "v1", "metadata": meta, "spec": spec}


def asked(spec, **metadata):
    return {"kind": "Service", "apiVersion": "v1", "metadata": dict({"name": "shop"}, **metadata),
            "spec": spec}


def ports(*numbers):
    return [dict(PORT, port=80 + i, **({"nodePort": number} if number else {}))
            for i, number in enumerate(numbers)]


OPEN = {"type": "NodePort", "ports": ports(31000)}
CLOSED = {"type": "ClusterIP", "ports": ports(None)}
METADATA_ONLY = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
                 "metadata": {"name": "shop", "namespace": "web", "uid": "u-1"}}


class Route:
    """One way to open a Service: `request` and what the apiserver stored, and what must be told.

    `full` and `request_only` are the node ports (None: not told) and addresses of the one alert
    that a success gives at level RequestResponse and at level Request; "blind" is the alert that
    says it could not be inspected; "unseen" is none. `refused` says whether a refusal with its
    body in the log is told as an attempt."""

    def __init__(self, verb, request, stored, full, request_only, refused=True, parity=False,
                 code=200, query="", name="shop"):
        self.verb, self.request, self.stored = verb, request, stored
        self.full, self.request_only, self.refused = full, request_only, refused
        self.parity, self.code, self.query, self.name = parity, code, query, name


def json_patch(*operations):
    return [dict(operation) for operation in operations]


ROUTES = {
    "create": Route("create", asked({"type": "NodePort", "ports": ports(None)}), service(OPEN),
                    [31000], [None], parity=True, code=201),
    "create, explicit port": Route("create", asked(OPEN), service(OPEN), [31000], [31000],
                                   parity=True, code=201),
    "create, generateName": Route(
        "create", {"kind": "Service", "apiVersion": "v1", "metadata": {"generateName": "shop-"},
                   "spec": {"type": "NodePort", "ports": ports(None)}},
        service(OPEN, name="shop-x7k2p"), [31000], [None], parity=True, code=201, name=None),
    "create, load balancer": Route(
        "create", asked({"type": "LoadBalancer", "ports": ports(None)}),
        service({"type": "LoadBalancer", "ports": ports(32000)}), [32000], [None], code=201),
    "create, load balancer without node ports": Route(
        "create", asked({"type": "LoadBalancer", "allocateLoadBalancerNodePorts": False,
                         "ports": ports(None)}),
        service({"type": "LoadBalancer", "allocateLoadBalancerNodePorts": False,
                 "ports": ports(None)}), "unseen", "unseen", refused=False, code=201),
    "create, health check port": Route(
        "create", asked({"type": "LoadBalancer", "externalTrafficPolicy": "Local",
                         "healthCheckNodePort": 32001, "allocateLoadBalancerNodePorts": False,
                         "ports": ports(None)}),
        service({"type": "LoadBalancer", "externalTrafficPolicy": "Local",
                 "healthCheckNodePort": 32001, "ports": ports(None)}),
        ["health 32001"], ["health 32001"], code=201),
    "create, external IP": Route(
        "create", asked({"type": "ClusterIP", "externalIPs": ["192.0.2.7"], "ports": ports(None)}),
        service({"type": "ClusterIP", "externalIPs": ["192.0.2.7"], "ports": ports(None)}),
        ["192.0.2.7"], ["192.0.2.7"], code=201),
    "create, opened by a webhook": Route("create", asked(CLOSED), service(OPEN), [31000],
                                         "unseen", refused=False, code=201),
    "create, closed by a webhook": Route(
        "create", asked({"type": "NodePort", "ports": ports(None)}), service(CLOSED),
        [], [None], parity=True, code=201),
    "create, ClusterIP": Route("create", asked(CLOSED), service(CLOSED), "unseen", "unseen",
                               refused=False, code=201),
    "update": Route("update", asked({"type": "NodePort", "ports": ports(None)}), service(OPEN),
                    [31000], [None]),
    "update that creates": Route("update", asked({"type": "NodePort", "ports": ports(None)}),
                                 service(OPEN), [31000], [None], code=201),
    "merge patch of the type": Route("patch", {"spec": {"type": "NodePort"}}, service(OPEN),
                                     [31000], [None]),
    "merge patch, answered with metadata": Route("patch", {"spec": {"type": "NodePort"}},
                                                 METADATA_ONLY, [None], [None]),
    "strategic patch that adds a port": Route(
        "patch", {"spec": {"$setElementOrder/ports": [{"port": 80}, {"port": 81}],
                           "ports": [{"port": 81, "name": "b"}]}},
        service({"type": "NodePort", "ports": ports(31000, 31001)}), [31000, 31001], "blind"),
    "merge patch with a number": Route(
        "patch", {"spec": {"ports": ports(31000)}}, service(OPEN), [31000], [31000]),
    "merge patch of external IPs": Route(
        "patch", {"spec": {"externalIPs": ["192.0.2.7"]}},
        service({"type": "ClusterIP", "externalIPs": ["192.0.2.7"]}), ["192.0.2.7"],
        ["192.0.2.7"]),
    "merge patch of a label": Route("patch", {"metadata": {"labels": {"type": "NodePort"}}},
                                    service(CLOSED), "unseen", "unseen", refused=False),
    "JSON Patch of the type": Route(
        "patch", json_patch({"op": "replace", "path": "/spec/type", "value": "NodePort"}),
        service(OPEN), [31000], "blind"),
    "JSON Patch of the spec": Route(
        "patch", json_patch({"op": "replace", "path": "/spec", "value": OPEN}), service(OPEN),
        [31000], "blind"),
    "JSON Patch by copy": Route(
        "patch", json_patch({"op": "copy", "from": "/metadata/annotations/t",
                             "path": "/spec/type"}), service(OPEN), [31000], "blind"),
    "JSON Patch, answered with metadata": Route(
        "patch", json_patch({"op": "replace", "path": "/spec/type", "value": "NodePort"}),
        METADATA_ONLY, "blind", "blind"),
    "server-side apply, new": Route(
        "patch", asked({"type": "NodePort", "ports": ports(None)}), service(OPEN), [31000], [None],
        code=201, query="?fieldManager=flux&force=true"),
    "server-side apply, existing": Route(
        "patch", asked({"type": "NodePort", "ports": ports(None)}), service(OPEN), [31000], [None],
        query="?fieldManager=flux&force=true"),
    "delete": Route("delete", {"kind": "DeleteOptions"}, {"kind": "Status", "status": "Success"},
                    "unseen", "unseen", refused=False),
}


def event(route, audit_id, level="RequestResponse", outcome="succeeded"):
    """The audit event of a route: a success at some level, or a refusal."""
    codes = {"succeeded": route.code, "dry_run": route.code, "denied": 403, "rejected": 403,
             "conflict": 409, "failed": 500}
    query = route.query
    if outcome == "dry_run":
        query += ("&" if query else "?") + "dryRun=All"
    made = {
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": level, "auditID": audit_id,
        "stage": "ResponseComplete",
        "requestURI": "/api/v1/namespaces/web/services" + query, "verb": route.verb,
        "user": {"username": "user-" + audit_id, "groups": ["system:authenticated"]},
        "sourceIPs": ["203.0.113.9"], "userAgent": "kubectl/v1.32.4",
        "objectRef": {"resource": "services", "namespace": "web", "name": route.name,
                      "apiVersion": "v1"},
        "responseStatus": {"metadata": {}, "code": codes[outcome]},
        "requestObject": copy.deepcopy(route.request),
        "responseObject": copy.deepcopy(route.stored),
        "requestReceivedTimestamp": TIME, "stageTimestamp": TIME,
        "annotations": {"authorization.k8s.io/decision":
                        "forbid" if outcome == "denied" else "allow"},
    }
    if route.name is None:
        del made["objectRef"]["name"]
    if outcome == "dry_run" and route.verb == "create" and "metadata" in made["responseObject"]:
        made["responseObject"]["metadata"].pop("resourceVersion", None)
    if outcome in ("denied", "rejected", "conflict", "failed"):
        made["responseStatus"].update(status="Failure", message="refused")
        made["responseObject"] = {"kind": "Status", "status": "Failure", "code": codes[outcome]}
    if outcome == "denied" or level in ("Metadata", "truncated"):
        del made["requestObject"]
    if level in ("Metadata", "truncated", "Request"):
        del made["responseObject"]
    if level == "truncated":
        made["level"] = "RequestResponse"
        made["annotations"]["audit.k8s.io/truncated"] = "true"
    return made


def compact(value):
    return json.dumps(value, separators=(",", ":"))


def cri(events, size=None):
    lines = []
    for made in events:
        text = compact(made)
        parts = [text] if size is None else [text[i:i + size] for i in range(0, len(text), size)]
        for i, part in enumerate(parts):
            lines.append(f"{TIME} stderr F I1124 09:00:00 klog.go:1] services create noise\n")
            lines.append(f"{TIME} stdout {'F' if i == len(parts) - 1 else 'P'} {part}\n")
    return "".join(lines).encode()


def docker(events, size=None):
    lines = []
    for made in events:
        text = compact(made) + "\n"
        parts = [text] if size is None else [text[i:i + size] for i in range(0, len(text), size)]
        lines += [compact({"log": part, "stream": "stdout", "time": TIME}) + "\n"
                  for part in parts]
    return "".join(lines).encode()


def subscription(events):
    return {"messageType": "DATA_MESSAGE", "owner": "123456789012",
            "logGroup": "/aws/eks/prod/cluster", "logStream": "kube-apiserver-audit-0a1b",
            "subscriptionFilters": ["all"],
            "logEvents": [{"id": str(i), "timestamp": 1795510800000, "message": compact(made)}
                          for i, made in enumerate(events)]}


def firehose(events):
    """Concatenated gzip members without a newline, with a control message between them."""
    control = {"messageType": "CONTROL_MESSAGE", "logEvents": [
        {"id": "", "timestamp": 0, "message": "CWL CONTROL MESSAGE: services create"}]}
    half = len(events) // 2
    return b"".join(gzip.compress(compact(record).encode())
                    for record in (subscription(events[:half]), control,
                                   subscription(events[half:])))


GRPC = {200: 0, 201: 0, 403: 7, 409: 10, 500: 13}


def gke(made):
    ref = made["objectRef"]
    decision = made["annotations"]["authorization.k8s.io/decision"]
    code = made["responseStatus"]["code"]
    payload = {
        "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
        "authenticationInfo": {"principalEmail": made["user"]["username"]},
        "authorizationInfo": [{"granted": decision == "allow",
                               "permission": f"io.k8s.core.v1.services.{made['verb']}"}],
        "methodName": f"io.k8s.core.v1.services.{made['verb']}",
        "requestMetadata": {"callerIp": made["sourceIPs"][0],
                            "callerSuppliedUserAgent": made["userAgent"]},
        "resourceName": f"core/v1/namespaces/{ref['namespace']}/services" +
                        (f"/{ref['name']}" if "name" in ref else ""),
        "status": {"code": GRPC[code]} if GRPC[code] else {},
    }
    for ours, theirs in (("requestObject", "request"), ("responseObject", "response")):
        if ours in made:
            body = copy.deepcopy(made[ours])
            if isinstance(body, dict):
                body["@type"] = "core.k8s.io/v1." + body.get("kind", "Patch")
            payload[theirs] = body
    return {"protoPayload": payload, "insertId": made["auditID"],
            "operation": {"id": made["auditID"]}, "timestamp": TIME,
            "labels": {"authorization.k8s.io/decision": decision},
            "resource": {"type": "k8s_cluster", "labels": {"cluster_name": "prod"}}}


def aks(made, as_text=True):
    return {"category": "kube-audit", "time": TIME, "resourceId": "/SUBSCRIPTIONS/X",
            "operationName": "Microsoft.ContainerService/managedClusters/diagnosticLogs/Read",
            "properties": {"log": compact(made) if as_text else made, "stream": "stdout"}}


def viaq(made):
    flat = dict(made, **{"@timestamp": TIME, "k8s_audit_level": made["level"], "level": "default",
                         "log_type": "audit", "log_source": "kubeAPI"})
    return dict(sorted(flat.items()))


def otlp(events):
    records = [{"timeUnixNano": "1", "body": {"stringValue": compact(made)}} for made in events]
    return {"resourceLogs": [{"resource": {}, "scopeLogs": [{"scope": {},
                                                             "logRecords": records}]}]}


def item(made):
    return {key: value for key, value in made.items() if key not in ("kind", "apiVersion")}


def lines(values):
    return "".join(compact(value) + "\n" for value in values).encode()


# How a list of events reaches a file.
CARRIERS = {
    "JSON lines": lines,
    "JSON lines, v1beta1": lambda events: lines(
        [dict(made, apiVersion="audit.k8s.io/v1beta1") for made in events]),
    "JSON lines, CRLF and BOM": lambda events: b"\xef\xbb\xbf" + lines(events).replace(
        b"\n", b"\r\n"),
    "JSON lines, sorted and spaced": lambda events: "".join(
        json.dumps(made, sort_keys=True) + "\n" for made in events).encode(),
    "pretty-printed": lambda events: "".join(
        json.dumps(made, indent=2) + "\n" for made in events).encode(),
    "EventList": lambda events: lines([{
        "kind": "EventList", "apiVersion": "audit.k8s.io/v1", "metadata": {},
        "items": [item(made) for made in events]}]),
    "CRI": cri,
    "CRI, in parts": lambda events: cri(events, 300),
    "Docker": docker,
    "Docker, in parts": lambda events: docker(events, 300),
    "CloudWatch subscription": lambda events: lines([subscription(events)]),
    "CloudWatch by Firehose": firehose,
    "CloudWatch export": lambda events: "".join(
        f"{TIME[:23]}Z {compact(made)}\n" for made in events).encode(),
    "GKE": lambda events: lines([gke(made) for made in events]),
    "AKS": lambda events: lines([aks(made) for made in events]),
    "AKS, as object": lambda events: lines([aks(made, as_text=False) for made in events]),
    "AKS, batch": lambda events: lines([{"records": [aks(made) for made in events]}]),
    "OpenShift ViaQ": lambda events: lines([viaq(made) for made in events]),
    "OTLP": lambda events: lines([otlp(events)]),
}


def packed(events):
    """What a subscription hands to a Lambda function: nothing looks into it."""
    data = base64.b64encode(gzip.compress(compact(subscription(events)).encode())).decode()
    return lines([{"awslogs": {"data": data}}])
