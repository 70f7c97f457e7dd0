"""What can happen to a log while it is followed, on the real daemon (hazards of its peers)."""

import gzip
import os
import shutil
import signal

from harness import EndToEnd, creation, eventually


class Follow(EndToEnd):
    def setUp(self):
        super().setUp()
        self.number = 0

    def write(self, count=1, path=None):
        """Appends creations with names of their own; their names."""
        names = []
        for _ in range(count):
            self.number += 1
            names.append(f"svc-{self.number:04}")
            self.append(creation(f"id-{self.number}", names[-1]), path)
        return names

    def told(self):
        return [alert["group"]["objectRef.name"] for alert in self.alerts()
                if alert["phase"] == "first"]

    def expect(self, names, limit=90.0):
        """The alerts of these names, in their order and each once."""
        eventually(lambda: len(self.told()) >= len(names), limit, f"{len(names)} alerts")
        self.assertEqual(self.told(), names)

    def blind_spots(self):
        return [alert for alert in self.alerts(rule=None)
                if "nodeportd.line_uninspectable" in alert["rule"]["tags"]]

    def rotate(self, name):
        os.rename(self.path("audit.log"), self.path(f"audit-2026-11-24T{name}.000.log"))

    def test_a_log_that_is_not_there_yet_is_waited_for_with_its_folder(self):
        daemon = self.daemon(self.config(self.file_sink(), log=self.path("later", "audit.log")))
        daemon.start()
        os.mkdir(self.path("later"))
        self.expect(self.write(3, self.path("later", "audit.log")))

    def test_rotated_five_times_while_stopped_by_a_signal_it_reads_all_in_order(self):
        names = self.write(2)
        daemon = self.daemon(self.config(self.file_sink())).start()
        self.expect(names)
        daemon.process.send_signal(signal.SIGSTOP)
        for turn in range(5):
            names += self.write(2)
            self.rotate(f"10-00-0{turn}")
        names += self.write(2)
        daemon.process.send_signal(signal.SIGCONT)
        self.expect(names)

    def test_rotated_and_packed_while_down_it_reads_what_it_had_not(self):
        names = self.write(4)
        daemon = self.daemon(self.config(self.file_sink())).start()
        self.expect(names)
        daemon.kill()
        names += self.write(3)
        self.rotate("10-00-00")
        names += self.write(3)
        self.rotate("10-00-01")
        for turn in range(2):
            plain = self.path(f"audit-2026-11-24T10-00-0{turn}.000.log")
            with open(plain, "rb") as file, gzip.open(plain + ".gz", "wb") as packed:
                shutil.copyfileobj(file, packed)
            os.remove(plain)
        names += self.write(3)
        daemon.start()
        self.expect(names)

    def test_half_a_line_waits_for_its_rest_over_a_crash(self):
        line = creation("half", "half")
        self.append(line[:200])
        daemon = self.daemon(self.config(self.file_sink())).start()
        self.append(line[200:400])
        daemon.kill()
        daemon.start()
        self.append(line[400:])
        self.expect(["half"])

    def test_a_truncated_log_begins_anew(self):
        daemon = self.daemon(self.config(self.file_sink())).start()
        names = self.write(5)
        self.expect(names)
        os.truncate(self.path("audit.log"), 0)
        names += self.write(2)
        self.expect(names)

    def test_a_log_deleted_while_unread_is_read_to_its_end(self):
        names = self.write(1)
        daemon = self.daemon(self.config(self.file_sink())).start()
        self.expect(names)
        daemon.process.send_signal(signal.SIGSTOP)
        names += self.write(3)
        os.remove(self.path("audit.log"))
        names += self.write(3)
        daemon.process.send_signal(signal.SIGCONT)
        self.expect(names)

    def test_a_symlink_that_is_swapped_is_followed(self):
        os.mkdir(self.path("logs"))
        os.symlink("logs/day1", self.path("audit.log"))
        names = self.write(2, self.path("logs", "day1"))
        self.daemon(self.config(self.file_sink())).start()
        self.expect(names)
        names += self.write(2, self.path("logs", "day2"))
        os.symlink("logs/day2", self.path("audit.tmp"))
        os.rename(self.path("audit.tmp"), self.path("audit.log"))
        self.expect(names)

    def test_events_of_any_size_are_told_with_those_around_them(self):
        names = self.write(1)
        for size in (70 << 10, 300 << 10, 1_900 << 10):
            names.append(f"{size >> 10}-KiB")
            self.append(creation(names[-1], names[-1], userAgent="x" * size))
            names += self.write(1)
        daemon = self.daemon(self.config(self.file_sink())).start()
        self.expect(names)
        names += self.write(1)
        self.expect(names)
        self.assertEqual(self.blind_spots(), [])
        self.assertEqual(daemon.stop(), 0)

    def test_a_lone_small_event_in_a_new_file_is_told_within_two_seconds(self):
        names = self.write(1)
        self.daemon(self.config(self.file_sink())).start()
        self.expect(names)
        line = ('{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"a",'
                '"stage":"ResponseComplete","verb":"create","user":{"username":"alice"},'
                '"sourceIPs":["10.0.0.7"],"objectRef":{"resource":"services","name":"lone"},'
                '"responseStatus":{"code":201},"requestObject":{"spec":{"type":"NodePort"}},'
                '"stageTimestamp":"2026-11-24T10:00:00.000000Z"}\n')
        self.assertLess(len(line), 400)
        self.rotate("10-00-00")
        self.append(line)
        self.expect(names + ["lone"], limit=2)

    def test_a_thousand_lines_that_cannot_be_read_are_one_alert_with_their_count(self):
        self.append("".join(creation(f"torn-{number}", "torn")[:-20] + "\n"
                            for number in range(1_000)))
        names = self.write(1)
        config = self.config(self.file_sink(), aggregate="  update_every: 1s")
        daemon = self.daemon(config).start()
        self.expect(names)
        eventually(lambda: any(alert["count"] == 1_000 for alert in self.blind_spots()),
                   what="the whole count")
        told = self.blind_spots()
        self.assertEqual(len({alert["alert_id"] for alert in told}), 1)
        self.assertLess(len(told), 10)
        self.assertEqual(int(daemon.status()["uninspectable"]), 1_000)
        self.assertEqual(daemon.stop(), 0)
        self.assertLess(len(daemon.stderr().splitlines()), 50)

    def test_a_line_too_long_is_told_and_the_lines_around_it_are_read(self):
        long = creation("long", "long", userAgent="x" * 200_000)
        names = self.write(1)
        self.append(long)
        names += self.write(1)
        config = self.config(self.file_sink()).replace("start_at: beginning",
                                                       "start_at: beginning\n    max_line: 64KiB")
        self.daemon(config).start()
        self.expect(names)
        alert = eventually(self.blind_spots, what="line_uninspectable")[0]
        self.assertEqual(alert["group"]["reason"], "oversize")
        self.assertEqual(alert["events"][0]["audit_id"], "long")

    def test_a_restart_on_an_idle_log_repeats_nothing(self):
        names = self.write(20)
        daemon = self.daemon(self.config(self.file_sink())).start()
        self.expect(names)
        for _ in range(5):
            self.assertEqual(daemon.stop(), 0)
            daemon.start()
        names += self.write(1)
        self.expect(names)

    def test_start_at_end_reads_what_comes_and_says_what_it_skipped(self):
        self.write(5)
        daemon = self.daemon(self.config(self.file_sink(), start_at="end")).start()
        eventually(lambda: (daemon.status() or {}).get("logs"), what="a status")
        self.expect(self.write(2))
        skipped = [alert for alert in self.alerts(rule=None)
                   if "nodeportd.source.history_skipped" in alert["rule"]["tags"]]
        self.assertEqual(len(skipped), 1)
