"""What an attacker can make grow stays within its bound, and nothing is lost by it."""

import json
import os
import unittest

from harness import EndToEnd, NIGHTLY, creation, eventually

USERS = 4_000
MIB = 1 << 20
MEMORY_LIMIT = 128 * MIB


def with_annotations(audit_id, user, annotations):
    """A creation whose object carries what is no annotation that the API takes."""
    event = json.loads(creation(audit_id, "web", user=user))
    event["requestObject"]["metadata"]["annotations"] = annotations
    return json.dumps(event, separators=(",", ":")) + "\n"


class Hostile(EndToEnd):
    def test_a_flood_of_users_closes_windows_early_and_each_user_is_told(self):
        line = creation("ID", "web", user="USER")
        with open(self.path("audit.log"), "w", encoding="utf-8") as log:
            for number in range(USERS):
                log.write(line.replace("ID", f"id-{number}").replace("USER", f"user-{number}"))
        settings = self.config(self.file_sink(), aggregate="  max_bytes: 4MiB")
        daemon = self.daemon(settings).start()
        expected = {f"user-{number}" for number in range(USERS)}
        status = daemon.status
        eventually(lambda: status()["logs"][0]["unread_bytes"] == 0 and
                   status()["sinks"][0]["pending"] == 0, limit=300, what="the flood's end")
        eventually(lambda: {alert["user"] for alert in self.alerts()} == expected,
                   limit=60, what="an alert for each user")
        bounded = [alert for alert in self.alerts(rule=None)
                   if alert["rule"].get("tags", [""])[0] == "nodeportd.aggregate.keys_bounded"]
        self.assertEqual(len(bounded), 1)
        # A thousand and what one batch brings share a transaction: first and final, 5 KB each.
        self.assertLess(status()["revisions"] / status()["commits"], 1_500)
        self.assertEqual(daemon.stop(), 0)

    @unittest.skipIf(os.environ.get("NODEPORTD_SANITIZE"), "a sanitizer's memory is not ours")
    def test_under_all_that_an_attacker_can_make_grow_memory_stays_below_its_limit(self):
        """Users without end, lines of as many values as are read, as long as they may be, and of
        300 KB, in turns: each at its worst while the others are."""
        users = 1_000_000 if NIGHTLY else 20_000
        line = creation("ID", "web", user="USER")
        giants = [with_annotations("many", "many-values", [1] * 399_900),
                  with_annotations("long", "long-line", "x" * (16 * MIB - 4096)),
                  with_annotations("wide", "wide-line", "x" * 300_000)]
        with open(self.path("audit.log"), "w", encoding="utf-8") as log:
            for number in range(users):
                log.write(line.replace("ID", f"id-{number}").replace("USER", f"user-{number}"))
                if number % 2_000 == 1_999 and number < 60_000:
                    log.write(giants[number // 2_000 % 3])
        daemon = self.daemon(self.config(self.file_sink())).start()
        status = daemon.status
        eventually(lambda: status()["revisions"] >= users and
                   status()["logs"][0]["unread_bytes"] == 0 and status()["sinks"][0]["pending"] == 0,
                   limit=3_000 if NIGHTLY else 300, what="the flood's end")
        with open(f"/proc/{daemon.process.pid}/status", encoding="utf-8") as file:
            peak = next(int(row.split()[1]) * 1024 for row in file if row.startswith("VmHWM:"))
        self.assertEqual(daemon.stop(), 0)
        told = {alert["user"] for alert in self.alerts()}
        self.assertTrue({"many-values", "long-line", "wide-line"} <= told)
        self.assertEqual(len(told), users + 3)
        print(f"{users} users: {peak / MIB:.0f} MiB at the peak")
        self.assertLess(peak, MEMORY_LIMIT)
