"""What a command line that is wrong is told: one line, which word, what was meant."""

import gzip
import os
import re
import subprocess

from harness import EndToEnd, NODEPORTD, RULES, SOURCE, creation

VERBS = ("run, check, replay, status, reload, deadletters, exposed, test-sink, explain, test, config, "
         "completion")


class Usage(EndToEnd):
    def refused(self, *arguments):
        done = subprocess.run([NODEPORTD, *arguments], capture_output=True, text=True, check=False,
                              timeout=60)
        self.assertEqual((done.returncode, done.stdout), (2, ""), arguments)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertTrue(done.stderr.startswith("nodeportd: "), done.stderr)
        return done.stderr[len("nodeportd: "):-1]

    def test_an_unknown_verb_or_option_is_named_with_the_nearest_one(self):
        for arguments, told in {
                (): f"a verb is missing: {VERBS}; see nodeportd --help",
                ("foo",): "no verb 'foo'; see nodeportd --help",
                ("repaly", "x"): "no verb 'repaly': did you mean 'replay'? See nodeportd --help",
                ("--verson",): "no option '--verson': did you mean '--version'? See nodeportd --help",
                ("run", "--confgi", "x"):
                    "no option '--confgi': did you mean '--config'? See nodeportd run --help",
                ("run", "--confgi=x"):
                    "no option '--confgi': did you mean '--config'? See nodeportd run --help",
                ("replay", "--foo"): "no option '--foo'; see nodeportd replay --help",
                ("config",): "a verb is missing: schema, defaults, show; see nodeportd config --help",
                ("config", "shw"):
                    "no verb 'shw': did you mean 'show'? See nodeportd config --help",
                ("deadletters", "resnd"):
                    "no verb 'resnd': did you mean 'resend'? See nodeportd deadletters --help",
                ("run", "a", "b"): "'a' is one argument too many; see nodeportd run --help",
                ("fly\x1b[2J",): "no verb 'fly\\x1b[2J'; see nodeportd --help"}.items():
            self.assertEqual(self.refused(*arguments), told, arguments)

    def test_what_is_missing_or_no_value_is_said_in_plain_words(self):
        for arguments, told in {
                ("replay",): "FILE is required; see nodeportd replay --help",
                ("run", "--config"): "--config needs FILE; see nodeportd run --help",
                ("replay", "--workers", "0", "x"):
                    "--workers: a number from 1 to 64 is needed, not '0'; see nodeportd replay --help",
                ("replay", "--batch-size", "9", "x"):
                    "--batch-size: a size from 4KiB to 4MiB is needed, not '9'; see nodeportd replay "
                    "--help",
                ("status", "--format", "jsn"):
                    "--format: one of table, json is needed, not 'jsn'; see nodeportd status --help",
                ("deadletters", "resend", "x"):
                    "NUMBER: a number from 1 on is needed, not 'x'; see nodeportd deadletters resend "
                    "--help",
                ("completion", "tcsh"):
                    "SHELL: one of bash, zsh, fish is needed, not 'tcsh'; see nodeportd completion "
                    "--help"}.items():
            self.assertEqual(self.refused(*arguments), told, arguments)

    def test_status_is_watched_at_no_rate_that_is_none(self):
        for rate in ("nan", "0", "-1", "inf", "1e9", "soon"):
            self.assertEqual(self.refused("status", "--watch", rate),
                             f"--watch: 0.1 to 86400 seconds are needed, not '{rate}'; see nodeportd "
                             "status --help")

    def test_a_line_to_explain_counts_from_1(self):
        self.assertEqual(self.refused("explain", self.path("audit.log:0")),
                         "FILE[:LINE]: lines count from 1; see nodeportd explain --help")


class Examples(EndToEnd):
    """What stands below each verb's help is a command that works."""

    def setUp(self):
        super().setUp()
        os.symlink(RULES, self.path("rules"))
        os.symlink(os.path.join(SOURCE, "config", "audit-policy.yaml"),
                   self.path("audit-policy.yaml"))
        os.symlink(NODEPORTD, self.path("nodeportd"))
        lines = "".join(creation(f"id-{i}", f"web-{i}") for i in range(20))
        self.append(lines)
        with gzip.open(self.path("audit-2026-11-23T00-00-00.000.log.gz"), "wt") as packed:
            packed.write(lines)
        self.config_file = self.daemon(self.config(self.file_sink("soc"))).start().config

    def help_of(self, *verb):
        return subprocess.run([NODEPORTD, *verb, "--help"], capture_output=True, text=True,
                              check=True).stdout

    def examples(self, *verb):
        """Of a verb and of those behind it."""
        text = self.help_of(*verb)
        own = text.partition("\nExamples:\n")[2].partition("\n\n")[0]
        for line in own.splitlines():
            # What the first help says of each stands behind it.
            yield verb, re.split(r" {3,}", line.strip())[0]
        below = text.partition("\nSubcommands:\n")[2].partition("\n\n")[0]
        for name in re.findall(r"^  (\S+)", below, re.M):
            yield from self.examples(*verb, name)

    def run_it(self, command):
        # Nobody has a config in /etc here.
        command = re.sub(r"nodeportd (run|check|status|reload|deadletters|exposed|test-sink|"
                         r"config show)(?! [^|]*--(config|audit-policy))",
                         r"nodeportd \1 --config ./nodeportd.yaml", command)
        process = subprocess.Popen(["bash", "-o", "pipefail", "-c", command], cwd=self.folder,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   env=dict(os.environ, PATH=self.folder + ":" + os.environ["PATH"],
                                            NODEPORTD=""))
        if "--watch" in command:
            process.stdout.readline()  # and read no more: it ends
            process.stdout.close()
            said = process.stderr.read()
            process.stderr.close()
            return process.wait(timeout=60), said
        said = process.communicate(timeout=60)[1]
        return process.returncode, said

    def test_every_verb_has_some_and_each_does_what_it_says(self):
        verbs = {}
        for verb, command in self.examples():
            verbs.setdefault(verb, []).append(command)
        for name in VERBS.split(", "):
            self.assertIn((name,), verbs)
        for name in ("list", "resend"):
            self.assertIn(("deadletters", name), verbs)
            self.assertIn("--sink NAME", self.help_of("deadletters", name))
        for verb, commands in verbs.items():
            for command in commands:
                self.assertIn(" ".join(("nodeportd", *verb)), command)
                code, said = self.run_it(command)
                # The daemon runs already, and no alert was refused.
                expected = 1 if " run " in command or command.endswith("resend 17 18") else 0
                self.assertEqual(code, expected, (command, said))
                if " run " in command:
                    self.assertIn("another", said)
