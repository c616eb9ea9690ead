"""Runs the open-loop load program: calls that come when they come, whatever became of others."""

import json
import os
import subprocess
from dataclasses import dataclass

from survival import wire
from survival.outcome import SurvivalError

_EXTRA_SECONDS_MAX = 60.0
# As many connections come from one address of the loopback; see the program.
OUTCOMES = ("good", "late", "refused", "reset", "given_up", "unsent", "lost")


class OpenLoopError(SurvivalError):
    """The load program did not run, or not as it should have."""


@dataclass(frozen=True)
class Shape:
    """How calls reach the server."""

    connections: int = 10
    streams: int = 100
    deadline_ms: int = 0


class OpenLoop:
    """Calls of one kind to one port, from one core."""

    def __init__(self, program, folder, core):
        self._program, self._folder, self._core = program, folder, core

    def run(self, port, call, shape, phases):
        """`phases` are (calls per second or "max", seconds). Returns the program's report."""
        process = self.start(port, call, shape, phases)
        return self.finish(process, sum(seconds for _, seconds in phases))

    def start(self, port, call, shape, phases):
        folder = self._folder / f"call-{os.urandom(4).hex()}"
        folder.mkdir()
        caller = wire.Caller(call.path, call.message, metadata=call.metadata)
        # The load program writes there how much of the time is left when a call is sent.
        timeout = wire.frames.literal(b"grpc-timeout", b"#####m") if shape.deadline_ms else b""
        (folder / "first").write_bytes(caller.first + timeout)
        (folder / "next").write_bytes(caller.next + timeout)
        (folder / "body").write_bytes(caller.body)
        command = ["taskset", "-c", self._core, self._program, "127.0.0.1", port]
        command += [shape.connections, shape.streams, shape.deadline_ms, folder]
        command += [f"{rate}:{seconds}" for rate, seconds in phases]
        return subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @staticmethod
    def finish(process, seconds):
        try:
            out, errors = process.communicate(timeout=seconds + _EXTRA_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            raise OpenLoopError("the load program did not end") from None
        if process.returncode != 0:
            raise OpenLoopError(f"the load program ended with {process.returncode}: {errors}")
        return json.loads(out)
