"""Measures Farebox against nghttpd, gRPC C++ and grpc-swift-2.

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
import sys
import tempfile
from pathlib import Path

BENCH = Path(__file__).resolve().parent
sys.path[:0] = [str(BENCH.parent / "python"), str(BENCH)]

import parts  # noqa: E402
import report  # noqa: E402
from clients import Client, ClientError  # noqa: E402
from contract_stubs import ContractError  # noqa: E402
from farebox_process import FareboxError  # noqa: E402
from lineup import Lineup  # noqa: E402
from load import Load, LoadError, run_h2load  # noqa: E402
from servers import ServerError  # noqa: E402

PARTS_HELP = "unary, single (one stream per connection), mallocs, streaming, client"
WARM_UP_SECONDS = 0.5


def run_part(part, lineup, arguments):
    """All rounds of one part; returns [{runner: sample}]."""
    runners = [lineup.runner(part, name) for name in part.runners]
    print(f"\n{part.title}", flush=True)
    for runner in runners:
        shoot(runner, part, arguments, WARM_UP_SECONDS)
    rounds = []
    for number in range(arguments.rounds):
        # A different one goes first in each round: nobody always follows the same one.
        first = number % len(runners)
        order = runners[first:] + runners[:first]
        samples = {}
        for runner in order:
            samples[runner.name] = shoot(runner, part, arguments, arguments.seconds)
        rounds.append({name: samples[name] for name in part.runners})
        shown = ", ".join(f"{name} {sample['rate']:,.0f}" for name, sample in rounds[-1].items())
        print(f"round {number + 1}, {part.unit}/s: {shown}", flush=True)
    return rounds


def shoot(runner, part, arguments, seconds):
    """One run; returns its sample."""
    if isinstance(runner, Client):
        return runner.run(seconds, part.streams, arguments.load_core)
    load = Load(
        connections=part.connections,
        streams=part.streams,
        seconds=seconds,
        core=arguments.load_core,
    )
    cpu_before = runner.cpu_seconds()
    counts = runner.malloc_count_path is not None
    mallocs_before = runner.mallocs() if counts else 0
    shot = run_h2load(load, runner.url, runner.headers, runner.body_path)
    used = runner.cpu_seconds() - cpu_before
    # Sequence numbers and times in an answer may take a byte more or less from run to run. Calls
    # that h2load broke off at its end have sent bytes as well.
    if shot.body_bytes < shot.requests * runner.answer_bytes * 0.95:
        raise LoadError(
            f"{runner.name}: {shot.body_bytes} bytes for {shot.requests} answers of "
            f"{runner.answer_bytes} bytes: some were errors"
        )
    units = shot.requests
    if runner.answer_units > 1:
        # Whole calls are too coarse a measure of messages: those of the last calls count too.
        units = shot.body_bytes / runner.answer_bytes * runner.answer_units
    sample = {
        "rate": units * shot.rate / shot.requests,
        "cpu_us": used / units * 1e6,
        "busy": used / shot.wall,
        "other_busy": shot.load_cpu / shot.wall,
        "latency_mean": shot.latency_mean,
        "latency_max": shot.latency_max,
    }
    if counts:
        sample["mallocs"] = (runner.mallocs() - mallocs_before) / units
    return sample


def parse_arguments():
    names = [part.name for part in parts.PARTS]
    runners = list(dict.fromkeys(runner for part in parts.PARTS for runner in part.runners))
    parser = argparse.ArgumentParser(prog="tools/bench/run", description=__doc__.splitlines()[0])
    parser.add_argument("--only", default=",".join(names), help=f"which parts of {PARTS_HELP}")
    parser.add_argument("--without", default="", help=f"leave out some of {', '.join(runners)}")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (default 5)")
    parser.add_argument("--seconds", type=float, default=2.0, help="per run (default 2)")
    parser.add_argument("--server-core", type=int, default=0)
    parser.add_argument("--load-core", type=int, default=1)
    parser.add_argument(
        "--builds", action="store_true", help="only print what has to be built for this"
    )
    parser.add_argument("--json", type=Path, help="where the figures are written")
    for program in (
        "cpp-server",
        "cpp-client",
        "grpc-swift-server",
        "echo-server",
        "ledger-load",
        "farebox",
        "malloc-count",
    ):
        parser.add_argument(f"--{program}", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    wanted, unwanted = arguments.only.split(","), arguments.without.split(",")
    if unknown := (set(wanted) - set(names)) | (set(unwanted) - set(runners) - {""}):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
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
        print("\n".join(parts.builds(arguments.parts)))
        return 0
    folder = Path(tempfile.mkdtemp(prefix="farebox-bench-"))
    lineup = Lineup(arguments, folder)
    results, verdicts = {}, []
    try:
        for part in arguments.parts:
            rounds = run_part(part, lineup, arguments)
            judged = report.judge(rounds, [t for t in parts.TARGETS if t.part == part.name])
            verdicts += [{"part": part.name, **verdict} for verdict in judged]
            results[part.name] = {"medians": report.summarize(rounds), "rounds": rounds}
    except (LoadError, ClientError, ServerError, FareboxError, ContractError, OSError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    finally:
        lineup.stop()
        shutil.rmtree(folder, ignore_errors=True)
    for part in arguments.parts:
        report.print_table(part, results[part.name]["medians"])
    report.print_verdicts(verdicts)
    write_json(arguments, results, verdicts)
    return 0


def write_json(arguments, results, verdicts):
    figures = {
        "machine": report.machine(),
        "settings": {
            "rounds": arguments.rounds,
            "seconds": arguments.seconds,
            "server_core": arguments.server_core,
            "load_core": arguments.load_core,
        },
        "targets": verdicts,
        "parts": results,
    }
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(json.dumps(figures, indent=2) + "\n")
    print(f"\nfigures in {arguments.json}")


if __name__ == "__main__":
    sys.exit(main())
