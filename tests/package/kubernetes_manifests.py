"""The Kubernetes manifests: what kubectl makes of them, held against the API's own types, and the
daemon's judgement of the configuration in them."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from machine import needs

sys.path.append(os.path.join(os.path.dirname(__file__), "..", "e2e"))
from harness import NODEPORTD, SOURCE  # noqa: E402

try:
    import kubernetes.client
    import yaml
except ImportError as missing:
    raise unittest.SkipTest(f"skipped: {missing.name} is not installed") from missing

PATCHES = os.path.join(SOURCE, "deploy/kubernetes/sidecar/patches")
LOG_FOLDER = "/var/log/kubernetes/audit"


def kubectl(*arguments):
    done = subprocess.run(["kubectl", *arguments], capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise AssertionError(f"kubectl {arguments}: {done.stderr}")
    return done.stdout


def is_old():
    """Debian 12's kubectl, 1.20: its kustomize has no `patches`, and calls folders `bases`."""
    version = json.loads(kubectl("version", "--client", "-o", "json"))["clientVersion"]
    return (int(version["major"]), int(version["minor"].rstrip("+"))) < (1, 21)


def kustomize(name):
    root = SOURCE
    with tempfile.TemporaryDirectory(prefix="nodeportd-kustomize-") as copy:
        if is_old():
            root = copy
            for folder in ("config", "deploy"):
                shutil.copytree(os.path.join(SOURCE, folder), os.path.join(copy, folder))
            path = os.path.join(copy, "deploy/kubernetes", name, "kustomization.yaml")
            with open(path, "r+", encoding="utf-8") as file:
                text = file.read().replace("  - ../../../config\n", "bases:\n  - ../../../config\n")
                file.seek(0)
                file.write(text)
        built = kubectl("kustomize", os.path.join(root, "deploy/kubernetes", name))
    return list(yaml.safe_load_all(built))


def one(objects, kind):
    found = [each for each in objects if each["kind"] == kind]
    assert len(found) == 1, f"{len(found)} of kind {kind}"
    return found[0]


class Manifests(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        needs("kubectl", root=False)
        self.work = tempfile.mkdtemp(prefix="nodeportd-manifests-")
        self.addCleanup(shutil.rmtree, self.work)

    def assert_of_the_api(self, manifest):
        """Each key and type is of the API: what the client's types take in is all there is."""
        group = manifest["apiVersion"].split("/")
        kind = "".join(part.capitalize() for part in group[-1:]) + manifest["kind"]
        client = kubernetes.client.ApiClient()
        typed = client._ApiClient__deserialize(manifest, kind)  # the public one takes responses
        self.assertEqual(client.sanitize_for_serialization(typed), manifest)

    def assert_pod_is_whole(self, pod, container):
        volumes = {volume["name"] for volume in pod["volumes"]}
        for each in pod["containers"]:
            mounted = [mount["name"] for mount in each["volumeMounts"]]
            self.assertLessEqual(set(mounted), volumes)
        context = {**pod.get("securityContext", {}), **container["securityContext"]}
        self.assertTrue(context["readOnlyRootFilesystem"])
        self.assertFalse(context["allowPrivilegeEscalation"])
        self.assertEqual(context["capabilities"]["drop"], ["ALL"])
        self.assertEqual(context["seccompProfile"], {"type": "RuntimeDefault"})
        writable = {mount["mountPath"] for mount in container["volumeMounts"]
                    if not mount.get("readOnly")}
        self.assertEqual(writable, {"/var/lib/nodeportd", "/run/nodeportd"})
        # Readiness may fail for what no restart mends, so nothing else asks for it.
        asked = {"startupProbe": "healthz", "livenessProbe": "healthz", "readinessProbe": "readyz"}
        for probe in asked.keys() & container.keys():
            command = container[probe]["exec"]["command"]
            self.assertEqual(command[-2:], ["--probe", asked[probe]])
            self.assertEqual(command[0], "/usr/bin/nodeportd")
            help_text = subprocess.run([NODEPORTD, command[1], "--help"], check=True, timeout=60,
                                       capture_output=True, text=True).stdout
            for option in command[2::2]:
                self.assertIn(option, help_text)
        self.assertIn("livenessProbe", container)

    def assert_configuration_is_good(self, files, container, log):
        """`nodeportd check` says so, and what it would follow is `log`."""
        for name, text in files.items():
            path = os.path.join(self.work, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text.replace("/etc/nodeportd", self.work))
        environment = {entry["name"]: entry.get("value", "node") for entry in container["env"]}
        config = os.path.join(self.work, "nodeportd.yaml")
        done = subprocess.run([NODEPORTD, "check", "--config", config], env=environment,
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        source = re.search("audit_log: (.*)", files["nodeportd.yaml"])[1]
        default = re.match(r"\$\{AUDIT_LOG:-(.*)\}", source)[1]
        self.assertEqual(environment.get("AUDIT_LOG", default), log)

    def test_the_daemon_set_is_of_the_api_and_its_parts_fit(self):
        objects = kustomize("daemonset")
        for manifest in objects:
            self.assert_of_the_api(manifest)
        daemon_set = one(objects, "DaemonSet")
        self.assertEqual({each["kind"] for each in objects},
                         {"Namespace", "ConfigMap", "DaemonSet"})
        self.assertEqual({each["metadata"].get("namespace", each["metadata"]["name"])
                          for each in objects}, {"nodeportd"})
        template = daemon_set["spec"]["template"]
        self.assertEqual(template["metadata"]["labels"],
                         daemon_set["spec"]["selector"]["matchLabels"])
        pod = template["spec"]
        self.assertIs(pod["automountServiceAccountToken"], False)
        container = pod["containers"][0]
        self.assert_pod_is_whole(pod, container)
        self.assertNotIn("add", container["securityContext"]["capabilities"])

        maps = {each["metadata"]["name"]: each["data"] for each in objects
                if each["kind"] == "ConfigMap"}
        of_volume = {volume["name"]: maps[volume["configMap"]["name"]] for volume in pod["volumes"]
                     if "configMap" in volume}
        self.assertEqual(set(of_volume["rules"]),
                         set(os.listdir(os.path.join(SOURCE, "config/rules"))))
        files = {"nodeportd.yaml": of_volume["config"]["nodeportd.yaml"]}
        files.update({"rules/" + name: text for name, text in of_volume["rules"].items()})
        self.assert_configuration_is_good(files, container, LOG_FOLDER + "/audit.log")

    def test_on_talos_it_reads_the_log_of_another_user(self):
        if is_old():
            self.skipTest("skipped: kubectl is older than 1.21")
        objects = kustomize("talos")
        for manifest in objects:
            self.assert_of_the_api(manifest)
        pod = one(objects, "DaemonSet")["spec"]["template"]["spec"]
        container = pod["containers"][0]
        self.assert_pod_is_whole(pod, container)
        self.assertEqual(container["securityContext"]["capabilities"]["add"], ["DAC_READ_SEARCH"])
        self.assertIn({"name": "AUDIT_LOG", "value": LOG_FOLDER + "/kube-apiserver.log"},
                      container["env"])
        audit = next(volume for volume in pod["volumes"] if volume["name"] == "audit")
        self.assertEqual(audit["hostPath"]["path"], "/var/log/audit/kube")

    def patch(self, manifest, name):
        """As kubeadm does it: one after the other, in the order of the names."""
        kind = re.search(r"\+(\w+)\.yaml$", name)[1]
        with open(os.path.join(PATCHES, name), encoding="utf-8") as file:
            patch = file.read()
        return kubectl("patch", "--local", "-f", manifest, "--type", kind, "--patch", patch,
                       "-o", "yaml")

    def test_kubeadms_patches_put_it_beside_an_apiserver_that_writes_what_it_reads(self):
        manifest = os.path.join(os.path.dirname(__file__), "kube-apiserver.yaml")
        for name in sorted(os.listdir(PATCHES)):
            text = self.patch(manifest, name)
            manifest = os.path.join(self.work, "patched.yaml")
            with open(manifest, "w", encoding="utf-8") as file:
                file.write(text)
        patched = yaml.safe_load(text)
        patched["metadata"].pop("creationTimestamp", None)
        patched.pop("status", None)
        self.assert_of_the_api(patched)
        containers = {each["name"]: each for each in patched["spec"]["containers"]}
        self.assertEqual(set(containers), {"kube-apiserver", "nodeportd"})
        apiserver, ours = containers["kube-apiserver"], containers["nodeportd"]
        self.assertIn("--client-ca-file=/etc/kubernetes/pki/ca.crt", apiserver["command"])
        self.assertIn(f"--audit-log-path={LOG_FOLDER}/audit.log", apiserver["command"])
        self.assertIn("--audit-policy-file=/etc/kubernetes/audit-policy.yaml", apiserver["command"])
        mounts = {mount["mountPath"]: mount for mount in apiserver["volumeMounts"]}
        self.assertEqual(set(mounts), {"/etc/kubernetes/pki", "/etc/kubernetes/audit-policy.yaml",
                                       LOG_FOLDER})
        self.assertFalse(mounts[LOG_FOLDER].get("readOnly"))
        self.assert_pod_is_whole(patched["spec"], ours)
        self.assertNotIn("readinessProbe", ours)
        self.assertNotIn("add", ours["securityContext"]["capabilities"])
        files = {}
        for name in ("nodeportd.sidecar.yaml", *("rules/" + rule for rule in
                                                 os.listdir(os.path.join(SOURCE, "config/rules")))):
            with open(os.path.join(SOURCE, "config", name), encoding="utf-8") as file:
                files[name.replace(".sidecar", "")] = file.read()
        self.assert_configuration_is_good(files, ours, LOG_FOLDER + "/audit.log")

    def test_the_overlay_of_the_readme_names_cluster_image_and_configuration(self):
        if is_old():
            self.skipTest("skipped: kubectl is older than 1.21")
        for folder in ("config", "deploy"):
            shutil.copytree(os.path.join(SOURCE, folder),
                            os.path.join(self.work, "nodeportd", folder))
        with open(os.path.join(SOURCE, "deploy/kubernetes/README.md"), encoding="utf-8") as file:
            blocks = re.findall(r"```yaml\n(.*?)```", file.read(), re.S)
        with open(os.path.join(self.work, "kustomization.yaml"), "w", encoding="utf-8") as file:
            file.write("".join(blocks))
        with open(os.path.join(self.work, "nodeportd.yaml"), "w", encoding="utf-8") as file:
            file.write("ours")
        objects = list(yaml.safe_load_all(kubectl("kustomize", self.work)))
        pod = one(objects, "DaemonSet")["spec"]["template"]["spec"]
        container = pod["containers"][0]
        self.assertEqual(container["image"], "registry.example.org/nodeportd:0.1.0")
        self.assertIn({"name": "CLUSTER_NAME", "value": "prod-eu1"}, container["env"])
        self.assertEqual(len(container["env"]), 3)
        name = next(volume["configMap"]["name"] for volume in pod["volumes"]
                    if volume["name"] == "config")
        ours = [each for each in objects if each["metadata"]["name"] == name]
        self.assertEqual([each["data"] for each in ours], [{"nodeportd.yaml": "ours"}])

    def test_a_key_that_the_api_does_not_have_is_found(self):
        manifest = one(kustomize("daemonset"), "DaemonSet")
        manifest["spec"]["template"]["spec"]["containers"][0]["livenesProbe"] = {}
        with self.assertRaises(AssertionError):
            self.assert_of_the_api(manifest)


if __name__ == "__main__":
    unittest.main()
