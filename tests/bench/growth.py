"""Point 5: what a line costs when the log, the windows, the files or the rules grow."""
import os
import pathlib
import shutil

import measure
import plot
import rule_files
import truth
from daemon import Daemon
from report import columns

SIZES = ("1MB", "10MB", "100MB", "1GB", "2GB", "10GB")
UNITS = {"MB": 10**6, "GB": 10**9}
KEYS = (10, 100, 1_000, 10_000, 100_000, 1_000_000)
REPEATS = 100_000  # lines at least
FILES = (1, 10, 50, 100, 200)
RULES = (0, 20, 50, 100, 195)  # beside the five that are shipped
BYTES_OF_FILES = 200 * 10**6


def bytes_of(size):
    return int(float(size[:-2]) * UNITS[size[-2:]])


class Growth:
    """Each series is a list of points: x, microseconds of CPU a line, peak memory in MiB."""

    def __init__(self, bench):
        self.bench = bench
        self.out = str(bench.folder / "growth.out")

    def replay(self, log, *options):
        cost = measure.run([self.bench.nodeportd, "replay", "--format", "json", *options,
                            log.path], self.out)
        wrong = truth.mistakes(log.truth, self.out)
        if wrong:
            raise RuntimeError(f"{log.path}: " + "; ".join(wrong))
        return cost

    def point(self, x, lines, costs, start_up=0.0):
        cpu = max(0.0, measure.median(costs) - start_up)
        return {"x": x, "us_per_line": cpu * 1e6 / lines,
                "peak_mib": measure.median(costs, "peak") / 1024}

    def by_size(self):
        """Without what a start costs, which is all that a small log would show."""
        empty = self.bench.write_log("empty", "--lines", "0")
        points = []
        for size in SIZES:
            if bytes_of(size) > bytes_of(self.bench.options.size_max):
                break
            log = self.bench.log(size=size)
            costs = measure.interleaved({"empty": lambda: self.replay(empty),
                                         "log": lambda log=log: self.replay(log)},
                                        self.bench.rounds * (5 if log.bytes < 50e6 else 1))
            points.append(self.point(log.bytes / 1e6, log.lines, costs["log"],
                                     measure.median(costs["empty"])))
            self.bench.drop_logs()
        return points

    def by_keys(self):
        """Every line is the creation of a Service: first one for each window key, then repeats.
        What a repeat costs is what the log costs beyond its beginning that has none."""
        config = self.bench.folder / "keys.yaml"
        config.write_text(
            "sources: [{audit_log: /none}]\n"
            f"rules: ['{self.bench.rules}']\naggregate: {{max_keys: 1000000}}\n"
            "sinks: [{name: none, type: file, path: /none.jsonl}]\n", encoding="utf-8")
        points = []
        for keys in KEYS:
            if keys > self.bench.options.keys_max:
                break
            repeats = max(REPEATS, keys // 2)
            logs = {name: self.bench.write_log(
                name, "--lines", str(lines), "--keys", str(keys), "--service-writes", "100",
                "--exposures", "100", "--step", str(min(2_000, 3_000_000_000 // (keys + repeats))))
                for name, lines in {"first": keys, "all": keys + repeats}.items()}
            costs = measure.interleaved(
                {name: lambda log=log: self.replay(log, "--config", str(config))
                 for name, log in logs.items()}, self.bench.rounds if keys < 100_000 else 1)
            first = measure.median(costs["first"])
            points.append(self.point(keys, repeats, costs["all"], first))
            if keys >= 10_000:  # of fewer, most would be the start's
                points[-1]["us_per_new"] = first * 1e6 / keys
            for log in logs.values():
                os.unlink(log.path)
        return points

    def by_files(self):
        points = []
        for files in FILES:
            folder = self.bench.new_folder()
            folder.mkdir()
            logs = [self.bench.write_log(f"{folder.name}-{i}", "--bytes",
                                         str(BYTES_OF_FILES // files), "--seed", str(i + 1))
                    for i in range(files)]
            paths = []
            for i, log in enumerate(logs):
                (folder / f"{i}").mkdir()
                paths.append(shutil.move(log.path, folder / f"{i}" / "audit.log"))
                measure.warm(paths[-1])
            with Daemon(self.bench.nodeportd, folder / "daemon", paths,
                        rules=self.bench.rules) as daemon:
                daemon.start()
                daemon.await_end_of_logs()
                peak = daemon.memory("VmHWM")
                cost = daemon.stop()
            points.append(self.point(files, sum(log.lines for log in logs),
                                     [measure.Cost(cost.cpu, cost.wall, peak)]))
            shutil.rmtree(folder)
        return points

    def by_rules(self):
        """Without what a start costs: reading the rules is told apart."""
        log = self.bench.log(size="200MB")
        empty = self.bench.write_log("no-lines", "--lines", "0")
        first = pathlib.Path(self.bench.rules) / "kubernetes_node_port_creation.yml"
        shipped = len(list(pathlib.Path(self.bench.rules).glob("*.yml")))
        # The one rule alone finds less than all: its truth is not the log's.
        alone = [self.bench.nodeportd, "replay", "--rules", str(first)]
        points = [self.point_of_rules(1, log, {
            "empty": lambda: measure.run([*alone, empty.path], self.out),
            "log": lambda: measure.run([*alone, log.path], self.out)})]
        for count in RULES:
            more = rule_files.write(self.bench.folder / f"rules-{count}", self.bench.rules, count)
            options = ["--rules", self.bench.rules] + (["--rules", more] if count else [])
            points.append(self.point_of_rules(shipped + count, log, {
                "empty": lambda options=options: self.replay(empty, *options),
                "log": lambda options=options: self.replay(log, *options)}))
        return points

    def point_of_rules(self, count, log, runs):
        costs = measure.interleaved(runs, self.bench.rounds)
        start = measure.median(costs["empty"])
        return self.point(count, log.lines, costs["log"], start) | {"ms_per_start": start * 1000}


SERIES = {
    "size": ("size of the log, MB", Growth.by_size),
    "keys": ("window keys", Growth.by_keys),
    "files": ("followed files", Growth.by_files),
    "rules": ("rules", Growth.by_rules),
}


EXTRAS = {"us_per_new": "CPU us/new window", "ms_per_start": "CPU ms/start"}


def table(label, points):
    extras = [extra for extra in EXTRAS if any(extra in point for point in points)]
    cells = [(label, "CPU us/line", "of the first", "peak MiB")
             + tuple(EXTRAS[extra] for extra in extras)]
    first = points[0]["us_per_line"] or 1e-9
    for point in points:
        cells.append((f"{point['x']:,.0f}", f"{point['us_per_line']:.2f}",
                      f"{point['us_per_line'] / first:.2f}", f"{point['peak_mib']:.0f}")
                     + tuple(f"{point[extra]:.2f}" if extra in point else "" for extra in extras))
    return columns(cells)


def tables(bench):
    part = Growth(bench)
    bench.raw["growth"] = {}
    texts = []
    for name, (label, measured) in SERIES.items():
        bench.say(f"bench: growth of {name}")
        points = bench.raw["growth"][name] = measured(part)
        texts.append(table(label, points))
        if bench.options.plots:
            plot.draw(points, label, os.path.join(bench.options.plots, f"growth-{name}.svg"))
    return "\n\n".join(texts)
