"""Completion of the command line in the shells themselves."""

import os
import pty
import re
import select
import shlex
import shutil
import subprocess
import unittest

from harness import EndToEnd, NODEPORTD, eventually


def script(shell):
    done = subprocess.run([NODEPORTD, "completion", shell], capture_output=True, text=True,
                          check=True)
    return done.stdout


def words_of_help(*verb):
    """What the help of a verb lists: its verbs and its options."""
    text = subprocess.run([NODEPORTD, *verb, "--help"], capture_output=True, text=True,
                          check=True).stdout
    verbs = text.partition("\nSubcommands:\n")[2].partition("\n\n")[0]
    return (re.findall(r"^  ([a-z-]+) ", verbs, re.M),
            re.findall(r"^  (?:-\w,)?(--[a-z-]+)", text, re.M))


# A line up to the cursor, and what is offered there; of what begins with `-` the long options.
CASES = [
    ("sta", {"status"}),
    ("config ", {"schema", "defaults", "show"}),
    ("config sh", {"show"}),
    ("completion ", {"bash", "zsh", "fish"}),
    ("status --form", {"--format"}),
    ("status --format ", {"table", "json"}),
    ("status --format t", {"table"}),
    ("status --format=j", {"json"}),
    ("deadletters re", {"resend"}),
    ("deadletters resend --si", {"--sink"}),
    ("--vers", {"--version"}),
    ("replay audit-", {"audit-1.log", "audit-2.log"}),
    ("replay --splunk audit-1", {"audit-1.log"}),
    ("run --config nodep", {"nodeport d.yaml"}),
    ("run -c nodep", {"nodeport d.yaml"}),
    ("run ", set()),
    ("exposed --namespace ", set()),
]


class Shell(EndToEnd):
    shell = None

    def setUp(self):
        if self.shell is None or shutil.which(self.shell) is None:
            self.skipTest(f"there is no {self.shell} here")
        super().setUp()
        for name in ("audit-1.log", "audit-2.log", "nodeport d.yaml", "other.txt"):
            with open(self.path(name), "w", encoding="utf-8"):
                pass
        self.script = self.path("_nodeportd")
        with open(self.script, "w", encoding="utf-8") as file:
            file.write(script(self.shell))

    def run_shell(self, *arguments):
        done = subprocess.run([self.shell, *arguments], capture_output=True, text=True, check=False,
                              cwd=self.folder, timeout=60, env=dict(os.environ, HOME=self.folder,
                                                                    XDG_CONFIG_HOME=self.folder))
        self.assertEqual(done.stderr, "")
        return done.stdout


class Bash(Shell):
    shell = "bash"

    def offered(self, line):
        # As bash cuts the line: `=` is a word of its own.
        words = ["nodeportd", *re.findall(r"=|[^\s=]+", line)]
        if line.endswith(" ") or not line:
            words.append("")
        text = " ".join(shlex.quote(word) for word in words)
        return set(filter(None, self.run_shell(
            "--norc", "-c", f"source {self.script}; COMP_WORDS=({text}); "
            f"COMP_CWORD={len(words) - 1}; _nodeportd; "
            'printf "%s\\n" "${COMPREPLY[@]}"').split("\n")))

    def test_bash_offers_what_may_follow(self):
        for line, expected in CASES:
            self.assertEqual(self.offered(line), expected, line)

    def test_bash_is_told_to_ask(self):
        told = self.run_shell("--norc", "-c", f"source {self.script}; complete -p nodeportd")
        self.assertEqual(told, "complete -F _nodeportd nodeportd\n")

    def test_every_verb_and_option_of_the_help_is_offered(self):
        verbs, options = words_of_help()
        self.assertGreater(len(verbs), 8)
        self.assertEqual(self.offered(""), set(verbs))
        self.assertLessEqual(set(options), self.offered("--"))
        for verb in verbs:
            below, options = words_of_help(verb)
            self.assertEqual({word for word in self.offered(f"{verb} -") if word.startswith("--")},
                             set(options), verb)
            for each in below:
                _, options = words_of_help(verb, each)
                self.assertLessEqual(set(options), self.offered(f"{verb} {each} -"), each)


class Fish(Shell):
    shell = "fish"

    def offered(self, line):
        found = self.run_shell("--no-config", "-c",
                               f"source {self.script}; complete -C {shlex.quote('nodeportd ' + line)}")
        # An option of one letter stands beside the long one; an option with its value is one word.
        names = {each.split("\t")[0] for each in found.splitlines()}
        return {name.rpartition("=")[2].replace("\\ ", " ") for name in names
                if not re.fullmatch(r"-\w", name)}

    def test_fish_offers_what_may_follow(self):
        for line, expected in CASES:
            self.assertEqual(self.offered(line), expected, line)

    def test_fish_says_what_a_verb_does(self):
        found = self.run_shell("--no-config", "-c",
                               f"source {self.script}; complete -C 'nodeportd repl'")
        self.assertIn("replay\tRun the daemon's own engine", found)


class Zsh(Shell):
    """zsh completes only what a person types, so a person is played."""

    shell = "zsh"

    def setUp(self):
        super().setUp()
        self.child, self.terminal = pty.fork()
        if self.child == 0:
            os.chdir(self.folder)
            os.execvpe("zsh", ["zsh", "-f", "-i"],
                       dict(os.environ, TERM="xterm", HOME=self.folder, LC_ALL="C.UTF-8"))
        self.addCleanup(self.leave)
        self.seen = ""
        # What is typed is not looked for, what it leads to is.
        self.send("stty cols 200 rows 50; PS1='re''ady> '; PROMPT_EOL_MARK=''; unsetopt BEEP\n")
        self.wait_for("ready> ")
        self.send(f"fpath=({self.folder} $fpath); autoload -U compinit; compinit -D -u; "
                  "tell() { print -r -- \"<$BUFFER>\"; BUFFER=''; zle redisplay }; "
                  "zle -N tell; bindkey '^O' tell; print be''gun\n")
        self.wait_for("begun")

    def leave(self):
        os.close(self.terminal)  # which hangs zsh up
        os.waitpid(self.child, 0)

    def send(self, text):
        os.write(self.terminal, text.encode())

    def wait_for(self, pattern):
        def found():
            while select.select([self.terminal], [], [], 0)[0]:
                self.seen += os.read(self.terminal, 65536).decode(errors="replace")
            return re.search(pattern, re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|[\r\n]", "",
                                             self.seen))
        return eventually(found, limit=30, what=f"{pattern} of zsh")

    def completed(self, line):
        """The line after a tab, as the shell itself tells it."""
        self.seen = ""
        self.send(f"nodeportd {line}\t\x0f")
        return self.wait_for("<([^>]*)>")[1]

    def test_zsh_completes_what_is_begun(self):
        for line, expected in (("sta", "status "), ("config sh", "config show "),
                               ("status --form", "status --format "),
                               ("status --format t", "status --format table "),
                               ("status --format=j", "status --format=json "),
                               ("deadletters resend --si", "deadletters resend --sink "),
                               ("run --config nodep", "run --config nodeport\\ d.yaml "),
                               ("run ", "run "),
                               ("replay --splunk audit-1", "replay --splunk audit-1.log ")):
            self.assertEqual(self.completed(line), "nodeportd " + expected)

    def test_zsh_lists_what_may_follow_and_what_it_does(self):
        self.send("nodeportd config \t")
        for word in ("defaults  -- Print every key with its default", "schema ", "show "):
            self.wait_for(word)


del Shell  # it has no tests of its own

if __name__ == "__main__":
    unittest.main()
