"""Lifecycles on PostgreSQL by pgbench, and what it printed, as numbers."""

import re
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from postgres import SQL, PostgresError

# Clients that are tried before the first round; the number with the highest rate is kept.
CONCURRENCIES = (1, 4, 8, 16, 32, 64)
_TRIAL_SECONDS = 2.0
_EXTRA_SECONDS_MAX = 60.0


@dataclass(frozen=True)
class Report:
    """The outcome of a run: transactions of the script per second, and the seconds of each."""

    rate: float
    latencies: tuple


class PostgresLoad:
    """A script of lifecycles, with as many clients as make it fastest on this machine."""

    def __init__(self, name, cluster, script, accounts, units_per_lifecycle=1):
        self.name = name
        self.cluster = cluster
        self.script = script
        self.accounts = accounts
        self.units_per_lifecycle = units_per_lifecycle
        self.clients = None

    def warm_up(self, part, core):
        """Chooses the number of clients."""
        rates = dict.fromkeys(CONCURRENCIES, 0.0)
        # Up and down again, so that no slow moment of the machine decides.
        for count in CONCURRENCIES + CONCURRENCIES[::-1]:
            rates[count] += self._pgbench(count, _TRIAL_SECONDS, core).rate / 2
        self.clients = max(rates, key=rates.get)
        shown = ", ".join(f"{count}: {rate:,.0f}" for count, rate in rates.items())
        print(f"{self.name}, lifecycles/s by clients: {shown}; {self.clients} it is", flush=True)

    def run(self, part, seconds, core):
        """One run; returns its sample."""
        started, before = time.monotonic(), self.cluster.cpu_seconds()
        report = self._pgbench(self.clients, seconds, core)
        wall, used = time.monotonic() - started, self.cluster.cpu_seconds() - before
        self.cluster.check()
        units = len(report.latencies) * self.units_per_lifecycle
        return {
            "rate": report.rate * self.units_per_lifecycle,
            "cpu_us": used / units * 1e6,
            "busy": used / wall,
            "callers": self.clients,
            "latency_p50": statistics.median(report.latencies),
            "latency_p99": statistics.quantiles(report.latencies, n=100, method="inclusive")[98],
            "latency_max": max(report.latencies),
        }

    def _pgbench(self, clients, seconds, core):
        with tempfile.TemporaryDirectory(prefix="farebox-bench-log-") as folder:
            command = ["taskset", "-c", core, self.cluster.programs / "pgbench"]
            command += ["-h", self.cluster.sockets, "-U", "bench", "-n", "-M", "prepared"]
            command += ["-f", SQL / self.script, "-D", f"accounts={self.accounts}"]
            command += ["-c", clients, "-j", 1, "-T", max(1, round(seconds))]
            command += ["-l", f"--log-prefix={folder}/log", "postgres"]
            done = subprocess.run(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=seconds + _EXTRA_SECONDS_MAX,
            )
            if done.returncode != 0:
                raise PostgresError(f"pgbench ended with {done.returncode}: {done.stderr[-600:]}")
            logs = [path.read_text() for path in Path(folder).iterdir()]
        return parse(done.stdout, "".join(logs))


def parse(text, log):
    """Reads pgbench's report and log; raises PostgresError when a transaction failed."""
    failed = re.search(r"^number of failed transactions: (\d+) ", text, re.MULTILINE)
    rate = re.search(r"^tps = ([\d.]+) \(without initial connection time\)", text, re.MULTILINE)
    if failed is None or rate is None or int(failed.group(1)):
        raise PostgresError(f"pgbench failed, or reports otherwise than known: {text[-600:]}")
    # client, transaction, microseconds taken, script, and the instant of its end.
    latencies = tuple(int(line.split()[2]) / 1e6 for line in log.splitlines())
    if len(latencies) < 2:
        raise PostgresError("pgbench noted fewer than two transactions")
    return Report(rate=float(rate.group(1)), latencies=latencies)
