"""The ledger without a server: how fast it is, what it costs on disk and in memory."""

import math
import os
import shutil
import statistics
import time
from pathlib import Path

import ledger_parts
from farebox_server import FareboxServer
from ledger_load import run_bench_ledger, sample

_EXTRA_SECONDS_MAX = 300.0
_PROBE_BYTES = 4096


class InProcessLoad:
    """Lifecycles on the ledger in the process that asks for them, on both cores."""

    def __init__(self, name, arguments, folder):
        self.name = name
        self.arguments = arguments
        self.folder = Path(folder) / "in-process"

    def run(self, part, seconds, core):
        """One run on an empty ledger; returns its sample."""
        words = ["in-process", self.folder, "--callers", part.streams]
        words += ["--accounts", ledger_parts.MANY_ACCOUNTS]
        words += ["--seconds", seconds, "--warm-up", min(1.0, seconds)]
        cores = f"{self.arguments.server_core},{self.arguments.load_core}"
        try:
            figures = run_bench_ledger(
                self.arguments.ledger_load, words, cores, seconds + _EXTRA_SECONDS_MAX
            )
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)
        taken = sample(figures)
        taken["busy"] = taken.pop("other_busy")
        taken["cpu_us"] = taken["busy"] / taken["rate"] * 1e6
        taken["callers"] = part.streams
        taken["entries_per_commit"] = figures["entries_per_commit"]
        taken["commit_p99"] = figures["commit_ms"]["p99"] / 1e3
        taken["commit_max"] = figures["commit_ms"]["max"] / 1e3
        taken["commit_gap_max"] = figures["commit_gap_ms"]["max"] / 1e3
        return taken


class DiskProbe:
    """A page appended and made durable, again and again: what the disk itself takes for it."""

    def __init__(self, name, folder):
        self.name = name
        self.path = Path(folder) / "disk-probe"

    def run(self, part, seconds, core):
        """One run; returns its sample."""
        taken = []
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline or len(taken) < 2:
                started = time.monotonic()
                os.write(descriptor, bytes(_PROBE_BYTES))
                os.fdatasync(descriptor)
                taken.append(time.monotonic() - started)
        finally:
            os.close(descriptor)
            self.path.unlink()
        return {
            "commit_p99": statistics.quantiles(taken, n=100, method="inclusive")[98],
            "commit_max": max(taken),
        }


class DiskUse:
    """The size of a ledger's files after so many entries about so many accounts."""

    ACCOUNTS, LIFECYCLES = 1_000, 20_000
    MORE_ACCOUNTS, MORE_LIFECYCLES = 50_000, 100_000

    def __init__(self, name, histories):
        self.name = name
        self.histories = histories

    def run(self, part, seconds, core):
        """Fills a ledger, and returns the sizes of its files."""
        accounts = self.ACCOUNTS + (self.MORE_ACCOUNTS if self.name == "more-accounts" else 0)
        wanted = self.LIFECYCLES + (self.MORE_LIFECYCLES if self.name == "more-lifecycles" else 0)
        path = self.histories.folder / f"disk-{self.name}"
        try:
            figures = self.histories.fill(path, accounts + 2 * wanted, accounts)
        finally:
            shutil.rmtree(path, ignore_errors=True)
        sizes = figures["disk_bytes"]
        journal = sum(size for name, size in sizes.items() if name.startswith("journal"))
        return {
            "accounts": accounts,
            # A fill may go a little beyond what it was asked for.
            "lifecycles": (figures["entries"] - accounts) / 2,
            "journal_bytes": journal,
            "tables_bytes": sum(sizes.values()) - journal,
        }


class AccountMemory:
    """The memory that a ledger's process takes once so many accounts are in it."""

    def __init__(self, name, histories, accounts):
        self.name = name
        self.histories = histories
        self.accounts = accounts

    def run(self, part, seconds, core):
        """One run; returns its sample."""
        path = self.histories.folder / "memory"
        if not path.exists():
            most = ledger_parts.MEMORY_SIZES[-1]
            self.histories.fill(path, most, most)
        figures = run_bench_ledger(
            self.histories.arguments.ledger_load,
            ["memory", path, "--accounts", self.accounts],
            core,
            _EXTRA_SECONDS_MAX,
        )
        grown = figures["bytes_per_account"] * figures["accounts"]
        return {"accounts": figures["accounts"], "resident_bytes": figures["base_bytes"] + grown}


class ServerMemory:
    """The memory of the whole server before any account is in it."""

    def __init__(self, name, arguments, folder):
        self.name = name
        self.arguments = arguments
        self.folder = Path(folder) / "idle-server"

    def run(self, part, seconds, core):
        """One run; returns its sample."""
        server = FareboxServer(self.arguments.farebox, self.folder, self.arguments.server_core)
        server.prepare()
        try:
            server.start()
            time.sleep(0.5)
            return {"accounts": 0, "resident_bytes": server.resident_bytes()}
        finally:
            server.stop()
            shutil.rmtree(self.folder)


def each_account_in_memory(samples):
    """A straight line through the points of accounts and memory: {runner: sample} to add."""
    points = [
        (sample["accounts"], sample["resident_bytes"])
        for sample in samples.values()
        if sample["accounts"] > 0
    ]
    if len(points) < 2:
        return {}
    slope, base = statistics.linear_regression(*zip(*points))
    return {
        "each account": {"bytes_each": slope},
        "ledger without accounts": {"resident_bytes": base},
    }


def each_on_disk(samples):
    """What one account and one lifecycle add to the files: {runner: sample} to add."""
    if not {"few", "more-accounts", "more-lifecycles"} <= samples.keys():
        return {}
    few = samples["few"]
    added = {}
    lifecycle = {"journal_bytes": math.nan, "tables_bytes": math.nan}
    for name, key in (("more-lifecycles", "lifecycles"), ("more-accounts", "accounts")):
        more = samples[name]
        each = {}
        for file in ("journal_bytes", "tables_bytes"):
            grown = more[file] - few[file]
            if key == "accounts":
                grown -= (more["lifecycles"] - few["lifecycles"]) * lifecycle[file]
            each[file] = grown / (more[key] - few[key])
        if key == "lifecycles":
            lifecycle = each
        total = each["journal_bytes"] + each["tables_bytes"]
        added[f"each {key[:-1]}"] = {**each, "bytes_each": total}
    return added
