"""Whether a replay's alerts tell all events that must be found, and nothing else."""
import collections
import json
import sys


def load(path):
    """The rule that tells an event of a truth file and the event's way, by auditID."""
    with open(path, encoding="utf-8") as lines:
        events = map(json.loads, lines)
        return {event["auditID"]: (sys.intern(event["rule"]), sys.intern(event["way"]))
                for event in events}


def mistakes(truth_path, alerts_path):
    """What is wrong, as a list of texts; empty: all is found and nothing is invented."""
    truth = load(truth_path)
    wanted = collections.Counter(rule for rule, _ in truth.values())
    found = collections.Counter()
    told = set()
    unnamed = 0  # an alert names some of its events, and counts all
    with open(alerts_path, encoding="utf-8") as lines:
        for line in lines:
            alert = json.loads(line)
            found[alert["rule"]["id"]] += alert["count"]
            ids = {event["audit_id"] for event in alert["events"]}
            ids |= {exposure["audit_id"] for exposure in alert["exposure"]}
            unnamed += alert["count"] - len(ids)
            told |= ids
    wrong = [f"rule {rule}: {found[rule]} events told, {wanted[rule]} are true"
             for rule in sorted(wanted | found) if found[rule] != wanted[rule]]
    invented = told - truth.keys()
    if invented:
        wrong.append(f"{len(invented)} events are told that are none, as {min(invented)}")
    missing = truth.keys() - told
    if len(missing) > unnamed:
        one = min(missing)
        wrong.append(f"{len(missing)} events are missing, as {one} ({truth[one][1]})")
    return wrong
