"""A headless Chromium for the tests of the page, and what a person would look for in it."""

import base64
import json
import shutil
import socket
import subprocess
import tempfile
import urllib.error
import urllib.request

from harness import eventually

KEYS = {"tab": "\ue004", "enter": "\ue007", "escape": "\ue00c", "home": "\ue011", "left": "\ue012"}
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # by which WebDriver names one
SWITCHES = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--disable-dev-shm-usage", "--window-size=1280,1400"]

# Of each text that is shown: how far it stands out from what is behind it, as WCAG reckons.
CONTRAST = """
const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
const luminance = ([r, g, b]) => [r, g, b].map((each) => each / 255)
  .map((each) => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4)
  .reduce((sum, each, at) => sum + each * [0.2126, 0.7152, 0.0722][at], 0);
const ground = (element) => {
  for (let each = element; each; each = each.parentElement) {
    const color = numbers(getComputedStyle(each).backgroundColor);
    if (color.length === 3 || color[3] > 0) return color;
  }
  return [255, 255, 255];
};
const poor = [];
let looked = 0;
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  if (!walker.currentNode.data.trim() || !element.checkVisibility() || element.closest("option,title")) continue;
  const style = getComputedStyle(element);
  const [a, b] = [luminance(numbers(element.closest("svg") ? style.fill : style.color)), luminance(ground(element))];
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  looked += 1;
  if (ratio < 4.5) poor.push(`${ratio.toFixed(2)} ${element.tagName} ${walker.currentNode.data.slice(0, 40)}`);
}
return [looked, poor];
"""


class Browser:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="nodeportd-browser-")
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        self.driver = subprocess.Popen(["chromedriver", f"--port={port}"], stdout=subprocess.DEVNULL)
        self.address = f"http://127.0.0.1:{port}"
        eventually(self.is_ready, what="chromedriver")
        switches = [*SWITCHES, "--user-data-dir=" + self.folder]
        session = self.call("POST", "/session", capabilities={"alwaysMatch": {
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
            "goog:chromeOptions": {"binary": shutil.which("chromium"), "args": switches}}})
        self.address += "/session/" + session["sessionId"]
        self.requested = set()

    def is_ready(self):
        try:
            return self.call("GET", "/status")["ready"]
        except urllib.error.URLError:
            return False

    def call(self, method, path, **parameters):
        """WebDriver is JSON over HTTP."""
        body = json.dumps(parameters).encode() if method == "POST" else None
        request = urllib.request.Request(self.address + path, body, method=method)
        try:
            with urllib.request.urlopen(request, timeout=90) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(json.load(error)["value"]["message"]) from None

    def close(self):
        self.call("DELETE", "")
        self.driver.terminate()
        self.driver.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def visit(self, address):
        self.call("POST", "/url", url=address)

    def run(self, script, *arguments):
        return self.call("POST", "/execute/sync", script=script, args=list(arguments))

    def command(self, name, **parameters):
        return self.call("POST", "/goog/cdp/execute", cmd=name, params=parameters)

    def press(self, keys):
        """Into what has the focus."""
        element = self.call("GET", "/element/active")[ELEMENT]
        self.call("POST", f"/element/{element}/value", text=keys)

    def emulate(self, **features):
        self.command("Emulation.setEmulatedMedia", features=[
            {"name": name.replace("_", "-"), "value": value} for name, value in features.items()])

    def resize(self, width, height=1400):
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=height,
                     deviceScaleFactor=1, mobile=False)

    def text(self, selector="body"):
        return self.run("return document.querySelector(arguments[0]).innerText", selector)

    def rows(self, part):
        """The cells of each row of a part's table."""
        return self.run("return [...document.querySelectorAll(`#${arguments[0]} tbody tr`)]"
                        ".map((row) => [...row.cells].map((cell) => cell.innerText))", part)

    def complaints(self):
        """What its console has said since the last time: errors, refusals of the policy."""
        return [entry["message"] for entry in self.call("POST", "/se/log", type="browser")]

    def requests(self):
        """Every address that was asked for so far."""
        for entry in self.call("POST", "/se/log", type="performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                self.requested.add(message["params"]["request"]["url"])
        return self.requested

    def kinds(self):
        """The element names of the page, each with the names of its attributes."""
        return {tuple(kind) for kind in self.run(
            "return [...document.querySelectorAll('*')].map((each) =>"
            " [each.tagName, ...each.getAttributeNames()])")}

    def focused(self):
        return self.run("const at = document.activeElement; return at.id || at.className.baseVal ||"
                        " at.className || at.tagName")

    def poor_contrast(self):
        looked, poor = self.run(CONTRAST)
        assert looked > 20, "there was no text to look at"
        return poor

    def picture(self, path):
        """The whole page."""
        width = self.run("return innerWidth")
        self.resize(width, self.run("return Math.ceil(document.body.getBoundingClientRect().height)"))
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("GET", "/screenshot")))
