"""What an attacker can make grow stays within its bound, and nothing is lost by it."""

from harness import EndToEnd, creation, eventually

USERS = 4_000


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
