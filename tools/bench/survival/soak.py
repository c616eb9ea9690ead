"""Steady load for a long time: memory must not grow."""

import statistics
import threading
import time
from collections import namedtuple

from survival import serving
from survival.open_loop import OpenLoop, Shape
from survival.outcome import Outcome

# Questions and commands per second: far from what the server can do, so that it is steady.
CHECK_RATE = 2_000
CHARGE_RATE = 200
# A token lives for ten minutes; each run of the load has a fresh one, and new connections.
RUN_SECONDS = 60
WARM_UP_SHARE = 0.2
# Before that, commands as fast as they go: the ledger's caches and lists of recent keys grow until
# they are full, which at the steady rate would take longer than the run.
FILL_SECONDS = 20
DRIFT_MAX = 2

Growth = namedtuple("Growth", "first_kib last_kib drift_percent spread_percent")

HEAD = ["soak", "seconds", "calls", "first MiB", "last MiB", "drift %", "spread %", "p99 ms"]


def run(arguments, folder):
    """Resident memory each second of a steady load."""
    total = arguments.soak_seconds
    outcome = Outcome(
        f"{CHECK_RATE:,} questions and {CHARGE_RATE:,} charges a second for {total:,} s", HEAD
    )
    load = OpenLoop(arguments.open_loop, folder, arguments.load_core)
    with serving.farebox(arguments, folder) as server:
        load.run(server.port, server.charge(), Shape(), [("max", FILL_SECONDS)])
        with Sampler(server) as sampler:
            reports = []
            left = total
            while left > 0:
                seconds = min(RUN_SECONDS, left)
                reports.append(_load(load, server, seconds))
                left -= seconds
    grown = growth(sampler.kib)
    phases = [report["phases"][0] for pair in reports for report in pair]
    good = sum(phase["good"] for phase in phases)
    unserved = sum(phase["offered"] for phase in phases) - good
    p99 = statistics.median(check["phases"][0]["p99_us"] for check, _ in reports) / 1e3
    outcome.figures = {"kib": sampler.kib, **grown._asdict()}
    outcome.rows.append(
        [
            "farebox",
            f"{total:,}",
            f"{good:,}",
            f"{grown.first_kib / 1024:.1f}",
            f"{grown.last_kib / 1024:.1f}",
            f"{grown.drift_percent:+.2f}",
            f"{grown.spread_percent:.2f}",
            f"{p99:.1f}",
        ]
    )
    outcome.judge(
        "resident memory, last tenth against first, %", abs(grown.drift_percent), DRIFT_MAX
    )
    outcome.judge("calls without a good answer", unserved, 0)
    return outcome


def growth(kib):
    """The drift compares the first and the last tenth after the warm-up; the spread is between the
    least and the most of that time."""
    rest = kib[int(len(kib) * WARM_UP_SHARE) :]
    tenth = max(len(rest) // 10, 1)
    first, last = statistics.median(rest[:tenth]), statistics.median(rest[-tenth:])
    return Growth(first, last, (last - first) / first * 100, (max(rest) - min(rest)) / first * 100)


def _load(load, server, seconds):
    shape = Shape(connections=10, streams=50)
    both = [
        load.start(server.port, server.check(), shape, [(CHECK_RATE, seconds)]),
        load.start(server.port, server.charge(), shape, [(CHARGE_RATE, seconds)]),
    ]
    return [load.finish(process, seconds) for process in both]


class Sampler:
    """Notes a server's resident memory each second."""

    def __init__(self, server):
        self.kib = []
        self._server, self._ends = server, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ends.set()
        self._thread.join(5)

    def _watch(self):
        due = time.monotonic()
        while not self._ends.is_set():
            self.kib.append(self._server.resident_kib())
            due += 1
            self._ends.wait(max(due - time.monotonic(), 0))
