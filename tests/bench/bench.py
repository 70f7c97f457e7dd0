"""Measures nodeportd against what stands beside it, in one run on one machine."""
import argparse
import dataclasses
import json
import os
import pathlib
import platform
import signal
import subprocess
import sys
import tempfile

import growth
import idle
import latency
import measure
import report
import stages
import throughput

ROOT = pathlib.Path(__file__).resolve().parents[2]
PARTS = {"throughput": throughput, "latency": latency, "idle": idle, "growth": growth,
         "stages": stages}


@dataclasses.dataclass(frozen=True)
class Log:
    path: str
    truth: str
    bytes: int
    lines: int


class Bench:
    """What all parts share: the binaries, a folder that goes at the end, the logs in it."""

    def __init__(self, options, folder):
        self.options = options
        self.folder = pathlib.Path(folder)
        self.build = ROOT / "build" / "release"
        self.nodeportd = options.binary or str(self.build / "daemon" / "nodeportd")
        self.portable = options.portable
        self.rules = str(ROOT / "config" / "rules")
        self.rounds = options.rounds
        measure.SPEND = self.tool("spend")
        self.raw = {}
        self.logs = {}
        self.folders = 0

    def tool(self, name):
        return str(self.build / "tests" / "bench" / name)

    def new_folder(self):
        self.folders += 1
        return self.folder / f"run-{self.folders}"

    def log(self, *options, size=None):
        """A log of `size` (as scripts/bench was told, if None), written once a run and warm."""
        key = (size or self.options.size,) + options
        if key not in self.logs:
            self.logs[key] = self.write_log(f"log-{len(self.logs)}", "--bytes", *key)
        log = self.logs[key]
        measure.warm(log.path)
        return log

    def write_log(self, name, *options):
        path, truth = str(self.folder / f"{name}.log"), str(self.folder / f"{name}.truth")
        subprocess.run([self.tool("audit_mix"), "--out", path, "--truth", truth, *options],
                       check=True)
        lines = int(subprocess.run(["wc", "-l", path], check=True, capture_output=True,
                                   text=True).stdout.split()[0])
        return Log(path, truth, os.path.getsize(path), lines)

    def drop_logs(self):
        for log in self.logs.values():
            os.unlink(log.path)
        self.logs.clear()

    def say(self, text):
        print(text, file=sys.stderr, flush=True)


def machine():
    model = "unknown"
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return f"{model}, {os.cpu_count()} cores, Linux {platform.release()}"


def options_of(argv):
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__, epilog="""
        Aims stand beside the figures and decide nothing. Run it on a quiet machine.""")
    parser.add_argument("--size", default="1GB", help="of each log (%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="medians of so many (%(default)s)")
    parser.add_argument("--part", action="append", choices=PARTS, help="only this one; repeatable")
    parser.add_argument("--json", metavar="FILE", help="gets all raw figures")
    parser.add_argument("--binary", metavar="FILE", help="this nodeportd, not the one just built")
    parser.add_argument("--portable", metavar="FILE", help="a portable build to measure as well")
    parser.add_argument("--folder", metavar="DIR", help="for the logs; they are removed at the end")
    parser.add_argument("--seconds", type=float, default=60, help="of idling (%(default)s)")
    parser.add_argument("--tuples", type=int, default=2000,
                        help="lines whose way to the sinks is timed (%(default)s)")
    parser.add_argument("--size-max", default="2GB", help="up to which size grows (%(default)s)")
    parser.add_argument("--keys-max", type=int, default=1_000_000,
                        help="up to which the window keys grow (%(default)s)")
    parser.add_argument("--plots", metavar="DIR", help="gets the plots of growth, as SVG")
    return parser.parse_args(argv)


def main(argv):
    options = options_of(argv)
    tables = []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the folder goes all the same
    with tempfile.TemporaryDirectory(prefix="nodeportd-bench-", dir=options.folder) as folder:
        bench = Bench(options, folder)
        for name in options.part or PARTS:
            bench.say(f"bench: {name}")
            tables.append(f"## {name}\n\n" + report_of(bench, PARTS[name]))
            bench.drop_logs()
    print(f"{machine()}; logs of {options.size}, medians of {options.rounds}\n")
    print("\n\n".join(tables))
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"machine": machine(), "size": options.size, **bench.raw}, file, indent=1,
                      default=dataclasses.asdict)
    return 0


def report_of(bench, part):
    if hasattr(part, "tables"):
        return part.tables(bench)
    return report.table(part.rows(bench))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
