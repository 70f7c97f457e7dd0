"""The daemon says by itself that it cannot see, or cannot tell."""

import os
import socket
import subprocess

from harness import EndToEnd, NODEPORTD, creation, eventually


class Lookout(EndToEnd):
    def told(self):
        """The daemon's own alerts, by the first tag of their rules."""
        return {alert["rule"]["tags"][0].removeprefix("nodeportd."): alert
                for alert in self.alerts(rule=None) if alert["rule"].get("tags")}

    def settings(self, lookout, sinks=""):
        return self.config(self.file_sink() + sinks) + f"lookout: {lookout}\n"

    def test_a_log_that_is_not_there_and_then_is_silent_is_told_of_both(self):
        daemon = self.daemon(self.settings("{missing_after: 1s, silence_after: 2s}"))
        daemon.start()
        eventually(lambda: "source.missing" in self.told(), what="source.missing")
        self.append(creation("a-1", "web"))
        eventually(self.alerts, what="the alert of the log that came")
        eventually(lambda: "source.silent" in self.told(), what="source.silent")
        told = self.told()
        self.assertEqual(told["source.missing"]["facts"]["path"], self.path("audit.log"))
        self.assertIn(self.path("audit.log"), told["source.silent"]["message"])
        self.assertEqual(daemon.stop(), 0)

    def test_a_log_that_is_removed_while_it_is_followed_is_told(self):
        self.append(creation("a-1", "web"))
        daemon = self.daemon(self.settings("{missing_after: 1s}")).start()
        eventually(self.alerts, what="the alert of the log that was there")
        os.remove(self.path("audit.log"))
        eventually(lambda: "source.missing" in self.told(), what="source.missing")
        self.assertEqual(daemon.stop(), 0)

    def test_status_is_not_well_while_a_log_is_gone_or_a_sink_takes_nothing(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        self.append(creation("a-1", "web"))
        daemon = self.daemon(self.config(self.file_sink())).start()
        eventually(self.alerts, what="the alert of the log that was there")
        self.assertRegex(self.shown_status(daemon), r"(?m)^state +well$")
        os.remove(self.path("audit.log"))
        eventually(lambda: "NOT WELL" in self.shown_status(daemon), what="what is wrong")
        self.assertRegex(self.shown_status(daemon), "source +" + self.path("audit.log") +
                         " +there is no file under this path any more")
        self.assertEqual(daemon.stop(), 0)
        self.append(creation("a-2", "db"))
        hook = f"  - {{name: hook, type: webhook, url: 'http://127.0.0.1:{port}/'}}\n"
        daemon = self.daemon(self.config(self.file_sink() + hook)).start()
        eventually(lambda: "sink     hook" in self.shown_status(daemon), what="the dead sink")
        self.assertIn("NOT WELL", self.shown_status(daemon))
        self.assertEqual(daemon.stop(), 0)

    def shown_status(self, daemon):
        return subprocess.run([NODEPORTD, "status", "--config", daemon.config], check=True,
                              capture_output=True, text=True).stdout

    def test_a_pattern_without_a_log_is_told(self):
        config = self.settings("{missing_after: 1s}").replace("/audit.log", "/*/audit.log")
        daemon = self.daemon(config).start()
        eventually(lambda: "source.missing" in self.told(), what="source.missing")
        self.assertEqual(daemon.stop(), 0)

    def test_a_sink_that_fails_for_long_is_told_through_the_others(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        hook = f"  - {{name: hook, type: webhook, url: 'http://127.0.0.1:{port}/'}}\n"
        daemon = self.daemon(self.settings("{failing_after: 1s}", hook)).start()
        eventually(lambda: "sink.failing" in self.told(), what="sink.failing")
        self.assertEqual(self.told()["sink.failing"]["facts"]["sink"], "hook")
        self.assertEqual(daemon.stop(), 0)

    def test_what_is_silenced_by_name_is_logged_and_not_alerted(self):
        daemon = self.daemon(
            self.settings("{missing_after: 1s, silence_after: 1s, silenced: [source.missing]}"))
        daemon.start()
        eventually(lambda: "source.missing: " in daemon.stderr(), what="a line in its log")
        self.append(creation("a-1", "web"))
        eventually(lambda: "source.silent" in self.told(), what="source.silent")
        self.assertNotIn("source.missing", self.told())
        self.assertEqual(daemon.stop(), 0)
