"""From the samples of all rounds to medians, ratios, targets, a table and JSON."""

import os
import platform
import statistics
from datetime import datetime, timezone
from pathlib import Path

# (head, key of the sample, factor, format); a column shows when any sample has its key.
_COLUMNS = (
    ("offered {unit}/s", "offered", 1, "{:,.0f}"),
    ("{unit}/s", "rate", 1, "{:,.0f}"),
    ("callers", "callers", 1, "{:,.0f}"),
    ("accounts", "accounts", 1, "{:,.0f}"),
    ("entries", "entries", 1, "{:,.0f}"),
    ("lifecycles", "lifecycles", 1, "{:,.0f}"),
    ("CPU us each", "cpu_us", 1, "{:,.3f}"),
    ("mallocs each", "mallocs", 1, "{:.2f}"),
    ("busy", "busy", 1, "{:.0%}"),
    ("other side busy", "other_busy", 1, "{:.0%}"),
    ("lifecycles/s beside", "beside_rate", 1, "{:,.0f}"),
    ("mean ms", "latency_mean", 1e3, "{:.2f}"),
    ("p50 ms", "latency_p50", 1e3, "{:.2f}"),
    ("p99 ms", "latency_p99", 1e3, "{:.2f}"),
    ("max ms", "latency_max", 1e3, "{:.1f}"),
    ("entries/commit", "entries_per_commit", 1, "{:,.0f}"),
    ("commit p99 ms", "commit_p99", 1e3, "{:.2f}"),
    ("commit max ms", "commit_max", 1e3, "{:.1f}"),
    ("between commits max ms", "commit_gap_max", 1e3, "{:.1f}"),
    ("start-up s", "start_seconds", 1, "{:.2f}"),
    ("after kill -9 s", "restart_seconds", 1, "{:.2f}"),
    ("resident MB", "resident_bytes", 1e-6, "{:,.1f}"),
    ("journal bytes", "journal_bytes", 1, "{:,.0f}"),
    ("table bytes", "tables_bytes", 1, "{:,.0f}"),
    ("bytes each", "bytes_each", 1, "{:,.0f}"),
)


def summarize(rounds):
    """`rounds` is a list of {runner: sample}; returns {runner: medians}."""
    names = list(dict.fromkeys(name for samples in rounds for name in samples))
    return {
        name: _medians([samples[name] for samples in rounds if name in samples]) for name in names
    }


def judge(rounds, targets):
    """The median over rounds of each target's ratio; a ratio compares runs of the same round."""
    verdicts = []
    for target in targets:
        values = [value for samples in rounds if (value := _value(samples, target)) is not None]
        if not values:
            continue
        median = statistics.median(values)
        verdicts.append(
            {
                "target": target.label,
                "wanted": target.wanted,
                "is_upper_bound": target.is_upper_bound,
                "median": median,
                "lowest": min(values),
                "highest": max(values),
                "met": target.is_met(median),
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


def print_table(part, summary):
    rows = _rows(part, summary)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    print(f"\n{part.title}")
    for row in rows:
        print(
            "  ".join(
                cell.ljust(width) if column == 0 else cell.rjust(width)
                for column, (cell, width) in enumerate(zip(row, widths))
            )
        )


def print_verdicts(verdicts):
    if not verdicts:
        return
    width = max(len(f"{verdict['part']}: {verdict['target']}") for verdict in verdicts)
    print("\nTargets: median of the rounds' ratios (lowest..highest)")
    for verdict in verdicts:
        label = f"{verdict['part']}: {verdict['target']}"
        print(
            f"{label.ljust(width)} {_short(verdict['median']):>9}  "
            f"({_short(verdict['lowest'])}..{_short(verdict['highest'])}), wanted "
            f"{_wanted(verdict)}: {'met' if verdict['met'] else 'MISSED'}"
        )


def markdown(machine, parts, summaries, verdicts):
    """All tables as one Markdown text; `summaries` is {part: {runner: medians}}."""
    load = machine["load_average"][0]
    lines = [
        f"Medians, measured at {machine['time']} on {machine['cores']} cores of {machine['cpu']}, "
        f"Linux {machine['kernel']}, load average {load:.1f} at the end.",
        *([f"The peer is {machine['postgres']['version']}."] if "postgres" in machine else []),
        "",
        "| target | wanted | median | lowest | highest | |",
        "|---|---|---:|---:|---:|---|",
    ]
    for verdict in verdicts:
        lines.append(
            f"| {verdict['part']}: {verdict['target']} | {_wanted(verdict)} "
            f"| {_short(verdict['median'])} | {_short(verdict['lowest'])} "
            f"| {_short(verdict['highest'])} | {'met' if verdict['met'] else '**missed**'} |"
        )
    for part in parts:
        head, *rows = _rows(part, summaries[part.name])
        lines += ["", f"### {part.title}", "", f"| {' | '.join(head)} |"]
        lines.append("|---" + "|---:" * (len(head) - 1) + "|")
        lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def _rows(part, summary):
    """The table's rows of texts, its head first."""
    columns = [column for column in _COLUMNS if any(column[1] in row for row in summary.values())]
    rows = [[part.name] + [head.format(unit=part.unit) for head, *_ in columns]]
    for name, row in summary.items():
        rows.append(
            [name]
            + [form.format(row[key] * by) if key in row else "" for _, key, by, form in columns]
        )
    return rows


def _wanted(verdict):
    return f"{'at most' if verdict['is_upper_bound'] else 'at least'} {verdict['wanted']:,g}"


def _value(samples, target):
    if target.over not in samples or (target.under and target.under not in samples):
        return None
    value = samples[target.over][target.figure] * target.scale
    return value / samples[target.under][target.figure] if target.under else value


def _short(value):
    return f"{value:,.2f}" if abs(value) < 100 else f"{value:,.0f}"


def _medians(samples):
    return {key: statistics.median(sample[key] for sample in samples) for key in samples[0]}
