"""Five times as many calls as a server can do, each with a deadline, whatever becomes of them."""

import contextlib
import statistics

from survival import serving
from survival.open_loop import OpenLoop, Shape
from survival.outcome import Outcome

FACTOR = 5
GOODPUT_MIN = 0.8
RECOVERY_SECONDS_MAX = 10
# Recovered: as many good answers as are asked for, in each second from then on.
RECOVERED = 0.97
CALM = 0.5
PEAK_SECONDS = 5
AFTER_SECONDS = 15
DEADLINE_MS = 500
# So many calls under way at once take longer than their deadlines: the server has to choose.
CONNECTIONS = 100
STREAMS = 100
# A handler that computes for so long: refusing must be cheaper than serving.
WORK_US = 100

HEAD = [
    "overload",
    "peak/s",
    "offered/s",
    "good/s",
    "refused/s",
    "of peak",
    "p99 ms",
    "back after s",
]


def run(arguments, folder):
    """The peak, with as much to do as the server can take; half of it; five times as much; half."""
    outcome = Outcome(
        f"Good answers (within {DEADLINE_MS} ms) at {FACTOR} times the peak for "
        f"{arguments.overload_seconds} s, {CONNECTIONS} connections with {STREAMS} streams",
        HEAD,
    )
    load = OpenLoop(arguments.open_loop, folder, arguments.load_core)
    for name in arguments.overload_rows.split(","):
        with _server(name, arguments, folder) as (server, call):
            _one_row(outcome, name, arguments, load, server, call)
    return outcome


@contextlib.contextmanager
def _server(name, arguments, folder):
    """A question on the loop, a command for the ledger's writer, an echo, or an echo with work."""
    if name in ("check-credits", "deduct-credits"):
        with serving.farebox(arguments, folder) as server:
            yield server, server.check if name == "check-credits" else server.charge
    else:
        with serving.echo(arguments, folder, WORK_US if name == "echo-work" else 0) as server:
            yield server, server.echo


def _one_row(outcome, name, arguments, load, server, call):
    # As many calls at once as are answered well within their deadlines.
    shape = Shape(connections=10, streams=100)
    peaks = [
        phase["good"] / phase["seconds"]
        for phase in load.run(server.port, call(), shape, [("max", 1), ("max", PEAK_SECONDS)])[
            "phases"
        ][1:]
    ]
    peak = statistics.median(peaks)
    shape = Shape(CONNECTIONS, STREAMS, DEADLINE_MS)
    phases = [
        (f"{CALM * peak:.0f}", 3),
        (f"{FACTOR * peak:.0f}", arguments.overload_seconds),
        (f"{CALM * peak:.0f}", AFTER_SECONDS),
    ]
    report = load.run(server.port, call(), shape, phases)
    before, above, after = report["phases"]
    good = above["good"] / above["seconds"]
    back = recovery(report["seconds"], 3 + arguments.overload_seconds)
    refused = (above["refused"] + above["reset"]) / above["seconds"]
    outcome.figures[name] = {"peak": peak, "recovery_seconds": back, **report}
    outcome.rows.append(
        [
            name,
            f"{peak:,.0f}",
            f"{above['offered'] / above['seconds']:,.0f}",
            f"{good:,.0f}",
            f"{refused:,.0f}",
            f"{good / peak:.0%}",
            f"{above['p99_us'] / 1e3:.0f}",
            "never" if back is None else f"{back}",
        ]
    )
    print(
        f"{name}: of {above['offered']:,} calls {above['good']:,} were good, "
        f"{above['late']:,} late, "
        f"{above['refused']:,} refused, {above['reset']:,} reset, {above['given_up']:,} given up "
        f"when sent, {above['unsent']:,} before; {report['reconnects']} connections were lost; "
        f"before and after: {before['good'] / before['offered']:.1%} and "
        f"{after['good'] / after['offered']:.1%} good; the load was up to "
        f"{report['own_delay_max_us'] / 1e3:.0f} ms behind itself",
        flush=True,
    )
    outcome.judge(f"{name}: goodput / peak", good / peak, GOODPUT_MIN, is_upper_bound=False)
    outcome.judge(
        f"{name}: recovery, s", AFTER_SECONDS if back is None else back, RECOVERY_SECONDS_MAX
    )


def recovery(seconds, since):
    """Whole seconds after the load dropped until all was well, for good; None = never."""
    rest = seconds[since:]
    well = [one["good"] >= RECOVERED * one["offered"] for one in rest]
    for number in range(len(well)):
        if all(well[number:]):
            return number
    return None
