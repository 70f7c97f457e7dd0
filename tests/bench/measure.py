"""What a child process costs: CPU seconds, wall time, memory."""
import contextlib
import dataclasses
import os
import statistics
import subprocess


@dataclasses.dataclass(frozen=True)
class Cost:
    cpu: float   # seconds, user and system, of all threads
    wall: float  # seconds
    peak: int    # KiB of resident memory


SPEND = None  # the path of the tool that runs a command and prints its cost


def run(argv, stdout, cpus=None, env=None):
    """Runs a command to its end, its output in the file `stdout` (never /dev/null: GNU grep stops
    at its first match then); `cpus` are those it may use."""
    spent = subprocess.run([SPEND, stdout, stdout + ".stderr", *argv], check=True,
                           capture_output=True, text=True, env=dict(os.environ, **(env or {})),
                           preexec_fn=pin(cpus) if cpus else None).stdout.split()
    if spent[3] not in ("0", "1"):  # 1: grep found nothing
        with open(stdout + ".stderr", encoding="utf-8", errors="replace") as text:
            raise RuntimeError(f"{argv[0]} ended with {spent[3]}: {text.read()[-2000:]}")
    return Cost(cpu=float(spent[0]), wall=float(spent[1]), peak=int(spent[2]))


def cost_of(usage, wall):
    return Cost(cpu=usage.ru_utime + usage.ru_stime, wall=wall, peak=usage.ru_maxrss)


def pin(cpus):
    return lambda: os.sched_setaffinity(0, cpus)


def interleaved(contestants, rounds):
    """Runs each of {name: function -> Cost} once a round; all their costs by name."""
    costs = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, contestant in contestants.items():
            costs[name].append(contestant())
    return costs


def median(costs, what="cpu"):
    return statistics.median(getattr(cost, what) for cost in costs)


def median_ratio(costs, base, what="cpu"):
    """The median of the rounds' ratios: what disturbs a round disturbs both."""
    return statistics.median(getattr(a, what) / max(getattr(b, what), 1e-9)
                             for a, b in zip(costs, base))


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def warm(path):
    """Brings a file into the page cache."""
    with open(path, "rb", buffering=0) as file:
        while file.read(1 << 20):
            pass


@contextlib.contextmanager
def removed_after(path):
    try:
        yield path
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
