"""The Debian package: what it installs, and what upgrade, removal and purge leave."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

from machine import Machine, needs

sys.path.append(os.path.join(os.path.dirname(__file__), "..", "e2e"))
from harness import SOURCE, creation, eventually  # noqa: E402

CPACK_CONFIG = os.environ["CPACK_CONFIG"]
LOG = "/var/log/kubernetes/audit"
UNIT = "/usr/lib/systemd/system/nodeportd.service"
WANTED = "/etc/systemd/system/multi-user.target.wants/nodeportd.service"


def setUpModule():
    """The package, and one of the version before, whose files differ a little."""
    needs("cpack", "dpkg-deb", "nsenter", "setpriv")
    global work, new, old
    work = tempfile.mkdtemp(prefix="nodeportd-package-")
    unittest.addModuleCleanup(shutil.rmtree, work)
    shared = os.path.join(work, "shared")
    os.mkdir(shared)
    said = subprocess.run(["cpack", "--config", CPACK_CONFIG, "-B", os.path.join(work, "cpack")],
                          capture_output=True, text=True, timeout=300)
    built = [name for name in os.listdir(os.path.join(work, "cpack")) if name.endswith(".deb")]
    assert said.returncode == 0 and len(built) == 1, said.stdout + said.stderr
    new = os.path.join(shared, "new.deb")
    os.rename(os.path.join(work, "cpack", built[0]), new)
    old = os.path.join(shared, "old.deb")
    make_older(old)


def make_older(package):
    tree = os.path.join(work, "tree")
    subprocess.run(["dpkg-deb", "-R", new, tree], check=True)
    edit(os.path.join(tree, "DEBIAN/control"),
         lambda text: re.sub("Version: .*", "Version: 0.0.9", text))
    for conffile in ("nodeportd.yaml", "rules/kubernetes_service_opened.yml"):
        edit(os.path.join(tree, "etc/nodeportd", conffile), lambda text: "# of old\n" + text)
    # Fast: it is read once, here.
    subprocess.run(["dpkg-deb", "-Znone", "-b", tree, package], check=True, capture_output=True)


def edit(path, change):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(change(text))


class DebianPackage(unittest.TestCase):
    def setUp(self):
        folder = tempfile.mkdtemp(prefix="machine-", dir=work)
        self.machine = Machine(folder, os.path.dirname(new))
        self.addCleanup(self.machine.close)

    def install(self, package="new", *options):
        return self.machine.run("dpkg", *options, "-i", f"/mnt/{package}.deb")

    def start_daemon(self):
        """As the unit would: its command, account and capability."""
        unit = self.machine.read(UNIT)
        command = shlex.split(re.search("^ExecStart=(.*)", unit, re.M)[1])
        user = re.search("^User=(.*)", unit, re.M)[1]
        capability = re.search("^AmbientCapabilities=CAP_(.*)", unit, re.M)[1].lower()
        daemon = subprocess.Popen(self.machine.enter(
            "setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--no-new-privs",
            f"--inh-caps=-all,+{capability}", f"--ambient-caps=+{capability}",
            f"--bounding-set=-all,+{capability}", *command), stderr=subprocess.PIPE, text=True)
        self.addCleanup(daemon.stderr.close)
        self.addCleanup(daemon.wait)
        self.addCleanup(daemon.kill)

        def answers():
            self.assertIsNone(daemon.poll(), daemon.poll() is not None and daemon.stderr.read())
            return self.machine.run("nodeportd", "status", check=False).returncode == 0
        eventually(answers, what="an answer of the daemon", pause=0.05)
        return daemon

    def alerts(self):
        path = "/var/log/nodeportd/alerts.jsonl"
        text = self.machine.read(path) if self.machine.exists(path) else ""
        return [json.loads(line) for line in text.splitlines(True) if line.endswith("\n")]

    def alerts_of(self, name):
        return [alert for alert in self.alerts()
                if any(event["audit_id"] == name for event in alert.get("events", []))]

    def stop_daemon(self, daemon):
        daemon.send_signal(signal.SIGTERM)
        self.assertEqual(daemon.wait(60), 0)

    def write_log(self, *lines):
        self.machine.shell(f"mkdir -p -m 700 {LOG}; umask 077; cat >> {LOG}/audit.log",
                           input="".join(lines))

    def test_lintian_finds_no_error(self):
        if not shutil.which("lintian"):
            self.skipTest("skipped: lintian is not installed")
        done = subprocess.run(["lintian", "--allow-root", "--fail-on", "error", new],
                              capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_what_lies_beneath_etc_is_a_conffile_and_nothing_else_is(self):
        files = subprocess.run(["dpkg-deb", "-c", new], capture_output=True, text=True, check=True)
        beneath = sorted(line.split()[5][1:] for line in files.stdout.splitlines()
                         if line.startswith("-") and line.split()[5].startswith("./etc/"))
        conffiles = subprocess.run(["dpkg-deb", "-I", new, "conffiles"], capture_output=True,
                                   text=True, check=True).stdout.split()
        self.assertEqual(sorted(conffiles), beneath)
        self.assertIn("/etc/nodeportd/nodeportd.yaml", conffiles)
        self.assertEqual(len(os.listdir(os.path.join(SOURCE, "config/rules"))),
                         sum("/rules/" in name for name in conffiles))

    def test_all_manual_pages_are_in_it(self):
        pages = os.path.join(SOURCE, "docs/man")
        if not os.path.isdir(pages):
            self.skipTest("skipped: there are none")
        files = subprocess.run(["dpkg-deb", "-c", new], capture_output=True, text=True, check=True)
        for page in os.listdir(pages):
            if re.search(r"\.[1-8]$", page):
                self.assertIn(f"/usr/share/man/man{page[-1]}/{page}.gz\n", files.stdout)

    def test_an_installed_package_has_its_account_its_folders_and_a_good_configuration(self):
        self.install()
        self.assertRegex(self.machine.run("getent", "passwd", "nodeportd").stdout,
                         r"^nodeportd:.*:/var/lib/nodeportd:/usr/sbin/nologin$")
        modes = self.machine.run("stat", "-c", "%U %G %a %n", "/etc/nodeportd",
                                 "/etc/nodeportd/rules", "/var/lib/nodeportd", "/var/log/nodeportd",
                                 "/run/nodeportd", "/etc/nodeportd/nodeportd.yaml").stdout
        self.assertEqual(modes.splitlines(), [
            "root nodeportd 750 /etc/nodeportd", "root nodeportd 750 /etc/nodeportd/rules",
            "nodeportd nodeportd 700 /var/lib/nodeportd",
            "nodeportd nodeportd 750 /var/log/nodeportd", "nodeportd nodeportd 750 /run/nodeportd",
            "root root 644 /etc/nodeportd/nodeportd.yaml"])
        self.machine.run("setpriv", "--reuid=nodeportd", "--regid=nodeportd", "--init-groups",
                         "nodeportd", "check")
        self.assertTrue(self.machine.exists(WANTED), "the service is not enabled")
        self.assertEqual(self.machine.run("dpkg", "--verify", "nodeportd").stdout, "")

    def test_the_installed_daemon_reads_roots_log_and_alerts(self):
        self.install()
        daemon = self.start_daemon()
        self.write_log(creation("first", "web"))
        eventually(lambda: self.alerts_of("first"), what="an alert", pause=0.1)
        self.stop_daemon(daemon)

    def test_an_upgrade_keeps_what_was_changed_and_the_state(self):
        self.install("old")
        self.machine.shell("echo 'cluster: mine' >> /etc/nodeportd/nodeportd.yaml")
        daemon = self.start_daemon()
        self.write_log(creation("before", "web"))
        eventually(lambda: self.alerts_of("before"), what="an alert", pause=0.1)
        self.stop_daemon(daemon)
        self.write_log(creation("meanwhile", "web"))

        self.install("new", "--force-confdef", "--force-confold")
        self.assertIn("cluster: mine", self.machine.read("/etc/nodeportd/nodeportd.yaml"))
        self.assertNotIn("# of old",
                         self.machine.read("/etc/nodeportd/rules/kubernetes_service_opened.yml"))
        daemon = self.start_daemon()
        eventually(lambda: self.alerts_of("meanwhile"), what="an alert of what came meanwhile",
                   pause=0.1)
        self.stop_daemon(daemon)
        names = [(alert["alert_id"], alert["epoch"], alert["revision"]) for alert in self.alerts()]
        self.assertEqual(len(names), len(set(names)), "an alert was told again")
        self.assertEqual(len({epoch for _, epoch, _ in names}), 1, "the state was begun anew")

    def test_a_service_that_was_disabled_stays_so(self):
        self.install("old")
        self.machine.run("rm", WANTED)
        self.install("new", "--force-confold")
        self.assertFalse(self.machine.exists(WANTED))

    def test_removal_keeps_and_purge_takes_all(self):
        self.install()
        self.machine.shell("""
            echo state > /var/lib/nodeportd/state.db
            echo alert > /var/log/nodeportd/alerts.jsonl""")
        self.machine.run("dpkg", "--remove", "nodeportd")
        self.assertFalse(self.machine.exists("/usr/bin/nodeportd"))
        for kept in ("/var/lib/nodeportd/state.db", "/var/log/nodeportd/alerts.jsonl",
                     "/etc/nodeportd/nodeportd.yaml"):
            self.assertTrue(self.machine.exists(kept), kept)

        self.machine.run("dpkg", "--purge", "nodeportd")
        for gone in ("/var/lib/nodeportd", "/var/log/nodeportd", "/run/nodeportd",
                     "/etc/nodeportd", WANTED):
            self.assertFalse(self.machine.exists(gone), gone)

    def test_purge_leaves_a_rule_of_the_operators_own(self):
        self.install()
        self.machine.shell("echo x > /etc/nodeportd/rules/ours.yml")
        self.machine.run("dpkg", "--purge", "nodeportd")
        self.assertEqual(self.machine.shell("find /etc/nodeportd -type f"),
                         "/etc/nodeportd/rules/ours.yml\n")


if __name__ == "__main__":
    unittest.main()
