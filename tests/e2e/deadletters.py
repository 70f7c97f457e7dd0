"""What becomes of alerts that a receiver refused: as a script lists them and sends them again."""

import json
import subprocess
import threading

from harness import EndToEnd, NODEPORTD, NODE_PORT_RULE, creation, eventually
from receiver import Receiver


class DeadLetters(EndToEnd):
    def setUp(self):
        super().setUp()
        self.receiver = Receiver()
        self.addCleanup(self.receiver.close)
        self.is_away = threading.Event()
        self.receiver.reply = lambda number: (503 if self.is_away.is_set() else 422, {})
        self.daemon_ = self.daemon(self.config(f"""  - name: hook
    type: webhook
    url: {self.receiver.url}
    rules: [{NODE_PORT_RULE}]
    phases: [first, update]
    retry: {{initial: 20ms, max: 100ms}}
""" + self.file_sink())).start()

    def letters(self, *arguments):
        return subprocess.run([NODEPORTD, "deadletters", *arguments, "--config",
                               self.daemon_.config], capture_output=True, text=True, check=False)

    def listed(self, *arguments):
        lines = self.letters("--format", "json", *arguments).stdout.splitlines()
        return [json.loads(line) for line in lines]

    def refused(self, audit_id, name):
        """Lets the receiver refuse the alert of a new service."""
        before = len(self.listed())
        self.append(creation(audit_id, name))
        eventually(lambda: len(self.listed()) > before, what="a dead letter")

    def test_a_script_reads_what_a_letter_is_and_resends_it_by_its_number(self):
        self.refused("id-1", "one")
        self.refused("id-2", "two")
        first, second = self.listed()
        self.assertEqual(list(first), ["number", "sink", "time", "kind", "why", "alert"])
        self.assertEqual((first["sink"], first["kind"]), ("hook", "refused"))
        self.assertRegex(first["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$")
        self.assertIn("422", first["why"])
        self.assertEqual(first["alert"]["group"]["objectRef.name"], "one")
        self.assertEqual(second["alert"]["group"]["objectRef.name"], "two")
        self.assertEqual(len(self.listed("--sink", "hook")), 2)
        self.assertEqual(self.listed("--sink", "alerts"), [])
        self.is_away.set()
        done = self.letters("resend", str(first["number"]))
        self.assertEqual((done.returncode, done.stdout), (0, "1 back in the outbox\n"), done.stderr)
        self.assertEqual([letter["number"] for letter in self.listed()], [second["number"]])

    def test_a_sink_that_neither_config_nor_state_knows_is_no_sink_without_letters(self):
        self.refused("id-1", "one")
        for arguments in (["list"], ["resend"]):
            done = self.letters(*arguments, "--sink", "hok")
            self.assertEqual((done.returncode, done.stdout, done.stderr),
                             (2, "", "nodeportd: no sink 'hok': did you mean 'hook'?\n"))
        # The letters of a sink that was renamed are still there.
        with open(self.daemon_.config, encoding="utf-8") as file:
            config = file.read()
        with open(self.daemon_.config, "w", encoding="utf-8") as file:
            file.write(config.replace("name: hook", "name: chat"))
        self.assertEqual(len(self.listed("--sink", "hook")), 1)

    def test_a_letter_whose_alert_waits_in_a_newer_revision_is_not_said_to_be_missing(self):
        self.refused("id-1", "one")
        self.refused("id-2", "two")
        one = self.listed()[0]["number"]
        self.is_away.set()
        # Another outcome of the same request is told at once, as a revision.
        dry = {"requestURI": "/api/v1/namespaces/default/services?dryRun=All"}
        self.append(creation("id-3", "one", **dry) + creation("id-4", "two", **dry))
        eventually(lambda: len([alert for alert in self.alerts() if alert["revision"] == 2]) == 2,
                   what="the newer revisions")
        missing = self.letters("resend", str(one), "--sink", "alerts")
        self.assertEqual(missing.returncode, 1)
        self.assertIn(f"there is no dead letter {one} of the sink alerts", missing.stderr)
        done = self.letters("resend", str(one))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"^0 back in the outbox, 1 forgotten: ")
        self.assertNotIn("there is no", done.stderr)
        again = self.letters("resend", str(one))
        self.assertEqual(again.returncode, 1)
        self.assertIn(f"there is no dead letter {one}\n", again.stderr)
        everything = self.letters("resend")
        self.assertRegex(everything.stdout, r"^0 back in the outbox, 1 forgotten: ")
        self.assertEqual(self.listed(), [])
