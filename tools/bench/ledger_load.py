"""Calls of bench-ledger, the load on the ledger, and what it printed, as samples."""

import json
import subprocess

_EXTRA_SECONDS_MAX = 120.0


class LedgerLoadError(Exception):
    """bench-ledger failed, or some of its lifecycles did."""


def run_bench_ledger(program, words, core, seconds_max):
    """Runs one of its modes pinned to a core, or to several, and returns the object it printed."""
    command = ["taskset", "-c", core, program, *words]
    try:
        done = subprocess.run(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds_max,
        )
    except subprocess.TimeoutExpired:
        raise LedgerLoadError(f"bench-ledger {words[0]} took over {seconds_max} s") from None
    return parse(done.stdout, done.stderr, done.returncode, words[0])


def parse(text, complaints, code, mode):
    """The object that bench-ledger printed; raises LedgerLoadError when any lifecycle failed."""
    if code != 0:
        raise LedgerLoadError(f"bench-ledger {mode} ended with {code}: {complaints[-600:]}")
    figures = json.loads(text)
    if figures.get("failures"):
        raise LedgerLoadError(f"bench-ledger {mode}: failures {figures['failures']}")
    return figures


def lifecycle_words(address, token, part, seconds, accounts, warm_up, rate=None):
    """The words of a load over RPC."""
    words = ["lifecycles", address, "--token", token, "--accounts", accounts]
    words += ["--seconds", seconds, "--warm-up", warm_up]
    return words + (["--rate", rate] if rate else ["--callers", part.streams])


def sample(figures, units_per_lifecycle=1):
    """Rates and latencies; bench-ledger tells times in milliseconds."""
    lifecycle_ms = figures["lifecycle_ms"]
    return {
        "rate": figures["lifecycles_per_second"] * units_per_lifecycle,
        "other_busy": figures["cpu_seconds"] / figures["seconds"],
        "latency_p50": lifecycle_ms["p50"] / 1e3,
        "latency_p99": lifecycle_ms["p99"] / 1e3,
        "latency_max": lifecycle_ms["max"] / 1e3,
    }


class FareboxLoad:
    """Lifecycles over RPC on a running `farebox serve`.

    `rate` offers so many lifecycles per second; left out, the part's callers each make one after
    the other.
    """

    def __init__(self, name, program, farebox, accounts, rate=None, units_per_lifecycle=1):
        self.name = name
        self.program = program
        self.farebox = farebox
        self.accounts = accounts
        self.rate = rate
        self.units_per_lifecycle = units_per_lifecycle

    def warm_up(self, part, core):
        """Nothing: each run warms up before it measures."""

    def run(self, part, seconds, core):
        """One run; returns its sample."""
        words = lifecycle_words(
            self.farebox.address,
            self.farebox.token(),
            part,
            seconds,
            self.accounts,
            warm_up=min(1.0, seconds),
            rate=self.rate,
        )
        with self.farebox.watch() as watch:
            figures = run_bench_ledger(
                self.program, words, core, seconds_max=10 * seconds + _EXTRA_SECONDS_MAX
            )
            busy = watch.busy(figures["seconds"])
        taken = sample(figures, self.units_per_lifecycle)
        if self.rate:
            return {"offered": self.rate * self.units_per_lifecycle, "busy": busy, **taken}
        cpu_us = busy / taken["rate"] * 1e6
        return {"cpu_us": cpu_us, "busy": busy, "callers": part.streams, **taken}
