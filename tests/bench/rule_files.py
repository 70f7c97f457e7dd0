"""Rules of the same kind as the first one that is shipped, each for a word of its own."""
import itertools
import pathlib
import re
import uuid

FIRST = ("Route", "Edge", "Mesh", "Traffic", "Ingress", "Egress", "Gateway", "Backend", "Tenant",
         "Cluster")
SECOND = ("Policy", "Binding", "Profile", "Quota", "Template", "Claim", "Class", "Budget",
          "Schedule", "Snapshot", "Lease", "Mirror", "Window", "Bundle", "Fabric", "Catalog",
          "Ticket", "Monitor", "Anchor", "Broker")


def write(folder, shipped, count):
    """Writes `count` of them, 200 at most."""
    text = (pathlib.Path(shipped) / "kubernetes_node_port_creation.yml").read_text(encoding="utf-8")
    text = text[:text.index("\ntests:")] + "\n"
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for first, second in itertools.islice(itertools.product(FIRST, SECOND), count):
        word = first + second
        rule = re.sub(r"^title: .*$", f"title: {word} creation", text, flags=re.MULTILINE)
        rule = re.sub(r"^id: .*$", f"id: {uuid.uuid5(uuid.NAMESPACE_DNS, word)}", rule,
                      flags=re.MULTILINE)
        rule = rule.replace("requestObject.spec.type: NodePort",
                            f"requestObject.spec.type: {word}", 1)
        (folder / f"{word.lower()}.yml").write_text(rule, encoding="utf-8")
    return str(folder)
