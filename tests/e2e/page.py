"""The page at the admin address, in a headless Chromium."""

import copy
import http.client
import json
import os
import socket
from datetime import datetime, timedelta, timezone

from browser import KEYS, Browser
from harness import EndToEnd, creation, eventually

CODES = {"succeeded": 201, "denied": 403, "rejected": 422, "conflict": 409, "failed": 500}
MARKUP = ["<img src=x onerror=\"window.ran=1\">", "<script>window.ran=1</script>",
          "\"><svg onload=window.ran=1>", "javascript:window.ran=1", "' onmouseover='window.ran=1",
          "</script></title></style><iframe srcdoc='<script>parent.ran=1</script>'>",
          "\u202egnp.exe\u2066 \x1b[2J\x00", "&lt;b&gt;${window.ran=1}{{window.ran=1}}", "W" * 1000]


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def before(**ago):
    moment = datetime.now(timezone.utc) - timedelta(**ago)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def exposure(audit_id, namespace="shop", name="web", outcome="succeeded", port=31080,
             address="198.51.100.23", **more):
    event = json.loads(creation(audit_id, name, code=CODES[outcome], **more))
    event["sourceIPs"] = [address]
    event["objectRef"]["namespace"] = namespace
    event["requestURI"] = f"/api/v1/namespaces/{namespace}/services"
    service = event["requestObject"]
    service["metadata"]["namespace"] = namespace
    service["spec"]["ports"] = [{"port": 80, "protocol": "TCP", "nodePort": port}]
    if outcome == "denied":
        event["annotations"] = {"authorization.k8s.io/decision": "forbid"}
    if outcome == "succeeded":
        event["responseObject"] = copy.deepcopy(service)
        event["responseObject"]["metadata"]["uid"] = "uid-" + audit_id
    return event


def places(value, path=()):
    """Where texts stand in an event."""
    if isinstance(value, str):
        yield path
    elif isinstance(value, (dict, list)):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(inner, (*path, key))


def put(event, path, text):
    event = copy.deepcopy(event)
    inner = event
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = text
    return event


class Asked(EndToEnd):
    def setUp(self):
        super().setUp()
        self.port = free_port()

    def settings(self, listen="127.0.0.1", **options):
        config = self.config(self.file_sink(), **options)
        return config.replace("admin:\n", f"admin:\n  listen: '{listen}:{self.port}'\n")

    def write(self, *events, path=None):
        self.append("".join(json.dumps(event) + "\n" for event in events), path)

    def start(self, *events, config=None):
        self.write(*events)
        daemon = self.daemon(config or self.settings()).start()
        if events:
            eventually(self.overview_rows, what="an exposure in /overview")
        return daemon

    def overview_rows(self):
        return json.loads(self.get("/overview")[1])["exposures"]

    def get(self, path, host=None, method="GET"):
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        client.request(method, path, headers={"Host": host} if host else {})
        answer = client.getresponse()
        body = answer.read().decode()
        client.close()
        return answer, body


class Looked(Asked):
    @classmethod
    def setUpClass(cls):
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    def setUp(self):
        super().setUp()
        self.browser.resize(1280)
        self.browser.emulate(prefers_color_scheme="light")

    def open_page(self):
        browser = self.browser
        browser.visit(f"http://127.0.0.1:{self.port}/")
        browser.complaints()
        eventually(lambda: browser.rows("sources"), what="the page")
        return browser


class Page(Looked):
    def test_an_exposure_is_told_with_who_from_where_which_port_and_whether_it_worked(self):
        self.start(exposure("a-1", user="alice@example.org", time_text=before(minutes=90)),
                   exposure("a-2", "data", "db", "denied", 32000, "192.0.2.9", user="mallory",
                            time_text=before(hours=5)))
        browser = self.open_page()
        rows = eventually(lambda: len(browser.rows("exposures")) == 2 and browser.rows("exposures"))
        self.assertEqual(rows[0][1:], ["alice@example.org", "198.51.100.23", "shop/web",
                                       "NodePort 31080/TCP → 80", "succeeded"])
        self.assertEqual(rows[1][1:], ["mallory", "192.0.2.9", "data/db",
                                       "NodePort 32000/TCP → 80", "denied"])
        dots = browser.run("return [...document.querySelectorAll('.dot')].map((each) =>"
                           " [each.getAttribute('class'), each.getAttribute('aria-label')])")
        self.assertEqual([dot[0] for dot in dots], ["dot mark stopped", "dot mark worked"])
        self.assertIn("mallory from 192.0.2.9, data/db", dots[0][1])
        self.assertIn("mallory", browser.text("#users"))
        self.assertIn("data", browser.text("#spaces"))
        # What a source says of itself is a little older than the alerts beside it.
        eventually(lambda: browser.rows("sources")[0][:2] == [self.path("audit.log"),
                                                              "read to its end"],
                   what="a log that is read")
        self.assertRegex(browser.rows("sources")[0][5], r"\d:\d\d")
        self.assertEqual(browser.rows("sinks")[0][:2], ["alerts", "takes alerts"])
        self.assertEqual(browser.text("#sentence"), "Seeing everything.")
        self.assertEqual(browser.complaints(), [])

    def test_what_comes_while_the_page_is_looked_at_is_shown(self):
        self.start()
        browser = self.open_page()
        self.assertIn("No exposure was seen", browser.text("#exposures"))
        self.assertEqual(browser.rows("sources")[0][5], "none yet")
        self.write(exposure("a-1", time_text=before(seconds=1)), {"broken": True})
        self.append("{\"kind\":\"Event\",\"verb\":\"create\",\"objectRef\":{\"resource\":\"services\""
                    ",\"x\":NodePort\n")
        eventually(lambda: browser.rows("exposures"), what="the exposure")
        eventually(lambda: browser.rows("open"), what="an open alert")
        eventually(lambda: browser.rows("blind"), what="a blind spot")
        self.assertIn("blind spot", browser.text("#sentence"))

    def hostile_events(self):
        model = exposure("a", user="alice", time_text=before(minutes=5))
        model["impersonatedUser"] = {"username": "bob"}
        model["annotations"] = {"authorization.k8s.io/reason": "because"}
        model["requestObject"]["metadata"]["labels"] = {"app": "web"}
        model["responseObject"]["spec"]["externalIPs"] = ["192.0.2.1"]
        model["responseObject"]["spec"]["ports"][0].update(name="http", targetPort="web")
        paths = list(places(model))
        free = [path for path in paths if path[-1] in ("username", "name", "namespace", "auditID", "uid")
                or path[0] in ("sourceIPs", "userAgent", "annotations")
                or path[-1] in ("targetPort", 0)]
        events = []
        for number, text in enumerate(MARKUP):
            whole = put(model, ("auditID",), f"all-{number}")
            for path in free:
                whole = put(whole, path, text)
            events.append(whole)
            for at, path in enumerate(paths):
                each = put(model, ("auditID",), f"id-{number}-{at}")
                events.append(put(each, path, text))
        return events

    def test_markup_in_every_field_of_events_and_in_names_runs_nothing_and_adds_no_element(self):
        calm = self.start(exposure("a-1", time_text=before(minutes=5)),
                          exposure("a-2", "b", "c", "denied", time_text=before(minutes=6)),
                          exposure("a-3", "b", "c", "failed", time_text=before(minutes=6)))
        self.append("{\"kind\":\"Event\",\"verb\":\"create\",\"objectRef\":{\"resource\":\"services\""
                    ",\"x\":NodePort\n")
        browser = self.open_page()
        eventually(lambda: browser.rows("blind") and browser.rows("open"), what="every kind of row")
        browser.run("document.querySelector('#exposures button').click()")
        clean = browser.kinds()
        calm.stop()

        log = self.path("<img src=x onerror=window.ran=1>.log")
        config = self.settings(log=f"'{log}'").replace(self.path("state"), self.path("hostile"))
        config = config.replace("cluster: test", f"cluster: '{MARKUP[0]}'")
        config = config.replace("node: cp-1", f"node: '{MARKUP[1]}'")
        self.write(*self.hostile_events(), path=log)
        self.append("{\"kind\":\"Event\",\"verb\":\"create\",\"objectRef\":{\"resource\":\"services\""
                    ",\"x\":NodePort\n", log)
        self.daemon(config).start()
        eventually(lambda: len(self.overview_rows()) > 100, what="the exposures")
        browser = self.open_page()
        eventually(lambda: len(browser.rows("exposures")) == 25, what="the exposures on the page")
        browser.run("document.querySelector('.more').click()")
        self.assertGreater(len(browser.rows("exposures")), 100)
        eventually(lambda: browser.rows("blind"), what="a blind spot")
        shown = browser.text()
        for text in (MARKUP[0], MARKUP[1], MARKUP[2], MARKUP[3], "\\u{202e}gnp.exe", "W" * 150):
            self.assertTrue(text in shown, text)
        self.assertFalse("\u202e" in shown or "W" * 700 in shown)
        for button in range(20):
            browser.run("document.querySelectorAll('#exposures button')[arguments[0]].click();"
                        "document.getElementById('details').close()", button)
        browser.run("document.querySelector('#exposures button').click()")
        # What stands there for many: that some are counted only, or not shown yet.
        many = {("CAPTION",), ("BUTTON", "type", "class")}
        self.assertEqual(browser.kinds() - clean - many, set())
        self.assertIsNone(browser.run("return window.ran"))
        self.assertEqual(browser.complaints(), [])
        ours = (f"http://127.0.0.1:{self.port}/", "data:", "http://127.0.0.1:", "chrome://")
        self.assertEqual({url for url in browser.requests() if not url.startswith(ours)}, set())

    def test_the_policy_stops_a_script_that_got_in_all_the_same(self):
        self.start(exposure("a-1", time_text=before(minutes=5)))
        browser = self.open_page()
        browser.run("const it = document.createElement('div'); document.body.append(it);"
                    "it.innerHTML = arguments[0]", MARKUP[0])
        eventually(lambda: any("Content Security Policy" in each for each in browser.complaints()),
                   what="a refusal")
        self.assertIsNone(browser.run("return window.ran"))

    def test_all_can_be_reached_with_the_keyboard(self):
        self.start(*(exposure(f"a-{n}", name=f"web-{n}", time_text=before(hours=n)) for n in (1, 2, 3)))
        browser = self.open_page()
        eventually(lambda: len(browser.rows("exposures")) == 3)
        reached = []
        for _ in range(9):
            browser.press(KEYS["tab"])
            reached.append(browser.focused())
        for wanted in ("skip", "words", "outcome", "dot mark worked", "link"):
            self.assertIn(wanted, reached)
        browser.run("document.querySelector('.dot[tabindex=\"0\"]').focus()")
        label = "return document.activeElement.getAttribute('aria-label')"
        self.assertIn("shop/web-1", browser.run(label))
        browser.press(KEYS["left"])
        self.assertIn("shop/web-2", browser.run(label))
        browser.press(KEYS["home"])
        self.assertIn("shop/web-3", browser.run(label))
        browser.press(KEYS["enter"])
        self.assertTrue(browser.run("return document.getElementById('details').open"))
        self.assertIn("shop/web-3", browser.text("#facts"))
        browser.press(KEYS["escape"])
        self.assertIn("shop/web-3", browser.run(label))
        outline = browser.run("document.querySelector('#words').focus();"
                              "return getComputedStyle(document.activeElement).outlineStyle")
        self.assertEqual(outline, "solid")

    def test_the_filter_leaves_what_matches(self):
        self.start(exposure("a-1", user="alice", time_text=before(hours=1)),
                   exposure("a-2", "data", "db", "denied", user="mallory", time_text=before(hours=2)))
        browser = self.open_page()
        eventually(lambda: len(browser.rows("exposures")) == 2)
        browser.run("document.getElementById('words').focus()")
        browser.press("MALLORY data/")
        self.assertEqual([row[1] for row in browser.rows("exposures")], ["mallory"])
        self.assertEqual(browser.run("return document.querySelectorAll('.dot').length"), 1)
        self.assertNotIn("alice", browser.text("#users"))
        browser.run("document.getElementById('outcome').focus()")
        browser.press("worked")
        self.assertIn("Nothing matches", browser.text("#exposures"))
        browser.run("const field = document.getElementById('words'); field.value = '';"
                    "field.dispatchEvent(new Event('input', {bubbles: true}))")
        self.assertEqual([row[1] for row in browser.rows("exposures")], ["alice"])

    def test_a_narrow_screen_does_not_scroll_sideways(self):
        self.start(exposure("a-1", "n" * 60, "w" * 60, user="u" * 300, time_text=before(hours=1)),
                   exposure("a-2", name="two words", outcome="denied", time_text=before(hours=2)))
        browser = self.open_page()
        browser.resize(360, 800)
        eventually(lambda: browser.run("return document.querySelector('#timeline svg').clientWidth") < 360)
        self.assertLessEqual(browser.run("return document.scrollingElement.scrollWidth"), 360)
        browser.run("document.querySelector('#exposures button').click()")
        self.assertLessEqual(browser.run("return document.querySelector('dialog').scrollWidth"), 360)

    def test_light_and_dark_differ_and_both_can_be_read(self):
        self.start(*(exposure(f"a-{n}", name=f"w{n}", outcome=outcome, time_text=before(hours=2 * n + 1))
                     for n, outcome in enumerate(CODES)))
        browser = self.open_page()
        eventually(lambda: len(browser.rows("exposures")) == len(CODES))
        grounds = set()
        for scheme in ("light", "dark"):
            browser.emulate(prefers_color_scheme=scheme)
            self.assertEqual(browser.poor_contrast(), [])
            grounds.add(browser.run("return getComputedStyle(document.body).color"))
        self.assertEqual(len(grounds), 2)

    def test_a_daemon_that_is_gone_or_blind_is_told(self):
        daemon = self.start(exposure("a-1", time_text=before(hours=1)))
        browser = self.open_page()
        os.remove(self.path("audit.log"))
        eventually(lambda: browser.text("#sentence") == "Not everything is seen.", what="blindness")
        self.assertIn("no file under this path any more", browser.text("#troubles"))
        daemon.stop()
        eventually(lambda: "does not answer" in browser.text("#sentence"), what="its absence")
        self.assertEqual(len(browser.rows("exposures")), 1)
        self.daemons[-1].start()
        self.append("")
        eventually(lambda: "does not answer" not in browser.text("#sentence"), what="its return")


class Reach(Asked):
    def test_a_website_whose_name_leads_here_learns_nothing(self):
        self.start(exposure("a-1", time_text=before(hours=1)))
        for host in ("evil.example", f"evil.example:{self.port}", "127.0.0.1.evil.example", "[evil]",
                     "localhost.evil.example", "localhost:1:2"):
            for path in ("/", "/overview", "/status", "/metrics"):
                answer, body = self.get(path, host)
                self.assertEqual(answer.status, 403, (host, path))
                self.assertNotIn("alice", body)
        for host in ("localhost", f"localhost:{self.port}", "127.0.0.1", "[::1]:9464", "10.1.2.3:80"):
            self.assertEqual(self.get("/overview", host)[0].status, 200, host)

    def test_the_page_loads_nothing_from_elsewhere_and_no_website_may_use_it(self):
        self.start()
        for path in ("/", "/page.js", "/page.css", "/overview"):
            answer, body = self.get(path)
            self.assertIn("default-src 'none'", answer.getheader("Content-Security-Policy"))
            self.assertNotIn("unsafe", answer.getheader("Content-Security-Policy"))
            self.assertEqual(answer.getheader("X-Content-Type-Options"), "nosniff")
            self.assertEqual(answer.getheader("Cross-Origin-Resource-Policy"), "same-origin")
            self.assertEqual(answer.getheader("Referrer-Policy"), "no-referrer")
            self.assertEqual(answer.getheader("Cache-Control"), "no-store")
            self.assertIsNone(answer.getheader("Access-Control-Allow-Origin"))
            for marker in ("innerHTML", "https://", "eval("):
                self.assertNotIn(marker, body)
            self.assertEqual(self.get(path, method="POST")[0].status, 405)
        for order in ("/reload", "/deliver"):  # on the socket alone
            self.assertEqual(self.get(order, method="POST")[0].status, 405)

    def test_whoever_reaches_the_port_from_elsewhere_gets_no_page(self):
        self.write(exposure("a-1", time_text=before(hours=1)))
        self.daemon(self.settings(listen="0.0.0.0")).start()
        for path in ("/", "/page.js", "/page.css", "/overview"):
            self.assertEqual(self.get(path)[0].status, 404, path)
        self.assertEqual(self.get("/metrics", "node-1.example")[0].status, 200)

    def test_an_impatient_asker_is_told_the_same_again(self):
        self.start(exposure("a-1", time_text=before(hours=1)))
        eventually(lambda: len({self.get("/overview")[1] for _ in range(5)}) == 1)
