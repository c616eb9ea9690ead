"""Measures Farebox against nghttpd, gRPC C++, grpc-swift-2 and PostgreSQL.

The servers are pinned to one core and the load to another. Rounds are interleaved: each round of a
part runs everybody who takes part in it once, and a ratio compares runs of the same round, so that
a slow minute of the machine falls on all of them. Nothing here is a test: the verdicts are printed,
the exit code is 0 unless something failed or gave a wrong answer.
"""

import argparse
import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

BENCH = Path(__file__).resolve().parent
sys.path[:0] = [str(BENCH.parent / "python"), str(BENCH)]

import grpc  # noqa: E402
import ledger_files  # noqa: E402
import ledger_parts  # noqa: E402
import parts  # noqa: E402
import postgres  # noqa: E402
import report  # noqa: E402
from clients import ClientError  # noqa: E402
from contract_stubs import ContractError  # noqa: E402
from farebox_process import FareboxError  # noqa: E402
from ledger_lineup import LedgerLineup  # noqa: E402
from ledger_load import LedgerLoadError  # noqa: E402
from lineup import Lineup  # noqa: E402
from load import LoadError  # noqa: E402
from servers import ServerError  # noqa: E402
from survival import parts as survival  # noqa: E402
from survival.outcome import SurvivalError  # noqa: E402

PARTS_HELP = ", ".join([part.name for part in parts.PARTS] + list(survival.NAMES))
PROGRAMS = (
    "cpp-server",
    "cpp-client",
    "grpc-swift-server",
    "echo-server",
    "ledger-load",
    "farebox",
    "malloc-count",
    "open-loop",
)
# Rows that follow from the others of the same round.
DERIVED = {"disk": ledger_files.each_on_disk, "memory": ledger_files.each_account_in_memory}
FAILURES = (
    LoadError,
    ClientError,
    ServerError,
    FareboxError,
    ContractError,
    LedgerLoadError,
    postgres.PostgresError,
    grpc.RpcError,
    subprocess.SubprocessError,
    SurvivalError,
    OSError,
)


def run_part(part, lineup, arguments):
    """All rounds of one part; returns [{runner: sample}]."""
    print(f"\n{part.title}", flush=True)
    runners = [lineup.runner(part, name) for name in part.runners]
    if part.warms_up:
        for runner in runners:
            runner.warm_up(part, arguments.load_core)
    seconds = arguments.seconds or part.seconds
    rounds = []
    for number in range(min(arguments.rounds, part.rounds_max)):
        # A different one goes first in each round: nobody always follows the same one.
        first = number % len(runners)
        order = runners[first:] + runners[:first]
        samples = {}
        for runner in order:
            samples[runner.name] = runner.run(part, seconds, arguments.load_core)
        samples = {name: samples[name] for name in part.runners}
        if part.name in DERIVED:
            samples |= DERIVED[part.name](samples)
        rounds.append(samples)
        shown = ", ".join(
            f"{name} {sample['rate']:,.0f}" for name, sample in samples.items() if "rate" in sample
        )
        print(f"round {number + 1}, {part.unit}/s: {shown}" if shown else f"round {number + 1}")
        sys.stdout.flush()
    return rounds


def parse_arguments():
    names = [part.name for part in parts.PARTS]
    runners = list(dict.fromkeys(runner for part in parts.PARTS for runner in part.runners))
    parser = argparse.ArgumentParser(prog="tools/bench/run", description=__doc__.splitlines()[0])
    parser.add_argument("--only", default=",".join(names), help=f"which parts of {PARTS_HELP}")
    parser.add_argument("--without", default="", help=f"leave out runners, such as {runners[0]}")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (default 5)")
    parser.add_argument("--seconds", type=float, help="per run (default 2 to 5, by part)")
    parser.add_argument(
        "--entries",
        type=int,
        default=1_000_000,
        help="the longest history: 10000 to 10000000 entries (default 1000000; filling ten million "
        "takes minutes and up to 10 GB)",
    )
    parser.add_argument(
        "--scratch", type=Path, help="where the ledgers' files are for a while (.build-bench)"
    )
    parser.add_argument("--server-core", type=int, default=0)
    parser.add_argument("--load-core", type=int, default=1)
    parser.add_argument(
        "--builds", action="store_true", help="only print what has to be built for this"
    )
    parser.add_argument("--json", type=Path, help="where the figures are written")
    survival.add_options(parser)
    for program in PROGRAMS:
        parser.add_argument(f"--{program}", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    wanted, unwanted = arguments.only.split(","), arguments.without.split(",")
    arguments.survival = [name for name in survival.NAMES if name in wanted]
    if unknown := (set(wanted) - set(names) - set(survival.NAMES)) | (
        set(unwanted) - set(runners) - {""}
    ):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    unwanted += [
        ledger_parts.entries(size)
        for size in ledger_parts.HISTORY_SIZES
        if size > arguments.entries
    ]
    arguments.parts = [
        dataclasses.replace(
            part, runners=tuple(name for name in part.runners if name not in unwanted)
        )
        for part in parts.PARTS
        if part.name in wanted
    ]
    available = os.sched_getaffinity(0)
    if not {arguments.server_core, arguments.load_core} <= available:
        parser.error(f"cores {sorted(available)} are available; the bench needs two of them")
    return arguments


def main():
    arguments = parse_arguments()
    if arguments.builds:
        wanted = parts.builds(arguments.parts) + survival.builds(arguments.survival)
        print("\n".join(dict.fromkeys(wanted)))
        return 0
    folder = Path(tempfile.mkdtemp(prefix="farebox-bench-"))
    # Not below /tmp, which may be in memory: durable must mean on a disk.
    scratch = Path(tempfile.mkdtemp(prefix="ledgers-", dir=arguments.scratch))
    # PostgreSQL runs as another user when this is run by root.
    scratch.chmod(0o755)
    lineup = Lineup(arguments, folder)
    ledgers = LedgerLineup(arguments, scratch, lineup)
    results, verdicts, outcomes, failed = {}, [], [], False
    # Servers are stopped also when this is.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        for part in arguments.parts:
            try:
                is_of_ledger = part.name in parts.LEDGER_NAMES
                rounds = run_part(part, ledgers if is_of_ledger else lineup, arguments)
            except FAILURES as error:
                # The figures of the other parts are worth having.
                print(f"bench: {part.name}: {error}", file=sys.stderr, flush=True)
                failed = True
                continue
            finally:
                ledgers.stop()
            judged = report.judge(rounds, [t for t in parts.TARGETS if t.part == part.name])
            verdicts += [{"part": part.name, **verdict} for verdict in judged]
            results[part.name] = {"medians": report.summarize(rounds), "rounds": rounds}
        for name in arguments.survival:
            try:
                outcomes.append(survival.run(name, arguments, folder))
            except FAILURES as error:
                print(f"bench: {name}: {error}", file=sys.stderr, flush=True)
                failed = True
                continue
            verdicts += [{"part": name, **verdict} for verdict in outcomes[-1].verdicts]
    finally:
        lineup.stop()
        for made in (folder, scratch):
            shutil.rmtree(made, ignore_errors=True)
    measured = [part for part in arguments.parts if part.name in results]
    for part in measured:
        report.print_table(part, results[part.name]["medians"])
    for outcome in outcomes:
        outcome.print_table()
    report.print_verdicts(verdicts)
    if measured or outcomes:
        write_figures(arguments, measured, results, verdicts, outcomes)
        draw_plots(arguments, results)
    return 1 if failed else 0


def write_figures(arguments, measured, results, verdicts, outcomes):
    """Everything as JSON, and the tables in Markdown."""
    machine = report.machine()
    if any("postgres" in part["medians"] for part in results.values()):
        machine["postgres"] = {"version": postgres.version(), "settings": postgres.SETTINGS}
    figures = {
        "machine": machine,
        "settings": {
            "rounds": arguments.rounds,
            "seconds": {part.name: arguments.seconds or part.seconds for part in measured},
            "server_core": arguments.server_core,
            "load_core": arguments.load_core,
        },
        "targets": verdicts,
        "parts": results,
        "survival": {one.name: {"table": one.table(), **one.figures} for one in outcomes},
    }
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(json.dumps(figures, indent=2) + "\n")
    tables = arguments.json.with_suffix(".md")
    summaries = {name: part["medians"] for name, part in results.items()}
    text = report.markdown(machine, measured, summaries, verdicts)
    tables.write_text(text + "".join(one.markdown() for one in outcomes))
    print(f"\nfigures in {arguments.json}, tables in {tables}")


def draw_plots(arguments, results):
    """The SVG plots of the parts that have one, beside the figures."""
    if not any(name in results for name in ("rates", "history")):
        return
    # Imported here because the other parts do without matplotlib.
    import plots

    for path in plots.draw(
        {name: part["medians"] for name, part in results.items()}, arguments.json.parent
    ):
        print(f"plot in {path}")


if __name__ == "__main__":
    sys.exit(main())
