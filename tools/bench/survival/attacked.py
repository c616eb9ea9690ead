"""What an honest client notices of an attack: its slowest calls, alone and beside each attack."""

import json
import statistics
import subprocess
import sys
from pathlib import Path

from survival import serving
from survival.attacks import ATTACKS
from survival.open_loop import OpenLoop, Shape
from survival.outcome import Outcome

CONNECTIONS = 10
RATE = 2_000
RATIO_MAX = 2
# The attack has begun when the honest client is measured, and goes on until it was.
LEAD_SECONDS = 0.3

HEAD = [
    "attacked",
    "row",
    "quiet p99 ms",
    "p99 ms",
    "ratio",
    "connections/s",
    "MiB/s",
    "growth MiB",
]


def run(arguments, folder):
    """Rounds of an honest client alone and beside the attack, one after the other, so that a slow
    minute of the machine falls on both. A call's time is from when it was sent, since the load
    program may come late to its own core."""
    outcome = Outcome(
        f"An honest client ({RATE:,} questions a second) beside attacks from {CONNECTIONS} "
        "connections",
        HEAD,
    )
    load = OpenLoop(arguments.open_loop, folder, arguments.load_core)
    names = [name for name in ATTACKS if arguments.attack in name]
    for name in names:
        # A server of its own: what an attack leaves behind is not the next one's.
        with serving.farebox(arguments, folder) as server:
            call = server.check()
            with AttackingProgram(server.port, arguments.load_core) as attacker:
                _one_row(outcome, arguments, load, server, call, name, attacker)
    return outcome


def _one_row(outcome, arguments, load, server, call, name, attacker):
    seconds = arguments.attack_seconds
    shape = Shape(connections=2, streams=50)
    phases = [(RATE, seconds)]
    load.run(server.port, call, shape, [(RATE, 0.5)])
    before = server.settled_kib()
    rounds = []
    for _ in range(arguments.attack_rounds):
        quiet = load.run(server.port, call, shape, phases)
        attacker.begin(name, seconds + 2 * LEAD_SECONDS)
        beside = load.run(server.port, call, shape, [(RATE, LEAD_SECONDS), *phases])
        rounds.append({"quiet": _taken(quiet), "beside": _taken(beside), "did": attacker.end()})
    grown = (server.settled_kib() - before) / 1024
    p99 = {kind: [one[kind]["sent_p99_us"] / 1e3 for one in rounds] for kind in ("quiet", "beside")}
    ratios = [beside / quiet for beside, quiet in zip(p99["beside"], p99["quiet"])]
    length = seconds + 2 * LEAD_SECONDS
    came = statistics.median(one["did"]["connections"] for one in rounds) / length
    sent = statistics.median(one["did"]["bytes"] for one in rounds) / length / 2**20
    outcome.figures[name] = {"rounds": rounds, "growth_mib": grown}
    outcome.rows.append(
        [
            name,
            ATTACKS[name].row,
            f"{statistics.median(p99['quiet']):.2f}",
            f"{statistics.median(p99['beside']):.2f}",
            f"{statistics.median(ratios):.2f}",
            f"{came:,.0f}",
            f"{sent:.2f}",
            f"{grown:.1f}",
        ]
    )
    print("  ".join(outcome.rows[-1]), flush=True)
    outcome.judge(
        f"{ATTACKS[name].row} {name}: p99 / quiet p99",
        statistics.median(ratios),
        RATIO_MAX,
        values=ratios,
    )
    unserved = sum(
        one[kind]["offered"] - one[kind]["good"] for one in rounds for kind in ("quiet", "beside")
    )
    if unserved:
        outcome.judge(f"{ATTACKS[name].row} {name}: calls without an answer", unserved, 0)


def _taken(report):
    return report["phases"][-1]


class AttackingProgram:
    """The program that attacks, for one port."""

    def __init__(self, port, core):
        program = Path(__file__).with_name("attacker.py")
        self._process = subprocess.Popen(
            ["taskset", "-c", str(core), sys.executable, str(program), str(port), str(CONNECTIONS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self):
        self._process.stdout.readline()  # "ready"
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def begin(self, name, seconds):
        self._process.stdin.write(f"{seconds} {name}\n")
        self._process.stdin.flush()

    def end(self):
        return json.loads(self._process.stdout.readline())
