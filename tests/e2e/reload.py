"""A running daemon takes up rules, exceptions and limits anew: all of a configuration, or nothing."""

import json
import os
import re
import resource
import shutil
import signal
import subprocess
import tempfile

from harness import NODEPORTD, NODE_PORT_RULE, RULES, EndToEnd, creation, eventually

RULE_FILE = os.path.join(RULES, "kubernetes_node_port_creation.yml")
EXCEPT_ALICE = """
exceptions:
  - name: alice
    rules: ['*']
    condition: {user.username: alice}
    reason: she may
"""


class Reload(EndToEnd):
    def setUp(self):
        super().setUp()
        os.mkdir(self.path("rules"))
        shutil.copy(RULE_FILE, self.path("rules"))

    def settings(self, more="", **options):
        return self.config(self.file_sink(), rules=self.path("rules"), **options) + more

    def rewrite(self, config):
        with open(self.path("nodeportd.yaml"), "w", encoding="utf-8") as file:
            file.write(config)

    def told(self, name):
        return [alert for alert in self.alerts(rule=None)
                if f"nodeportd.{name}" in alert["rule"].get("tags", [])]

    def reload(self, daemon, name="daemon.reloaded"):
        """Asks for it, and waits until it is told how it went."""
        before = len(self.told(name))
        daemon.process.send_signal(signal.SIGHUP)
        eventually(lambda: len(self.told(name)) > before, what=name)
        return self.told(name)[-1]

    def users(self):
        return {alert["group"]["user"] for alert in self.alerts()}

    def test_an_exception_that_is_added_holds_from_then_on_and_open_windows_go_on(self):
        daemon = self.daemon(self.settings()).start()
        self.append(creation("a-1", "web", user="alice"))
        self.append(creation("b-1", "web", user="bob"))
        eventually(lambda: self.users() == {"alice", "bob"}, what="both users' alerts")
        self.rewrite(self.settings(EXCEPT_ALICE))
        self.assertEqual(self.reload(daemon)["facts"]["exceptions"], "1")
        self.append(creation("a-2", "web", user="alice"))
        self.append(creation("b-2", "web", user="bob"))
        self.append(creation("b-3", "web", user="bob", time_text="2026-11-24T12:00:00.000000Z"))
        eventually(lambda: len([a for a in self.alerts() if a["phase"] == "final"]) >= 2,
                   what="the first windows' final figures")
        self.assertEqual(daemon.stop(), 0)
        finals = {alert["group"]["user"]: alert["count"]
                  for alert in self.alerts() if alert["phase"] == "final"}
        self.assertEqual(finals, {"alice": 1, "bob": 2})

    def test_a_tuple_is_told_again_after_its_window_was_lengthened_by_reload_or_restart(self):
        with open(RULE_FILE, encoding="utf-8") as file:
            text = file.read()
        self.replace("rules/" + os.path.basename(RULE_FILE),
                     text.replace("window: 1h", "window: 10m"))
        daemon = self.daemon(self.settings()).start()

        def finals():
            return {alert["group"]["user"]: alert for alert in self.alerts()
                    if alert["phase"] == "final"}

        self.append(creation("a-1", "web", user="alice"))
        self.append(creation("b-1", "web", user="bob"))
        self.append(creation("c-1", "web", user="carol",
                             time_text="2026-11-24T12:00:00.000000Z"))
        eventually(lambda: {"alice", "bob"} <= finals().keys(), what="the short windows' ends")
        self.replace("rules/" + os.path.basename(RULE_FILE), text)
        self.reload(daemon)
        self.append(creation("a-2", "web", user="alice", time_text="2026-11-24T10:30:00.000000Z"))
        eventually(lambda: finals()["alice"]["count"] == 2, what="alice's second creation")
        self.assertEqual(daemon.stop(), 0)
        daemon.start()
        self.append(creation("b-2", "web", user="bob", time_text="2026-11-24T10:30:00.000000Z"))
        eventually(lambda: finals()["bob"]["count"] == 2, what="bob's second creation")
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual({final["window"]["end"] for user, final in finals().items()
                          if user != "carol"}, {"2026-11-24T11:00:00.000000Z"})
        self.assertEqual(self.told("state.damaged"), [])
        self.assertEqual(len({(alert["alert_id"], alert["revision"]) for alert in self.alerts()}),
                         len(self.alerts()))

    def test_a_broken_rule_changes_nothing_and_is_told_with_its_place(self):
        daemon = self.daemon(self.settings()).start()
        broken = self.path("rules", "broken.yml")
        with open(broken, "w", encoding="utf-8") as file:
            file.write("title: x\ndetection: [\n")
        self.rewrite(self.settings(EXCEPT_ALICE))
        told = self.reload(daemon, "reload.refused")
        self.assertRegex(told["message"], re.escape(broken) + r":\d+:\d+: ")
        self.assertRegex(daemon.stderr(), re.escape(broken) + r":\d+:\d+: ")
        self.assertIn(broken, daemon.status()["reload_problem"])
        shown = subprocess.run([NODEPORTD, "status", "--config", daemon.config, "--socket",
                                self.path("admin.sock")], capture_output=True, text=True, check=True)
        self.assertRegex(shown.stdout, r"rules +as of .*; REFUSED at .*" + re.escape(broken))
        self.append(creation("a-1", "web", user="alice"))
        eventually(lambda: self.users() == {"alice"}, what="the old rules' alert")
        os.remove(broken)
        self.reload(daemon)
        self.assertIsNone(daemon.status()["reload_refused"])
        self.append(creation("a-2", "db", user="alice"))
        self.append(creation("c-1", "db", user="carol"))
        eventually(lambda: "carol" in self.users(), what="the new rules' alert")
        self.assertEqual({alert["count"] for alert in self.alerts()
                          if alert["group"]["user"] == "alice"}, {1})
        self.assertEqual(daemon.stop(), 0)

    def test_a_pipe_among_the_rules_or_as_the_config_is_refused_and_nobody_waits_for_it(self):
        daemon = self.daemon(self.settings()).start()
        pipe = self.path("rules", "pipe.yml")
        os.mkfifo(pipe)
        self.assertIn(f"{pipe}: is a pipe, not a file",
                      self.reload(daemon, "reload.refused")["message"])
        os.remove(pipe)
        os.remove(daemon.config)
        os.mkfifo(daemon.config)
        self.assertIn(f"{daemon.config}: is a pipe, not a file",
                      self.reload(daemon, "reload.refused")["message"])
        self.append(creation("a-1", "web", user="alice"))
        eventually(lambda: self.users() == {"alice"}, what="the old rules' alert")
        self.assertEqual(daemon.stop(), 0)

    def test_config_and_rules_that_a_command_names_may_come_through_a_pipe(self):
        with open(RULE_FILE, encoding="utf-8") as rule:
            text = rule.read()
        for command, given in ((["check", "--config", "/dev/stdin"], self.settings()),
                               (["test", "/dev/stdin"], text)):
            done = subprocess.run([NODEPORTD, *command], input=given, capture_output=True,
                                  text=True, timeout=30)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_what_needs_a_restart_is_said_by_name_and_the_rest_is_taken_up(self):
        daemon = self.daemon(self.settings()).start()
        other = self.path("elsewhere.jsonl")
        self.rewrite(self.settings(EXCEPT_ALICE + "pipeline: {batch_size: 128KiB}\n")
                     .replace("cluster: test", "cluster: other")
                     .replace(self.path("alerts.jsonl"), other))
        self.assertEqual(self.reload(daemon)["facts"]["restart_needed"],
                         "cluster, pipeline.batch_size, sinks")
        self.append(creation("a-1", "web", user="alice"))
        self.append(creation("b-1", "web", user="bob"))
        eventually(lambda: "bob" in self.users(), what="an alert where alerts went before")
        self.assertEqual(self.users(), {"bob"})
        self.assertFalse(os.path.exists(other))
        self.assertEqual({alert["cluster"] for alert in self.alerts()}, {"test"})
        self.assertEqual(daemon.stop(), 0)

    def test_rules_that_a_confined_daemon_may_not_open_need_a_restart_for_their_folder(self):
        daemon = self.daemon(self.settings()).start()
        if "Landlock" not in daemon.stderr() or "missing: Landlock" in daemon.stderr():
            self.skipTest("the kernel has no Landlock")
        elsewhere = tempfile.mkdtemp(prefix="nodeportd-rules-")
        self.addCleanup(shutil.rmtree, elsewhere)
        shutil.copy(RULE_FILE, elsewhere)
        self.rewrite(self.settings().replace(self.path("rules"), elsewhere))
        told = self.reload(daemon, "reload.refused")
        self.assertEqual(told["facts"]["restart_needed"], elsewhere)
        self.append(creation("a-1", "web"))
        eventually(self.alerts, what="the old rules' alert")
        self.assertEqual(daemon.stop(), 0)
        daemon.start()
        self.append(creation("b-1", "web", user="bob"))
        eventually(lambda: "bob" in self.users(), what="an alert by the rules elsewhere")
        self.assertEqual(daemon.stop(), 0)

    def test_whoever_asks_for_it_hears_what_came_of_it(self):
        daemon = self.daemon(self.settings()).start()

        def ask(*arguments):
            return subprocess.run([NODEPORTD, "reload", "--config", daemon.config, *arguments],
                                  capture_output=True, text=True, check=False)

        done = ask()
        self.assertEqual((done.returncode, done.stdout, done.stderr),
                         (0, "reloaded: rules 1, exceptions 0\n", ""))
        self.rewrite(self.settings().replace("cluster: test", "cluster: other"))
        self.assertEqual(json.loads(ask("--format", "json").stdout)["restart_needed"], ["cluster"])
        self.rewrite(self.settings() + "nonsense: 1\n")
        refused = ask()
        self.assertEqual(refused.returncode, 78)
        self.assertRegex(refused.stderr, re.escape(daemon.config) + r":\d+:1: .*nonsense")
        eventually(lambda: self.told("reload.refused"), what="the alert")
        self.rewrite(self.settings().replace("  socket:", "\tsocket:"))
        unreached = ask()
        self.assertEqual(unreached.returncode, 1)
        self.assertIn("a tab stands in the indentation: write spaces", unreached.stderr)
        self.assertIn("no nodeportd answers here", unreached.stderr)
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual(ask().returncode, 1)

    def test_status_shows_rules_with_their_alerts_and_the_files_that_were_left(self):
        self.append(creation("a-1", "web"))
        daemon = self.daemon(self.settings(EXCEPT_ALICE)).start()
        self.append(creation("b-1", "web", user="bob"))
        eventually(self.alerts, what="an alert")
        old = self.path("audit-2026-11-24T11-00-00.000.log")
        os.rename(self.path("audit.log"), old)
        self.append(creation("c-1", "web", user="carol"))
        eventually(lambda: "carol" in self.users(), what="an alert of the next file")
        status = eventually(lambda: (found := daemon.status())["logs"][0]["rotations"] and found,
                            what="the rotation")
        rule = next(rule for rule in status["rules"] if rule["id"] == NODE_PORT_RULE)
        self.assertEqual(rule["alerts"], 2)
        self.assertEqual(status["exceptions"], [{"name": "alice", "suppressed": 1}])
        self.assertEqual([left["file"] for left in status["logs"][0]["left"]], [old])
        watched = subprocess.Popen(
            [NODEPORTD, "status", "--config", daemon.config, "--format", "json", "--watch", "0.1"],
            stdout=subprocess.PIPE, text=True)
        self.addCleanup(watched.wait)
        self.addCleanup(watched.kill)
        looks = [json.loads(watched.stdout.readline())["now"] for _ in range(3)]
        self.assertEqual(looks, sorted(set(looks)))
        watched.stdout.close()
        self.assertEqual(watched.wait(timeout=90), 0)
        self.assertEqual(daemon.stop(), 0)

    def test_watched_files_are_taken_up_when_they_are_written_renamed_or_led_elsewhere(self):
        # As Kubernetes mounts a ConfigMap: each file a link through `..data`, which is replaced.
        for version in ("1", "2"):
            os.mkdir(self.path(f"..{version}"))
            shutil.copy(RULE_FILE, self.path(f"..{version}", "one.yml"))
        os.symlink("..1", self.path("..data"))
        os.symlink("..data/one.yml", self.path("one.yml"))
        rules = f"{self.path('one.yml')}, {self.path('rules')}"
        os.remove(self.path("rules", os.path.basename(RULE_FILE)))
        with open(RULE_FILE, encoding="utf-8") as file:
            text = file.read()
        other = text.replace(NODE_PORT_RULE, "11111111-1111-4111-8111-111111111111")
        with open(self.path("rules", "other.yml"), "w", encoding="utf-8") as file:
            file.write(other)
        watched = self.settings("watch: true\n").replace(f"[{self.path('rules')}]", f"[{rules}]")
        daemon = self.daemon(watched).start()
        changes = {
            "the config is written": lambda: self.rewrite(watched + EXCEPT_ALICE),
            "a rule is renamed into its folder": lambda: self.replace("rules/other.yml", other),
            "a link leads elsewhere": lambda: self.lead("..data", "..2"),
            "a rule is removed": lambda: os.remove(self.path("rules", "other.yml")),
        }
        for number, (change, do) in enumerate(changes.items(), 1):
            do()
            if number < len(changes):
                eventually(lambda: len(self.told("daemon.reloaded")) >= number, what=change)
            else:
                eventually(lambda: self.told("reload.refused"), what=change)
        self.append(creation("a-1", "web", user="alice"))
        self.append(creation("b-1", "web", user="bob"))
        eventually(lambda: "bob" in self.users(), what="bob's alert")
        self.assertEqual(self.users(), {"bob"})
        self.assertEqual(daemon.stop(), 0)

    def test_files_that_cannot_be_watched_for_lack_of_descriptors_are_told_and_taken_up(self):
        rule = self.path("rules", os.path.basename(RULE_FILE))
        settings = self.settings().replace(f"[{self.path('rules')}]", f"[{rule}]")
        daemon = self.daemon(settings).start()
        self.append(creation("a-1", "web"))
        eventually(self.alerts, what="an alert")  # all is open that will be
        pid = daemon.process.pid
        used = {int(fd) for fd in os.listdir(f"/proc/{pid}/fd")}
        free = next(fd for fd in range(len(used) + 1) if fd not in used)
        _, most = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        # One that is free: the config can be read, but a second cannot be had beside a first.
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (free + 1, most))
        self.rewrite(settings + "watch: true\n")
        self.reload(daemon)
        eventually(lambda: "changes are not noticed" in daemon.stderr(), what="the warning")
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (most, most))
        self.reload(daemon)
        self.rewrite(settings + "watch: true\n" + EXCEPT_ALICE)
        eventually(lambda: self.told("daemon.reloaded")[-1]["facts"]["exceptions"] == "1",
                   what="the change that is noticed")
        self.assertEqual(daemon.stop(), 0)

    def test_a_daemon_whose_working_directory_is_gone_goes_on_with_what_it_has(self):
        os.mkdir(self.path("cwd"))
        daemon = self.daemon(self.settings())
        daemon.config = os.path.relpath(daemon.config, self.path("cwd"))
        daemon.prefix = ["env", "--chdir", self.path("cwd")]
        daemon.start()
        os.rmdir(self.path("cwd"))
        self.assertIn("No such file", self.reload(daemon, "reload.refused")["message"])
        self.append(creation("a-1", "web"))
        eventually(self.alerts, what="an alert")
        self.assertEqual(daemon.stop(), 0)

    def replace(self, name, text):
        with open(self.path("new"), "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(self.path("new"), self.path(name))

    def lead(self, name, target):
        os.symlink(target, self.path("link"))
        os.rename(self.path("link"), self.path(name))

    def test_under_a_stream_of_lines_reloads_and_kills_lose_no_line_and_repeat_none(self):
        daemon = self.daemon(self.settings("pipeline: {workers: 2, batch_size: 64KiB}\n")).start()
        lines = 0
        for turn in range(12):
            told = len(self.told("daemon.reloaded"))
            for _ in range(200):
                lines += 1
                self.append(creation(f"a-{lines}", "web", user="bob"))
                if lines % 50 == 0:
                    daemon.process.send_signal(signal.SIGHUP)
            eventually(lambda: len(self.told("daemon.reloaded")) > told, what="a reload")
            if turn % 4 == 3:
                self.append(creation(f"a-{lines + 1}", "web", user="bob"))
                lines += 1
                daemon.kill()
                daemon.start()
        self.append(creation("last", "web", user="bob", time_text="2026-11-24T12:00:00.000000Z"))
        eventually(lambda: [a for a in self.alerts() if a["phase"] == "final"],
                   what="the window's final figures")
        self.assertEqual(daemon.stop(), 0)
        finals = [alert for alert in self.alerts() if alert["phase"] == "final"]
        self.assertEqual([alert["count"] for alert in finals], [lines])
