"""Starts and stops `farebox serve` for tests and measurements, on free ports of the loopback."""

import os
import random
import signal
import socket
import subprocess
import time
from pathlib import Path

import grpc
from channel import open_channel
from grpc_health.v1 import health_pb2, health_pb2_grpc

PROJECT = Path(__file__).resolve().parents[2]
SERVICES = ("auth", "accounting", "chat")
START_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 20.0


class FareboxError(Exception):
    """The program did not do what was asked of it; the text says what it printed."""


def binary_path(configuration="debug", name="farebox"):
    """Where `swift build` leaves an executable; FAREBOX_BIN_DIR overrides the folder."""
    folder = os.environ.get("FAREBOX_BIN_DIR") or PROJECT / ".build" / configuration
    return Path(folder) / name


def free_addresses():
    """An address on a free port for each service. The ports are probed together, so they differ.

    They lie below those that the system gives to outgoing connections (from 32768 on Linux), or one
    of the many connections of the tests might take the port before the server does.
    """
    probes = []
    try:
        while len(probes) < len(SERVICES):
            probe = socket.socket()
            probes.append(probe)
            try:
                probe.bind(("127.0.0.1", random.randrange(15_000, 32_000)))
            except OSError:
                probes.remove(probe)
                probe.close()
        return {
            service: f"127.0.0.1:{probe.getsockname()[1]}"
            for service, probe in zip(SERVICES, probes)
        }
    finally:
        for probe in probes:
            probe.close()


def add_user(binary, data, name, password, *roles):
    """Creates a user straight in the data directory; the password goes over standard input.

    `roles` are the flags of `farebox user add`: "--admin", "--service", "--auditor".
    """
    command = [str(binary), "user", "add", name, "--data", str(data), *roles]
    done = subprocess.run(
        command, input=password + "\n", capture_output=True, text=True, timeout=60
    )
    if done.returncode != 0:
        raise FareboxError(
            f"{' '.join(command)} ended with {done.returncode}: {done.stderr.strip()}"
        )


class FareboxProcess:
    """One `farebox serve` process: all three services, or the one that is named."""

    def __init__(
        self,
        binary,
        data,
        addresses,
        service=None,
        prefix=(),
        log_path=None,
        environment=None,
        credentials=None,
    ):
        """`environment` adds settings, such as FAREBOX_CHAT_USERNAME for chat running alone;
        `credentials` are for asking listeners that speak TLS."""
        self.addresses = addresses
        self.credentials = credentials
        self.services = SERVICES if service is None else (service,)
        self.log_path = Path(log_path or Path(data) / f"serve-{service or 'all'}.log")
        self.command = [*map(str, prefix), str(binary), "serve", *([service] if service else [])]
        self.environment = {**os.environ, "FAREBOX_DATA_DIRECTORY": str(data)}
        for name, address in addresses.items():
            self.environment[f"FAREBOX_LISTEN_{name.upper()}"] = address
        self.environment.update(environment or {})
        self.process = None

    def start(self):
        """Starts the process and returns when each of its listeners says that it serves."""
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + START_SECONDS_MAX
        for service in self.services:
            self._wait_until_serving(service, deadline)
        return self

    def terminate(self):
        """Asks for a clean stop and returns the exit code; a stop that hangs is an error."""
        return self._end(signal.SIGTERM)

    def interrupt(self):
        """The same as `terminate`, by SIGINT."""
        return self._end(signal.SIGINT)

    def kill(self):
        """kill -9: no last words, as in a power failure of the process."""
        self.process.kill()
        self.process.wait()

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def log(self):
        return self.log_path.read_text(errors="replace")

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Makes sure that the process is gone, gently where that works."""
        if self.is_running():
            try:
                self.terminate()
            except FareboxError:
                self.kill()

    def _end(self, signal_number):
        self.process.send_signal(signal_number)
        try:
            return self.process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            raise FareboxError(
                f"did not stop on signal {signal_number}: {self.log()[-600:]}"
            ) from None

    def _wait_until_serving(self, service, deadline):
        last = "no answer"
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise FareboxError(
                    f"{' '.join(self.command)} ended with {self.process.returncode}: "
                    f"{self.log()[-1200:]}"
                )
            try:
                with open_channel(self.addresses[service], self.credentials) as channel:
                    answer = health_pb2_grpc.HealthStub(channel).Check(
                        health_pb2.HealthCheckRequest(), timeout=2
                    )
                if answer.status == health_pb2.HealthCheckResponse.SERVING:
                    return
                last = health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)
            except grpc.RpcError as error:
                last = f"{error.code().name}: {error.details()}"
            time.sleep(0.05)
        self.kill()
        raise FareboxError(f"{service} is not serving ({last}): {self.log()[-1200:]}")
