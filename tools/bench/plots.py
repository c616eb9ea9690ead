"""SVG plots of the figures: latency over the offered rate, throughput over the size of the history.

`plots.py RESULTS_JSON` draws them again from the figures of an earlier run.
"""

import json
import sys
from pathlib import Path

import matplotlib

matplotlib.use("svg")
# Text stays text, and the same figures give the same file.
matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "farebox", "font.size": 10})

from matplotlib import pyplot  # noqa: E402
from matplotlib.ticker import FuncFormatter, NullFormatter  # noqa: E402

# (label, key of a sample, line style)
_LATENCIES = (
    ("median", "latency_p50", "o-"),
    ("p99", "latency_p99", "s-"),
    ("longest", "latency_max", "^:"),
)
# A rate that was not reached by so much is beyond saturation.
_REACHED_SHARE = 0.97
# (offered rate, most milliseconds of p99): see the targets of the parts.
_LATENCY_TARGETS = ((5_000, 4), (15_000, 10))
_HISTORY_SHARE_MIN = 0.85


def draw(medians, folder):
    """Draws what there are figures for, `medians` being {part: {runner: sample}}; returns paths."""
    drawn = []
    for part, file, plot in (
        ("rates", "latency-over-rate.svg", _latency_over_rate),
        ("history", "throughput-over-history.svg", _throughput_over_history),
    ):
        if part in medians:
            figure, axes = pyplot.subplots(figsize=(7, 4.2), layout="constrained")
            axes.grid(True, which="major", color="0.9")
            axes.spines[["top", "right"]].set_visible(False)
            plot(axes, list(medians[part].values()))
            drawn.append(Path(folder) / file)
            figure.savefig(drawn[-1], metadata={"Date": None})
            pyplot.close(figure)
    return drawn


def split_at_saturation(samples):
    """The samples whose offered rate was reached, in order of that rate, and the others."""
    ordered = sorted(samples, key=lambda sample: sample["offered"])
    reached = [s for s in ordered if s["rate"] >= _REACHED_SHARE * s["offered"]]
    return reached, [sample for sample in ordered if sample not in reached]


def _latency_over_rate(axes, samples):
    reached, beyond = split_at_saturation(samples)
    for label, key, style in _LATENCIES:
        axes.plot(
            [sample["offered"] for sample in reached],
            [sample[key] * 1e3 for sample in reached],
            style,
            label=label,
            markersize=4,
        )
    for rate, most in _LATENCY_TARGETS:
        axes.plot(rate, most, "v", color="0.4", markersize=7)
        axes.annotate(
            f"wanted: p99 ≤ {most} ms",
            (rate, most),
            (0, 7),
            textcoords="offset points",
            ha="center",
            color="0.3",
        )
    if beyond:
        edge = beyond[0]["offered"]
        axes.axvline(edge, color="0.5", linestyle="--", linewidth=1)
        best = max(sample["rate"] for sample in beyond)
        axes.annotate(
            f"{edge:,}/s is not reached: {best:,.0f}/s",
            (edge, 0.98),
            (4, 0),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            rotation=90,
            ha="left",
            va="top",
            color="0.3",
        )
        axes.set_xlim(right=1.08 * edge)
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.set_xlim(left=0)
    axes.set_xlabel("offered lifecycles (OpenHold and SettleHold) per second")
    axes.set_ylabel("milliseconds per lifecycle")
    axes.set_title("Latency over the offered rate, each answer on disk")
    axes.legend(frameon=False, loc="upper left")


def _throughput_over_history(axes, samples):
    ordered = sorted(samples, key=lambda sample: sample["entries"])
    sizes = [sample["entries"] for sample in ordered]
    rates = [sample["rate"] for sample in ordered]
    axes.plot(sizes, rates, "o-", label="lifecycles per second", markersize=5)
    least = rates[0] * _HISTORY_SHARE_MIN
    axes.axhline(least, color="0.5", linestyle="--", linewidth=1)
    axes.annotate(
        f"wanted: at least {_HISTORY_SHARE_MIN:.0%} of the rate at {sizes[0]:,} entries",
        (sizes[0], least),
        (0, -12),
        textcoords="offset points",
        color="0.3",
    )
    axes.set_xscale("log")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.set_ylim(0, 1.15 * max(rates))
    axes.set_xlabel("journal entries at the start of the run")
    axes.set_ylabel("lifecycles per second")
    axes.set_title("Throughput over the size of the history")


def main():
    results = Path(sys.argv[1])
    parts = json.loads(results.read_text())["parts"]
    medians = {name: part["medians"] for name, part in parts.items()}
    for path in draw(medians, results.parent):
        print(path)


if __name__ == "__main__":
    main()
