"""Lines of a real kube-apiserver, where they are at hand: a clone without them skips this."""

import json
import os
import subprocess
import unittest

from harness import CORPUS, EndToEnd, NODEPORTD, NODE_PORT_RULE, eventually

LOG = os.path.join(CORPUS, "apiserver", "audit.log")

# By hand from truth.json and the search's semantics: six requests match, and no two of them share
# all by-fields (the two creations of np-create differ in their code); np-gen- has no
# objectRef.name, which fillnull makes "0".
COLUMNS = ["kind", "objectRef.name", "objectRef.namespace", "objectRef.resource",
           "requestObject.kind", "requestObject.spec.type", "responseStatus.code", "src_ip",
           "stage", "user", "userAgent", "verb", "count", "user_groups"]


@unittest.skipUnless(os.path.exists(LOG), "skipped: no corpus beside this checkout")
class Corpus(EndToEnd):
    def replay(self, *options):
        done = subprocess.run([NODEPORTD, "replay", *options, LOG], capture_output=True, check=True)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def truth(self):
        with open(os.path.join(CORPUS, "apiserver", "truth.json"), encoding="utf-8") as file:
            return json.load(file)

    def test_splunk_gives_the_rows_that_the_search_gives(self):
        rows = self.replay("--splunk", "--format", "json")
        matched = [step for step in self.truth() if step["splunk"]]
        for row in rows:
            self.assertEqual(list(row), COLUMNS)
        self.assertEqual(sum(row["count"] for row in rows), len(matched))
        found = sorted((row["objectRef.name"], row["responseStatus.code"]) for row in rows)
        expected = sorted({("0" if step["step"] == "np-gen-" else step["step"], str(step["code"]))
                           for step in matched})
        self.assertEqual(found, expected)
        self.assertEqual(len(rows), 6)

    def test_run_alerts_on_each_line_fed_one_by_one_over_rotations(self):
        expected = {event["audit_id"] for row in self.replay("--format", "json")
                    if row["rule"]["id"] == NODE_PORT_RULE for event in row["events"]}
        self.assertEqual(expected, {step["auditID"] for step in self.truth() if step["splunk"]})
        daemon = self.daemon(self.config(self.file_sink())).start()
        with open(LOG, encoding="utf-8") as file:
            for number, line in enumerate(file):
                self.append(line)
                if number % 100 == 99:
                    os.rename(self.path("audit.log"),
                              self.path(f"audit-2026-11-24T09-00-{number // 100:02}.000.log"))

        def told():
            return {event["audit_id"] for alert in self.alerts() for event in alert["events"]}

        eventually(lambda: told() == expected, what="an alert on each")
        self.assertEqual(daemon.stop(), 0)
