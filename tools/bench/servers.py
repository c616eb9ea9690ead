"""The servers under load: how each is started, pinned to its core, reached and verified."""

import os
import signal
import socket
import struct
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import grpc
import processes

_START_SECONDS_MAX = 30.0
_STOP_SECONDS_MAX = 10.0
GRPC_HEADERS = (("content-type", "application/grpc"), ("te", "trailers"))


class ServerError(Exception):
    """A server did not start, died, or gave a wrong answer."""


@dataclass
class Server:
    """A running server, and the request that h2load sends to it.

    `answer_bytes` is how long the body of a right answer is. h2load counts an answer as good when
    its HTTP status is 200, which a gRPC error has too, so the harness checks the bytes as well.
    `answer_units` is how many messages that body holds.
    """

    name: str
    process: subprocess.Popen
    port: int
    path: str
    headers: tuple = ()
    body_path: Path | None = None
    answer_bytes: int = 0
    answer_units: int = 1
    log_path: Path | None = None
    malloc_count_path: Path | None = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}{self.path}"

    def cpu_seconds(self):
        """User and system time of all threads so far."""
        return processes.cpu_seconds(self.process.pid)

    def mallocs(self):
        """Allocations of the process so far; only with `malloc_count_path`."""
        return struct.unpack("=Q", self.malloc_count_path.read_bytes()[:8])[0]

    def stop(self):
        """Ends the process, gently first."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(_STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(name, command, port, core, log_path, environment=None, **request):
    """Starts `command` pinned to `core` and waits until it accepts connections on `port`."""
    with open(log_path, "ab") as log:
        process = subprocess.Popen(
            ["taskset", "-c", str(core)] + [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, **(environment or {})},
        )
    server = Server(name=name, process=process, port=port, log_path=log_path, **request)
    deadline = time.monotonic() + _START_SECONDS_MAX
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ServerError(f"{name} ended at once with {process.returncode}: {_tail(log_path)}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return server
        except OSError:
            time.sleep(0.05)
    server.stop()
    raise ServerError(f"{name} did not listen on port {port}: {_tail(log_path)}")


def frame(message_bytes):
    """The gRPC message framing: not compressed, length, message."""
    return b"\0" + len(message_bytes).to_bytes(4, "big") + message_bytes


def call(server, message_bytes, metadata=()):
    """One call by grpcio, with raw bytes in and out; raises ServerError unless the status is OK."""
    with grpc.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        method = channel.unary_unary(server.path)
        try:
            return method(message_bytes, timeout=10, metadata=metadata, wait_for_ready=True)
        except grpc.RpcError as error:
            raise ServerError(f"{server.name}: {error.code().name}: {error.details()}") from None


def verify_echo(server, message_bytes):
    """Proves that the server really decodes and repeats the message, then notes its length."""
    answer = call(server, message_bytes)
    if answer != message_bytes:
        raise ServerError(f"{server.name} answered {answer!r} to {message_bytes!r}")
    server.answer_bytes = len(frame(answer))


def verify_stream(server, question_bytes, expected):
    """Proves that the server sends the expected messages, then notes their number and length."""
    with grpc.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        method = channel.unary_stream(server.path)
        try:
            answers = list(method(question_bytes, timeout=10, wait_for_ready=True))
        except grpc.RpcError as error:
            raise ServerError(f"{server.name}: {error.code().name}: {error.details()}") from None
    if answers != expected:
        raise ServerError(f"{server.name} sent {len(answers)} messages, or other ones than asked")
    server.answer_bytes = sum(len(frame(answer)) for answer in answers)
    server.answer_units = len(answers)


def _tail(path):
    return Path(path).read_text(errors="replace").strip()[-400:]
