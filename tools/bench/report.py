"""From the shots of all rounds to medians, ratios, targets, a table and JSON."""

import os
import platform
import statistics
from datetime import datetime, timezone
from pathlib import Path

# (label, over, under, smallest acceptable ratio of rates)
TARGETS = (
    ("echo / nghttpd", "farebox-echo", "nghttpd", 0.45),
    ("echo / gRPC C++", "farebox-echo", "grpc-cpp", 2.5),
    ("CheckCredits / echo", "check-credits", "farebox-echo", 0.5),
)


def summarize(rounds):
    """`rounds` is a list of {server name: sample}; returns {server name: medians}."""
    names = list(dict.fromkeys(name for samples in rounds for name in samples))
    return {
        name: _medians([samples[name] for samples in rounds if name in samples]) for name in names
    }


def judge(rounds):
    """The median over rounds of each target's ratio; a ratio compares runs of the same round."""
    verdicts = []
    for label, over, under, wanted in TARGETS:
        ratios = [
            samples[over]["rate"] / samples[under]["rate"]
            for samples in rounds
            if over in samples and under in samples
        ]
        if ratios:
            median = statistics.median(ratios)
            verdicts.append(
                {
                    "target": label,
                    "wanted": wanted,
                    "median": median,
                    "lowest": min(ratios),
                    "highest": max(ratios),
                    "met": median >= wanted,
                }
            )
    return verdicts


def machine():
    """What the figures were taken on."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return {
        "time": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "cpu": model,
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "load_average": list(os.getloadavg()),
    }


def print_table(summary, verdicts):
    head = ("server", "req/s", "CPU us/req", "server busy", "load busy", "mean ms", "max ms")
    rows = [
        (
            name,
            f"{row['rate']:,.0f}",
            f"{row['cpu_us_per_request']:.2f}",
            f"{row['server_busy']:.0%}",
            f"{row['load_busy']:.0%}",
            f"{row['latency_mean'] * 1e3:.2f}",
            f"{row['latency_max'] * 1e3:.1f}",
        )
        for name, row in summary.items()
    ]
    widths = [max(len(row[column]) for row in [head] + rows) for column in range(len(head))]
    print()
    for row in [head] + rows:
        print(
            "  ".join(
                cell.ljust(width) if column == 0 else cell.rjust(width)
                for column, (cell, width) in enumerate(zip(row, widths))
            )
        )
    print()
    for verdict in verdicts:
        print(
            f"{verdict['target']:<20} {verdict['median']:6.2f}  "
            f"(rounds {verdict['lowest']:.2f}..{verdict['highest']:.2f}, "
            f"wanted {verdict['wanted']:.2f})  {'met' if verdict['met'] else 'MISSED'}"
        )


def _medians(samples):
    return {key: statistics.median(sample[key] for sample in samples) for key in samples[0]}
