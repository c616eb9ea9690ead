"""One run of h2load against one server, and what it printed, as numbers."""

import os
import re
import subprocess
import time
from dataclasses import dataclass

_WARM_UP_SECONDS = 0.5
_DURATION_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0}


class LoadError(Exception):
    """h2load did not run, or not every answer was a whole one."""


@dataclass(frozen=True)
class Load:
    """What every run of this bench has in common."""

    connections: int
    streams: int
    seconds: float
    core: int


@dataclass(frozen=True)
class Shot:
    """The outcome of one run. Rates are per second, times in seconds."""

    requests: int
    rate: float
    body_bytes: int
    latency_mean: float
    latency_max: float
    wall: float
    load_cpu: float


class ServerLoad:
    """Loads one server by h2load, under a name of its own."""

    def __init__(self, name, server):
        self.name = name
        self.server = server

    def warm_up(self, part, core):
        """A short run."""
        self.run(part, _WARM_UP_SECONDS, core)

    def run(self, part, seconds, core):
        """One run as the part says; returns its sample."""
        load = Load(connections=part.connections, streams=part.streams, seconds=seconds, core=core)
        server = self.server
        cpu_before = server.cpu_seconds()
        counts = server.malloc_count_path is not None
        mallocs_before = server.mallocs() if counts else 0
        shot = run_h2load(load, server.url, server.headers, server.body_path)
        used = server.cpu_seconds() - cpu_before
        # Sequence numbers and times in an answer may take a byte more or less from run to run.
        # Calls that h2load broke off at its end have sent bytes as well.
        if shot.body_bytes < shot.requests * server.answer_bytes * 0.95:
            raise LoadError(
                f"{self.name}: {shot.body_bytes} bytes for {shot.requests} answers of "
                f"{server.answer_bytes} bytes: some were errors"
            )
        units = shot.requests
        if server.answer_units > 1:
            # Whole calls are too coarse a measure of messages: those of the last calls count too.
            units = shot.body_bytes / server.answer_bytes * server.answer_units
        sample = {
            "rate": units * shot.rate / shot.requests,
            "cpu_us": used / units * 1e6,
            "busy": used / shot.wall,
            "other_busy": shot.load_cpu / shot.wall,
            "latency_mean": shot.latency_mean,
            "latency_max": shot.latency_max,
        }
        if counts:
            sample["mallocs"] = (server.mallocs() - mallocs_before) / units
        return sample


def run_h2load(load, url, headers=(), body_path=None):
    """Runs h2load pinned to its core and returns a Shot; raises LoadError if any request failed."""
    # h2load takes whole seconds or a unit; milliseconds keep fractions of a second exact.
    command = [
        "taskset",
        "-c",
        str(load.core),
        "h2load",
        "-t1",
        f"-c{load.connections}",
        f"-m{load.streams}",
        f"-D{max(1, round(load.seconds * 1000))}ms",
    ]
    for name, value in headers:
        command += ["-H", f"{name}: {value}"]
    if body_path is not None:
        command += ["-d", str(body_path)]
    started = time.monotonic()
    process = subprocess.Popen(
        command + [url],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    text = process.stdout.read()
    _, wait_status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(wait_status)
    process.stdout.close()
    wall = time.monotonic() - started
    if process.returncode != 0:
        raise LoadError(f"h2load ended with {process.returncode}: {text.strip()[-400:]}")
    return parse(text, wall=wall, load_cpu=usage.ru_utime + usage.ru_stime)


def parse(text, wall, load_cpu):
    """Reads h2load's closing report; raises LoadError when it has failures or lacks a line."""
    finished = _match(r"^finished in \S+, ([\d.]+) req/s", text)
    counts = _match(
        r"^requests: \d+ total, \d+ started, (\d+) done, (\d+) succeeded, "
        r"(\d+) failed, (\d+) errored, (\d+) timeout",
        text,
    )
    done, succeeded, *bad = (int(count) for count in counts.groups())
    codes = _match(r"^status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx", text)
    not_ok = sum(int(code) for code in codes.groups()[1:])
    if done == 0 or succeeded != done or any(bad) or not_ok:
        raise LoadError(f"not every request was answered: {counts.group(0)}; {codes.group(0)}")
    body = _match(r"^traffic: .*\((\d+)\) data$", text)
    times = _match(r"^time for request:\s+(\S+)\s+(\S+)\s+(\S+)", text)
    return Shot(
        requests=done,
        rate=float(finished.group(1)),
        body_bytes=int(body.group(1)),
        latency_mean=_seconds(times.group(3)),
        latency_max=_seconds(times.group(2)),
        wall=wall,
        load_cpu=load_cpu,
    )


def _match(pattern, text):
    found = re.search(pattern, text, re.MULTILINE)
    if found is None:
        raise LoadError(f"h2load printed no line like {pattern!r}: {text.strip()[-400:]}")
    return found


def _seconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()
    return float(number) * _DURATION_UNITS[unit]
