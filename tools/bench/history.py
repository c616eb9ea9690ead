"""Ledgers with a long past: filled once, and measured from the same beginning in each round."""

import os
import shutil
from pathlib import Path

import ledger_parts
from farebox_server import FareboxServer, forget_cached_pages, read_through
from ledger_load import FareboxLoad, run_bench_ledger

# Entries per second that a fill makes at the least, on a busy machine.
_FILL_RATE_MIN = 2_000
# A copy of the files of more entries takes too long; what a run adds to so many is little.
_COPIED_ENTRIES_MAX = 2_000_000


class Histories:
    """The filled data directories, each made from the next smaller one when it is first wanted."""

    def __init__(self, arguments, folder):
        self.arguments = arguments
        self.folder = Path(folder)
        self._made = {}

    def directory(self, entries):
        """The data directory with so many entries, stopped cleanly, and how many it really has."""
        if entries not in self._made:
            smaller = [count for count in ledger_parts.HISTORY_SIZES if count < entries]
            path = self.folder / f"history-{entries}"
            if smaller:
                shutil.copytree(self.directory(smaller[-1])[0], path)
            print(f"filling a ledger with {entries:,} entries", flush=True)
            filled = self.fill(path, entries, ledger_parts.HISTORY_ACCOUNTS)
            if not smaller:
                FareboxServer(self.arguments.farebox, path, self.arguments.server_core).prepare()
            self._made[entries] = path, filled["entries"]
        return self._made[entries]

    def fill(self, path, entries, accounts):
        """Makes lifecycles until there are so many entries; returns what bench-ledger printed."""
        words = ["fill", path, "--entries", entries, "--accounts", accounts]
        return run_bench_ledger(
            self.arguments.ledger_load,
            words,
            f"{self.arguments.server_core},{self.arguments.load_core}",
            seconds_max=600 + (entries + accounts) / _FILL_RATE_MIN,
        )


class HistoryLoad:
    """Starts a server on a long history, cold and after kill -9, and makes lifecycles on it."""

    def __init__(self, name, histories, entries):
        self.name = name
        self.histories = histories
        self.entries = entries

    def run(self, part, seconds, core):
        """One run; returns its sample."""
        arguments = self.histories.arguments
        path, entries = self.histories.directory(self.entries)
        if self.entries <= _COPIED_ENTRIES_MAX:
            path = Path(shutil.copytree(path, self.histories.folder / "history-run"))
        # What was written before must not be written during the run.
        os.sync()
        forget_cached_pages(path)
        server = FareboxServer(arguments.farebox, path, arguments.server_core)
        try:
            start_seconds = server.start()
            resident = server.resident_bytes()
            read_through(path)
            load = FareboxLoad(
                self.name, arguments.ledger_load, server, ledger_parts.HISTORY_ACCOUNTS
            )
            sample = load.run(part, seconds, core)
            server.kill()
            restart_seconds = server.start()
        finally:
            server.stop()
            if path.name == "history-run":
                shutil.rmtree(path)
        return {
            "entries": entries,
            **sample,
            "start_seconds": start_seconds,
            "restart_seconds": restart_seconds,
            "resident_bytes": resident,
        }
