"""Makes the page's pictures, of a day that never was: `python3 page_picture.py FOLDER`. Not a test."""

import os
import random
import sys
import unittest

from harness import eventually
from page import Looked, before, exposure

PEOPLE = ["alice@example.org", "bob@example.org", "system:serviceaccount:ci:deployer",
          "system:serviceaccount:argocd:controller", "carol@example.org", "kubernetes-admin"]
SERVICES = [("shop", "checkout"), ("shop", "web"), ("data", "postgres"), ("data", "redis"),
            ("monitoring", "grafana"), ("ingress", "edge-lb"), ("dev", "debug-shell"),
            ("payments", "ledger-api")]


def day(count=64, seed=7):
    """Events of the last day, the oldest first."""
    chance = random.Random(seed)
    outcomes = ["succeeded"] * 6 + ["denied"] * 3 + ["rejected", "conflict", "failed"]
    events = []
    for number, minutes in enumerate(sorted((chance.triangular(3, 1430, 400) for _ in range(count)),
                                            reverse=True)):
        namespace, name = chance.choice(SERVICES)
        event = exposure(f"audit-{number:04}", namespace, name, chance.choice(outcomes),
                         chance.randint(30000, 32767), f"198.51.100.{chance.randint(2, 40)}",
                         user=chance.choice(PEOPLE), time_text=before(minutes=minutes))
        if name == "edge-lb":
            for part in ("requestObject", "responseObject"):
                if part in event:
                    event[part]["spec"]["type"] = "LoadBalancer"
        events.append(event)
    return events


class Pictures(Looked):
    def test_pictures(self):
        folder = os.environ["PICTURES"]

        def picture(name):
            self.browser.picture(os.path.join(folder, name + ".png"))

        config = self.settings().replace("cluster: test", "cluster: prod-eu1")
        daemon = self.start(config=config)
        browser = self.open_page()
        picture("empty")
        self.write(*day())
        eventually(lambda: len(self.overview_rows()) > 40, what="the day")
        eventually(lambda: len(browser.rows("exposures")) == 25, what="the day on the page")
        picture("light")
        browser.emulate(prefers_color_scheme="dark")
        picture("dark")
        browser.emulate(prefers_color_scheme="light")
        browser.resize(360, 800)
        picture("narrow")
        browser.resize(1280, 1000)
        browser.run("document.querySelector('#exposures button').click()")
        picture("details")
        browser.run("document.getElementById('details').close()")
        daemon.stop()
        eventually(lambda: "not answer" in browser.text("#sentence"), what="its absence")
        picture("broken")


if __name__ == "__main__":
    os.environ["PICTURES"] = os.path.abspath(sys.argv.pop(1))
    unittest.main(defaultTest="Pictures")
