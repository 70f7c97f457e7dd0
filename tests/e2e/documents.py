"""What is written out of the schemas and the help: the manual and the man pages."""

import glob
import os
import subprocess
import tempfile
import unittest

from harness import NODEPORTD, SOURCE

PAGES = sorted(glob.glob(os.path.join(SOURCE, "docs", "man", "*.[58]")))


def generate(*arguments, root=SOURCE):
    return subprocess.run([os.path.join(root, "scripts", "generate-docs"), "--program", NODEPORTD,
                           *arguments], capture_output=True, text=True, check=False)


class Documents(unittest.TestCase):
    def test_the_manual_and_the_man_pages_say_what_schemas_and_help_say(self):
        done = generate("--check")
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_what_is_stale_is_named_and_written_anew(self):
        with tempfile.TemporaryDirectory() as root:
            for name in ("CMakeLists.txt", "config", "docs", "scripts"):
                subprocess.run(["cp", "-r", os.path.join(SOURCE, name), root], check=True)
            schema = os.path.join(root, "config", "schema", "nodeportd.schema.json")
            with open(schema, encoding="utf-8") as file:
                text = file.read()
            with open(schema, "w", encoding="utf-8") as file:
                file.write(text.replace("bytes read at a time", "what is read at a time"))
            done = generate("--check", root=root)
            self.assertEqual(done.returncode, 1)
            self.assertIn("stale: docs/CONFIGURATION.md, docs/man/nodeportd.yaml.5:", done.stderr)
            self.assertEqual(generate(root=root).returncode, 0)
            self.assertEqual(generate("--check", root=root).returncode, 0)
            with open(os.path.join(root, "docs", "CONFIGURATION.md"), encoding="utf-8") as file:
                self.assertIn("| what is read at a time |", file.read())

    def test_man_shows_every_page_without_a_warning(self):
        self.assertEqual([os.path.basename(page) for page in PAGES],
                         ["nodeportd-rules.5", "nodeportd.8", "nodeportd.yaml.5"])
        for page in PAGES:
            done = subprocess.run(
                ["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", page],
                capture_output=True, text=True, check=False,
                env=dict(os.environ, LC_ALL="C.UTF-8", MANROFFSEQ="", MANWIDTH="80"))
            self.assertEqual((done.returncode, done.stderr), (0, ""), page)
            found = subprocess.run(["lexgrog", page], capture_output=True, text=True, check=False)
            name = os.path.basename(page).rpartition(".")[0]
            self.assertIn(f'"{name} - ', found.stdout, "apropos does not find the page")

    def test_every_verb_has_its_place_in_the_page_of_the_program(self):
        with open(os.path.join(SOURCE, "docs", "man", "nodeportd.8"), encoding="utf-8") as file:
            text = file.read()
        for verb in ("run", "check", "replay", "status", "deadletters resend", "config show"):
            verb = verb.replace(" ", "\\fP \\fB")
            self.assertIn(f".SS \\fBnodeportd\\fP \\fB{verb}\\fP", text)
        self.assertIn("\\fB\\-\\-discard\\-state\\fP", text)


if __name__ == "__main__":
    unittest.main()
