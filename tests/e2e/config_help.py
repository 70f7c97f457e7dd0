"""What helps to write a config: its schema, its defaults, what is in effect."""

import glob
import json
import os
import subprocess
import sys
import unittest

from harness import EndToEnd, NODEPORTD, RULES, SOURCE

sys.path.append("/usr/lib/python3/dist-packages")  # whichever python runs this
import jsonschema  # noqa: E402
import yaml  # noqa: E402


class CoreLoader(yaml.SafeLoader):
    """YAML as editors and nodeportd read it: a time is text, and so is `on`."""


CoreLoader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in resolvers
            if tag not in ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()}
CoreLoader.add_implicit_resolver("tag:yaml.org,2002:bool", yaml.resolver.re.compile("^(true|false)$"),
                                 list("tf"))


def run_it(*arguments, **environment):
    return subprocess.run([NODEPORTD, *arguments], capture_output=True, text=True, check=False,
                          env=dict(os.environ, **environment))


def validator(*arguments):
    schema = json.loads(run_it("config", "schema", *arguments).stdout)
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def complaints(judge, text):
    return [f"{list(error.path)}: {error.message}" for document in yaml.load_all(text, CoreLoader)
            for error in judge.iter_errors(document)]


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


class Schema(EndToEnd):
    def test_the_schemas_that_are_printed_are_those_that_are_shipped(self):
        for name, arguments in (("nodeportd", []), ("nodeportd-rules", ["--rules"])):
            done = run_it("config", "schema", *arguments)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertEqual(done.stdout, read(os.path.join(SOURCE, "config", "schema",
                                                            f"{name}.schema.json")))

    def test_every_shipped_config_and_rule_is_valid(self):
        judge = validator()
        for name in ("nodeportd", "nodeportd.minimal", "nodeportd.sidecar"):
            self.assertEqual(complaints(judge, read(os.path.join(SOURCE, "config", name + ".yaml"))),
                             [], name)
        self.assertEqual(complaints(judge, run_it("config", "defaults").stdout), [])
        judge = validator("--rules")
        rules = glob.glob(os.path.join(RULES, "*.yml"))
        self.assertGreater(len(rules), 3)
        for path in rules:
            self.assertEqual(complaints(judge, read(path)), [], path)

    def test_an_editor_refuses_what_check_refuses(self):
        judge = validator()
        source = "sources: [{audit_log: /a}]\n"
        file = "sinks: [{name: s, type: file, path: /s}]\n"
        for text in (source, file, source + file + "agregate: {}\n",
                     source + file + "pipeline: {workers: 0}\n",
                     source + file + "pipeline: {workers: many}\n",
                     source + file + "log: {level: loud}\n",
                     source + file + "state: {history: 30}\n",
                     source + file + "state: {max_size: 1.5GiB}\n",
                     source + file + "lookout: {silenced: [source.silen]}\n",
                     source + file + "confine: [all]\n",
                     source + "sinks: [{name: s, type: file}]\n",
                     source + "sinks: [{name: s, type: pager}]\n",
                     source + "sinks: [{name: s, type: file, path: /s, facility: user}]\n",
                     source + "sinks: [{name: s, type: syslog, transport: udp}]\n",
                     source + "sinks: [{name: s, type: webhook, url: 'https://a', key_file: /k}]\n",
                     "sources: []\n" + file):
            path = self.path("c.yaml")
            with open(path, "w", encoding="utf-8") as out:
                out.write(text)
            self.assertEqual(run_it("check", "--config", path).returncode, 78, text)
            self.assertNotEqual(complaints(judge, text), [], text)

    def test_a_variable_may_stand_wherever_a_value_may(self):
        text = ("cluster: ${C}\nsources: [{audit_log: '${L}', max_line: '${S}'}]\n"
                "sinks: [{name: '${N}', type: file, path: '${P}', level: '${V}', mode: '${M}'}]\n"
                "pipeline: {workers: '${W}', reconcile: '${D}'}\nconfine: ${F:-all}\n")
        self.assertEqual(complaints(validator(), text), [])


class Show(EndToEnd):
    def write(self, text):
        with open(self.path("c.yaml"), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path("c.yaml")

    def test_the_config_is_shown_as_it_is_in_effect_and_loads_again(self):
        config = self.write(self.config(self.file_sink()) + "pipeline:\n  workers: ${WORKERS}\n")
        shown = run_it("config", "show", "--config", config, WORKERS="9")
        self.assertEqual((shown.returncode, shown.stderr), (0, ""))
        effect = yaml.load(shown.stdout, CoreLoader)
        self.assertEqual(effect["pipeline"]["workers"], 9)
        self.assertEqual(effect["pipeline"]["batches"], 18)
        self.assertEqual(effect["state"]["history"], "30d")
        self.assertEqual(complaints(validator(), shown.stdout), [])
        again = run_it("config", "show", "--config", self.write(shown.stdout))
        self.assertEqual(again.stdout, shown.stdout)
        self.assertEqual(run_it("check", "--config", self.path("c.yaml")).returncode, 0)

    def test_no_secret_is_shown(self):
        config = self.write(self.config(
            "  - name: hook\n    type: webhook\n    url: https://hooks.example/T0/${TOKEN}\n"
            "    headers: {X-Api-Key: swordfish, X-Other: '${TOKEN}'}\n"))
        shown = run_it("config", "show", "--config", config, TOKEN="marlin")
        self.assertEqual(shown.returncode, 0, shown.stderr)
        self.assertTrue(shown.stdout.startswith("# 3 values may hold a secret"), shown.stdout)
        for secret in ("swordfish", "marlin"):
            self.assertNotIn(secret, shown.stdout)

    def test_a_config_with_problems_is_not_shown(self):
        shown = run_it("config", "show", "--config", self.write("sinks: []\n"))
        self.assertEqual((shown.returncode, shown.stdout), (78, ""))
        self.assertIn("c.yaml:1:", shown.stderr)
        self.assertEqual(run_it("config").returncode, 2)


if __name__ == "__main__":
    unittest.main()
