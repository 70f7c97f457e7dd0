"""What the daemon does to the node it runs on."""

import os
import pty
import signal
import socket
import subprocess

from harness import NODEPORTD, NODE_PORT_RULE, EndToEnd, creation, eventually

# As long as nothing may happen: longer than every timer but the reconcile pass and the lookout's.
SPAN = 5.0


class Manners(EndToEnd):
    def switches(self, process):
        """Of all threads: each is one that slept and was woken."""
        total = 0
        for task in os.listdir(f"/proc/{process.pid}/task"):
            with open(f"/proc/{process.pid}/task/{task}/status", encoding="utf-8") as status:
                total += next(int(row.split()[1]) for row in status
                              if row.startswith("voluntary_ctxt_switches"))
        return total

    def threads(self, process):
        """Their names."""
        names = []
        for task in os.listdir(f"/proc/{process.pid}/task"):
            try:
                with open(f"/proc/{process.pid}/task/{task}/comm", encoding="utf-8") as comm:
                    names.append(comm.read().strip())
            except OSError:  # it has ended
                pass
        return names

    def test_between_two_reconciles_nothing_wakes_an_idle_daemon(self):
        self.append(creation("a-1", "web"))
        daemon = self.daemon(self.config(self.file_sink()) + "pipeline: {reconcile: 1h}\n").start()
        eventually(self.alerts, what="an alert")
        counts = []

        def rests():
            counts.append(self.switches(daemon.process))
            return len(counts) > 1 and counts[-1] == counts[-2]

        # The lookout looks every half minute, and its look may fall into a span or two.
        eventually(rests, what=f"{SPAN} s without a wake-up", pause=SPAN)
        self.assertEqual(daemon.stop(), 0)

    def test_a_sink_that_is_dead_does_not_hold_up_a_stop(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            hook = ("  - {name: hook, type: webhook, timeout: 5m, retry: {initial: 100ms}, "
                    f"url: 'http://127.0.0.1:{silent.getsockname()[1]}/'}}\n")
            daemon = self.daemon(self.config(hook) + "pipeline: {stop_timeout: 10m}\n").start()
            self.append(creation("a-1", "web"))
            # The first attempt is broken off, the next one hangs.
            silent.accept()[0].close()
            hanging, _ = silent.accept()
            hanging.recv(65_536)
            self.assertFalse(daemon.status()["sinks"][0]["alive"])
            self.assertEqual(daemon.stop(), 0)  # and not in five minutes
            hanging.close()

    def draining(self):
        """A daemon whose drain waits for a receiver that has not answered yet, and that receiver."""
        server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(server.close)
        hook = ("  - {name: hook, type: webhook, timeout: 5m, phases: [first], rules: [%s], "
                "url: 'http://127.0.0.1:%d/'}\n" % (NODE_PORT_RULE, server.getsockname()[1]))
        config = self.config(hook + self.file_sink()) + "pipeline: {stop_timeout: 10m}\n"
        daemon = self.daemon(config).start()
        self.append(creation("a-1", "web"))
        receiver, _ = server.accept()
        self.addCleanup(receiver.close)
        receiver.recv(65_536)
        daemon.process.send_signal(signal.SIGTERM)
        eventually(lambda: "stopping: draining" in daemon.stderr(), what="the drain")
        return daemon, receiver

    def test_a_drain_goes_on_whoever_asks_for_a_reload_or_for_files_to_be_opened_anew(self):
        daemon, receiver = self.draining()
        daemon.process.send_signal(signal.SIGHUP)
        daemon.process.send_signal(signal.SIGUSR1)
        receiver.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
        self.assertEqual(daemon.process.wait(timeout=90), 0)
        self.assertTrue(daemon.stderr().endswith(" stopped\n"), daemon.stderr())

    def test_what_a_receiver_refuses_in_the_drain_is_told_after_the_next_start(self):
        daemon, receiver = self.draining()
        # Before that what is refused is told at once.
        eventually(lambda: "ledger" not in self.threads(daemon.process), what="the ledger's end")
        receiver.sendall(b"HTTP/1.1 422 Unprocessable Entity\r\nContent-Length: 0\r\n\r\n")
        self.assertEqual(daemon.process.wait(timeout=90), 0)

        def told():
            return [alert for alert in self.alerts(rule=None)
                    if "nodeportd.sink.dead_letter" in alert["rule"]["tags"]]

        self.assertEqual(told(), [])
        daemon.start()
        eventually(told, what="the notice of the dead letter")
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual(len(told()), 1)

    def test_a_second_request_to_stop_ends_a_drain_at_once(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            daemon, _ = self.draining()
            daemon.process.send_signal(number)
            self.assertEqual(daemon.process.wait(timeout=90), -number)
            os.remove(daemon.log)

    def test_a_stop_that_comes_with_another_signal_is_an_orderly_one(self):
        daemon = self.daemon(self.config(self.file_sink())).start()
        for stop in (signal.SIGINT, signal.SIGTERM):
            for other in (signal.SIGUSR1, signal.SIGHUP):
                daemon.process.send_signal(signal.SIGSTOP)
                daemon.process.send_signal(other)
                daemon.process.send_signal(stop)
                daemon.process.send_signal(signal.SIGCONT)
                self.assertEqual(daemon.process.wait(timeout=90), 0, (stop, other))
                daemon.start()

    def test_a_long_replay_shows_how_fast_it_is_and_how_long_it_takes(self):
        whole = "".join(creation(f"a-{i}", "web") for i in range(60_000))
        self.append(whole)
        ours, theirs = pty.openpty()
        process = subprocess.Popen([NODEPORTD, "replay", self.path("audit.log")], stderr=theirs,
                                   stdout=subprocess.DEVNULL)
        os.close(theirs)
        seen = b""
        try:
            while chunk := os.read(ours, 65_536):
                seen += chunk
        except OSError:  # the other end is closed
            pass
        os.close(ours)
        self.assertEqual(process.wait(), 0)
        self.assertRegex(seen.decode(), r"\r +\d+ %  \d+ MB, \d+ MB/s, (\d+[ms])+ left")
        self.assertNotIn("left", seen.decode().rpartition("\r")[2])
