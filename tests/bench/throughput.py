"""Point 1: what a gigabyte of log costs, against the tools that one would compare it with."""
import os
import statistics

import measure
import rule_files
import truth
from daemon import Daemon
from report import Row

GREP = {"LC_ALL": "C"}


class Throughput:
    def __init__(self, bench):
        self.bench = bench
        self.raw = {}

    def path(self, name):
        return str(self.bench.folder / name)

    def replay(self, log, *options, binary=None, cpus=None):
        """Costs of replaying a log, whose truth is checked each time."""
        def once():
            out = self.path("alerts.out")
            cost = measure.run([binary or self.bench.nodeportd, "replay", "--format", "json",
                                *options, log.path], out, cpus)
            self.check(log, out, " ".join(options))
            return cost
        return once

    def check(self, log, alerts, what):
        wrong = truth.mistakes(log.truth, alerts)
        if wrong:
            raise RuntimeError(f"replay {what} of {log.path}: " + "; ".join(wrong))

    def command(self, *argv, env=None):
        return lambda: measure.run(argv, self.path("out"), env=env)

    def run_to_end(self, log):
        """Costs of `run` that begins with the first line and is stopped when all is delivered."""
        def once():
            with Daemon(self.bench.nodeportd, self.bench.new_folder(), [log.path],
                        rules=self.bench.rules, extra="aggregate: {update_every: 0}\n") as daemon:
                daemon.start()
                daemon.await_end_of_logs()
                return daemon.stop()
        return once

    def usual(self):
        log = self.bench.log()
        more = rule_files.write(self.path("more-rules"), self.bench.rules, 100)
        bare = self.bench.tool("read_blocks")
        contestants = {
            "read": self.command(bare, log.path),
            "wc": self.command("wc", "-l", log.path),
            "grep": self.command("grep", "-cF", "NodePort", log.path, env=GREP),
            "replay": self.replay(log),
            "replay, 100 more rules": self.replay(log, "--rules", self.bench.rules, "--rules",
                                                  more),
            "run": self.run_to_end(log),
        }
        if self.bench.portable:
            contestants["replay, portable"] = self.replay(log, binary=self.bench.portable)
        costs = measure.interleaved(contestants, self.bench.rounds)
        self.raw["usual"] = costs
        rows = [self.row(log, name, costs, name, None, None) for name in ("read", "wc", "grep")]
        rows += [self.row(log, "nodeportd replay", costs, "replay", base, aim)
                 for base, aim in (("grep", 0.40), ("wc", None), ("read", None))]
        rows.append(self.row(log, "nodeportd replay, 100 more rules", costs,
                             "replay, 100 more rules", "replay", 1.5))
        rows.append(self.row(log, "nodeportd run, catching up", costs, "run", "replay", 1.15))
        if self.bench.portable:
            rows.append(self.row(log, "nodeportd replay, portable build", costs,
                                 "replay, portable", "grep", 1.0))
        return rows

    def hostile(self):
        log = self.bench.log("--hostile")
        costs = measure.interleaved({
            "grep": self.command("grep", "-cF", "NodePort", log.path, env=GREP),
            "simdjson": self.command(self.bench.tool("simdjson_lines"), log.path),
            "replay": self.replay(log),
        }, self.bench.rounds)
        self.raw["hostile"] = costs
        return [self.row(log, "hostile: simdjson's DOM, each line", costs, "simdjson", None, None),
                self.row(log, "hostile: nodeportd replay", costs, "replay", "simdjson", 1.25),
                self.row(log, "hostile: nodeportd replay", costs, "replay", "grep", None)]

    def cores(self):
        """Lines per second of the same command on two cores and on one."""
        available = sorted(os.sched_getaffinity(0))
        if len(available) < 2:
            return []
        log = self.bench.log()
        two, one = set(available[:2]), set(available[:1])
        costs = measure.interleaved({
            "one core": self.replay(log, "--workers", "2", cpus=one),
            "two cores": self.replay(log, "--workers", "2", cpus=two),
        }, self.bench.rounds)
        self.raw["cores"] = costs

        def rate(name):
            return f"{log.lines / measure.median(costs[name], 'wall') / 1e6:.2f} M lines/s"

        gain = measure.median_ratio(costs["one core"], costs["two cores"], "wall")
        return [Row("two workers on one core", rate("one core")),
                Row("two workers on two cores", rate("two cores"), gain, "one core", 1.8,
                    at_least=True)]

    def row(self, log, what, costs, name, base, aim):
        per_gigabyte = statistics.median(cost.cpu for cost in costs[name]) * 1e9 / log.bytes
        ratio = measure.median_ratio(costs[name], costs[base]) if base else None
        return Row(what, f"{per_gigabyte:.3f} CPU s/GB", ratio, base or "", aim)


def rows(bench):
    part = Throughput(bench)
    result = part.usual() + part.hostile() + part.cores()
    bench.raw["throughput"] = part.raw
    return result
