"""Measures Farebox against nghttpd and gRPC C++ with h2load.

The servers are pinned to one core and the load to another. Rounds are interleaved: each round runs
every server once, and a ratio compares runs of the same round, so that a slow minute of the machine
falls on all of them. Nothing here is a test: the verdicts are printed, the exit code is 0 unless a
server failed or gave a wrong answer.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

BENCH = Path(__file__).resolve().parent
sys.path[:0] = [str(BENCH.parent / "python"), str(BENCH)]

import farebox_process  # noqa: E402
import report  # noqa: E402
import servers  # noqa: E402
from contract_stubs import ContractError, ContractStubs  # noqa: E402
from farebox_client import FareboxClient  # noqa: E402
from load import Load, LoadError, run_h2load  # noqa: E402

ALL = ("nghttpd", "grpc-cpp", "farebox-echo", "check-credits")
ECHO_PATH = "/farebox.bench.v1.EchoService/Echo"
# The same length as the echo request, so that nghttpd moves about the same bytes per answer.
STATIC_BODY_BYTES = 44
WARM_UP_SECONDS = 0.5


class Bench:
    """The servers that take part, in the order in which they run."""

    def __init__(self, arguments, folder):
        self.arguments = arguments
        self.folder = folder
        self.running = []
        self.load = Load(
            connections=arguments.connections,
            streams=arguments.streams,
            seconds=arguments.seconds,
            core=arguments.load_core,
        )

    def start_servers(self):
        starters = {
            "nghttpd": self.start_nghttpd,
            "grpc-cpp": self.start_grpc_cpp,
            "farebox-echo": self.start_farebox_echo,
            "check-credits": self.start_check_credits,
        }
        for name in self.arguments.only:
            self.running.append(starters[name]())

    def start_nghttpd(self):
        documents = self.folder / "documents"
        documents.mkdir()
        (documents / "small").write_bytes(b"x" * STATIC_BODY_BYTES)
        port = servers.free_port()
        command = ["nghttpd", "--no-tls", "-n1", "-a", "127.0.0.1", "-d", documents, port]
        return self.start("nghttpd", command, port, path="/small", answer_bytes=STATIC_BODY_BYTES)

    def start_grpc_cpp(self):
        return self.start_echo(
            "grpc-cpp", self.arguments.cpp_server, lambda port: [f"127.0.0.1:{port}"]
        )

    def start_farebox_echo(self):
        return self.start_echo(
            "farebox-echo", self.arguments.echo_server, lambda port: [f"127.0.0.1:{port}"]
        )

    def start_echo(self, name, binary, arguments_for):
        port = servers.free_port()
        messages = ContractStubs(BENCH / "proto").messages("farebox/bench/v1/echo.proto")
        message = messages.EchoRequest(
            text="hello from bench", n=12345, payload=bytes(range(16))
        ).SerializeToString()
        server = self.start(
            name,
            [binary] + arguments_for(port),
            port,
            path=ECHO_PATH,
            headers=servers.GRPC_HEADERS,
            body_path=self.body(name, message),
        )
        servers.verify_echo(server, message)
        return server

    def start_check_credits(self):
        """`farebox serve` as it is, asked with a valid token whether the account can pay."""
        data = self.folder / "data"
        data.mkdir()
        farebox_process.add_user(self.arguments.farebox, data, "bench", "bench-password", "--admin")
        addresses = farebox_process.free_addresses()
        farebox = farebox_process.FareboxProcess(
            self.arguments.farebox,
            data,
            addresses,
            prefix=["taskset", "-c", str(self.arguments.server_core)],
        )
        farebox.start()
        client = FareboxClient(addresses)
        login = client.log_in("bench", "bench-password")
        token, account = login.access_token, login.user.user_id
        client.allocate(token, account, credits=1000)
        server = servers.Server(
            name="check-credits",
            process=farebox.process,
            port=int(addresses["accounting"].rpartition(":")[2]),
            path="/farebox.accounting.v1.AccountingService/CheckCredits",
        )
        accounting = client.accounting
        question = accounting.CheckCreditsRequest(
            account_id=account, credits=100
        ).SerializeToString()
        raw = servers.call(server, question, metadata=(("authorization", f"Bearer {token}"),))
        if not accounting.CheckCreditsResponse.FromString(raw).sufficient:
            raise servers.ServerError(
                "check-credits: the account was credited but is not sufficient"
            )
        server.answer_bytes = len(servers.frame(raw))
        server.headers = servers.GRPC_HEADERS + (("authorization", f"Bearer {token}"),)
        server.body_path = self.body(server.name, question)
        return server

    def start(self, name, command, port, **request):
        return servers.start(
            name, command, port, self.arguments.server_core, self.folder / f"{name}.log", **request
        )

    def body(self, name, message):
        path = self.folder / f"{name}.body"
        path.write_bytes(servers.frame(message))
        return path

    def run_rounds(self):
        for server in self.running:
            self.shoot(server, Load(**{**vars(self.load), "seconds": WARM_UP_SECONDS}))
        rounds = []
        for number in range(self.arguments.rounds):
            # A different server goes first in each round: nobody always follows the same one.
            first = number % len(self.running)
            order = self.running[first:] + self.running[:first]
            samples = {server.name: self.shoot(server, self.load) for server in order}
            rounds.append({server.name: samples[server.name] for server in self.running})
            print(
                f"round {number + 1}: "
                + ", ".join(
                    f"{name} {sample['rate']:,.0f}/s" for name, sample in rounds[-1].items()
                ),
                flush=True,
            )
        return rounds

    def shoot(self, server, load):
        """One run; returns its sample. An answer of the wrong length is as bad as none."""
        before = server.cpu_seconds()
        shot = run_h2load(load, server.url, server.headers, server.body_path)
        used = server.cpu_seconds() - before
        # Sequence numbers and times in an answer may take a byte more or less from run to run.
        if shot.body_bytes < shot.requests * server.answer_bytes * 0.95:
            raise LoadError(
                f"{server.name}: {shot.body_bytes} bytes for {shot.requests} answers of "
                f"{server.answer_bytes} bytes: some were errors"
            )
        return {
            "rate": shot.rate,
            "cpu_us_per_request": used / shot.requests * 1e6,
            "server_busy": used / shot.wall,
            "load_busy": shot.load_cpu / shot.wall,
            "latency_mean": shot.latency_mean,
            "latency_max": shot.latency_max,
        }

    def stop_servers(self):
        for server in self.running:
            server.stop()


def parse_arguments():
    parser = argparse.ArgumentParser(prog="tools/bench/run", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (default 5)")
    parser.add_argument("--seconds", type=float, default=4.0, help="per run (default 4)")
    parser.add_argument("--only", default=",".join(ALL), help=f"which of {','.join(ALL)}")
    parser.add_argument("--connections", type=int, default=10)
    parser.add_argument(
        "--streams", type=int, default=100, help="concurrent streams per connection"
    )
    parser.add_argument("--server-core", type=int, default=0)
    parser.add_argument("--load-core", type=int, default=1)
    parser.add_argument("--json", type=Path, required=True, help="where the figures are written")
    parser.add_argument("--cpp-server", type=Path, required=True)
    parser.add_argument("--echo-server", type=Path, required=True)
    parser.add_argument("--farebox", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.only = [name for name in ALL if name in arguments.only.split(",")]
    if not arguments.only:
        parser.error(f"--only takes names of {', '.join(ALL)}")
    available = os.sched_getaffinity(0)
    if not {arguments.server_core, arguments.load_core} <= available:
        parser.error(f"cores {sorted(available)} are available; the bench needs two of them")
    return arguments


def main():
    arguments = parse_arguments()
    folder = Path(tempfile.mkdtemp(prefix="farebox-bench-"))
    bench = Bench(arguments, folder)
    try:
        bench.start_servers()
        rounds = bench.run_rounds()
    except (
        LoadError,
        servers.ServerError,
        farebox_process.FareboxError,
        ContractError,
        OSError,
    ) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    finally:
        bench.stop_servers()
        shutil.rmtree(folder, ignore_errors=True)
    summary, verdicts = report.summarize(rounds), report.judge(rounds)
    report.print_table(summary, verdicts)
    settings = {
        "rounds": arguments.rounds,
        "seconds": arguments.seconds,
        "connections": arguments.connections,
        "streams": arguments.streams,
        "server_core": arguments.server_core,
        "load_core": arguments.load_core,
    }
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(
        json.dumps(
            {
                "machine": report.machine(),
                "settings": settings,
                "targets": verdicts,
                "medians": summary,
                "rounds": rounds,
            },
            indent=2,
        )
        + "\n"
    )
    print(f"\nfigures in {arguments.json}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
