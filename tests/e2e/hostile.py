"""What an attacker can make grow stays within its bound, and nothing is lost by it."""

import os

from harness import EndToEnd, creation, eventually

USERS = 20_000
LIMIT = 128 << 20  # bytes; memory_limit's default


class Hostile(EndToEnd):
    def peak(self, daemon):
        """Bytes of resident memory at the most."""
        with open(f"/proc/{daemon.process.pid}/status", encoding="ascii") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) << 10
        raise AssertionError("the kernel tells no VmHWM")

    def test_a_flood_of_users_stays_within_the_limit_and_each_is_told(self):
        line = creation("ID", "web", user="USER")
        with open(self.path("audit.log"), "w", encoding="utf-8") as log:
            for number in range(USERS):
                log.write(line.replace("ID", f"id-{number}").replace("USER", f"user-{number}"))
        daemon = self.daemon(self.config(self.file_sink())).start()
        expected = {f"user-{number}" for number in range(USERS)}
        eventually(lambda: daemon.status()["logs"][0]["unread_bytes"] == 0 and
                   daemon.status()["sinks"][0]["pending"] == 0, limit=300, what="the flood's end")
        eventually(lambda: {alert["user"] for alert in self.alerts()} == expected,
                   limit=60, what="an alert for each user")
        bounded = [alert for alert in self.alerts(rule=None)
                   if alert["rule"].get("tags", [""])[0] == "nodeportd.aggregate.keys_bounded"]
        self.assertEqual(len(bounded), 1)
        # A sanitizer's shadow and quarantine are several times the program's own memory.
        if not os.environ.get("NODEPORTD_SANITIZE"):
            self.assertLess(self.peak(daemon), LIMIT)
        self.assertEqual(daemon.stop(), 0)
