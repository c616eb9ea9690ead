"""Clients under measurement: programs that call a server for a while and say what they did."""

import json
import subprocess
from dataclasses import dataclass

from servers import Server

_EXTRA_SECONDS_MAX = 30.0
_WARM_UP_SECONDS = 0.5


class ClientError(Exception):
    """A client failed, or was answered wrongly."""


@dataclass(frozen=True)
class Client:
    """A program called as `command SECONDS CALLS_IN_FLIGHT`, and the server that it calls."""

    name: str
    command: list
    server: Server

    def warm_up(self, part, core):
        """A short run."""
        self.run(part, _WARM_UP_SECONDS, core)

    def run(self, part, seconds, core):
        """Calls pinned to a core; returns the sample of the run."""
        calls_in_flight = part.streams
        command = ["taskset", "-c", core, *self.command, seconds, calls_in_flight]
        before = self.server.cpu_seconds()
        try:
            done = subprocess.run(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=seconds + _EXTRA_SECONDS_MAX,
            )
        except subprocess.TimeoutExpired:
            raise ClientError(f"{self.name} did not end") from None
        if done.returncode != 0:
            raise ClientError(f"{self.name} ended with {done.returncode}: {done.stderr[-400:]}")
        report = json.loads(done.stdout)
        calls, wall = report["calls"], report["seconds"]
        if calls == 0:
            raise ClientError(f"{self.name} made no call")
        # The server also served the client's own warm-up, so its share is a little too large.
        server_cpu = self.server.cpu_seconds() - before
        return {
            "rate": calls / wall,
            "cpu_us": report["cpu_seconds"] / calls * 1e6,
            "busy": report["cpu_seconds"] / wall,
            "other_busy": min(server_cpu / wall, 1.0),
            "latency_mean": calls_in_flight * wall / calls,
        }
