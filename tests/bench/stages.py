"""Point 7: the stages one by one, by Google Benchmark."""
import json
import subprocess

from report import columns

NANOSECONDS = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}


def rate(entry):
    if "bytes_per_second" in entry:
        return f"{entry['bytes_per_second'] / 1e9:.2f} GB/s"
    if "items_per_second" in entry:
        return f"{entry['items_per_second'] / 1e6:.3f} M items/s"
    return ""


def tables(bench):
    command = [bench.tool("stage_bench"), "--benchmark_format=json",
               f"--benchmark_repetitions={bench.rounds}", "--benchmark_report_aggregates_only=true"]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    entries = [entry for entry in json.loads(told)["benchmarks"]
               if entry["aggregate_name"] == "median"]
    bench.raw["stages"] = entries
    return columns([("stage", "CPU us an iteration", "rate")] + [
        (entry["run_name"], f"{entry['cpu_time'] * NANOSECONDS[entry['time_unit']] / 1e3:,.2f}",
         rate(entry)) for entry in entries])
