"""The servers that are attacked, what they hold in memory, and the honest client beside."""

import contextlib
import os
import threading
import time

import grpc
from authority import Authority
from conftest import data_with_users
from farebox_process import FareboxProcess, free_addresses
from frames import block, call, fields, headers, message, reset
from grpc_health.v1 import health_pb2, health_pb2_grpc
from interop_servers import InteropServer
from raw_connection import RawConnection, trusting_context

MIB = 2**20
# The full figures of the attack list, which take minutes.
IS_LONG = os.environ.get("FAREBOX_LONG", "") not in ("", "0")
NAMES = ("interop", "interop-tls", "farebox")

# Every server has the health service: a call that is answered, and one that goes on for ever.
CHECK = b"/grpc.health.v1.Health/Check"
WATCH = b"/grpc.health.v1.Health/Watch"
# More connections of one address than any test makes, at once and of no use.
CONNECTIONS_MAX, FRUITLESS_MAX = 10_000, 1_000_000


class Target:
    """A server under attack."""

    def __init__(self, server, address, context=None, certificate=None):
        self.server, self.address, self.context = server, address, context
        self.certificate = certificate
        # Whether it gives memory back when it has become quiet.
        self.trims = False

    @property
    def pid(self):
        return self.server.process.pid

    def connect(self, *pairs):
        """A raw connection after its handshake with these settings."""
        return RawConnection(self.address, self.context).handshake(*pairs)

    def fields(self, path=CHECK, **changes):
        scheme = b"https" if self.context else b"http"
        return fields(path, scheme, **changes)

    def call(self, stream, *parts, path=CHECK, body=None):
        """A call that is answered, with these parts of a header block behind the proper fields."""
        whole = block(*self.fields(path), *parts)
        return call(stream, whole, message() if body is None else body)

    def watch(self, stream):
        """A call that goes on for ever."""
        return self.call(stream, path=WATCH)

    def headers(self, stream, *parts, **changes):
        return headers(stream, block(*self.fields(**changes), *parts))

    def watch_and_reset(self, stream):
        return self.watch(stream) + reset(stream)

    def channel(self):
        options = [("grpc.use_local_subchannel_pool", 1)]
        if self.certificate is None:
            return grpc.insecure_channel(self.address, options)
        credentials = grpc.ssl_channel_credentials(self.certificate)
        return grpc.secure_channel(self.address, credentials, options)

    def memory(self):
        """Resident bytes."""
        return self._status("VmRSS")

    def peak_memory(self):
        """The most resident bytes since `forget_peak`."""
        return self._status("VmHWM")

    def forget_peak(self):
        with open(f"/proc/{self.pid}/clear_refs", "w") as file:
            file.write("5")

    def cpu_seconds(self):
        with open(f"/proc/{self.pid}/stat") as file:
            parts = file.read().rpartition(")")[2].split()
        return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")

    def _status(self, name):
        with open(f"/proc/{self.pid}/status") as file:
            line = next(line for line in file if line.startswith(name))
        return int(line.split()[1]) * 1024


@contextlib.contextmanager
def start(name, folder, binary, is_patient=False):
    """One of NAMES, running; a patient one admits whatever connections one address makes."""
    if name == "farebox":
        environment = {}
        if is_patient:
            environment["FAREBOX_LIMITS_CONNECTIONS_PER_ADDRESS"] = str(CONNECTIONS_MAX)
            environment["FAREBOX_LIMITS_FRUITLESS_BURST"] = str(FRUITLESS_MAX)
        addresses, data = free_addresses(), data_with_users(folder)
        with FareboxProcess(binary, data, addresses, environment=environment) as server:
            target = Target(server, server.addresses["accounting"])
            target.trims = True
            yield target
            assert server.is_running(), server.log()[-2000:]
        return
    flags, context, certificate = [], None, None
    if is_patient:
        flags += ["--max-connections-per-address", str(CONNECTIONS_MAX)]
        flags += ["--fruitless-burst", str(FRUITLESS_MAX)]
    if name == "interop-tls":
        authority = Authority()
        key, own = authority.issue("server")
        (folder / "key.pem").write_bytes(key)
        (folder / "server.pem").write_bytes(own)
        flags += ["--tls", "--key", str(folder / "key.pem"), "--cert", str(folder / "server.pem")]
        context, certificate = trusting_context(), authority.certificate
    with InteropServer(folder / "server.log", *flags) as server:
        yield Target(server, server.address, context, certificate)
        assert server.is_running(), server.log()[-2000:]


class HonestClient:
    """Google's client, which calls all the while; every call must be answered."""

    CALL_SECONDS_MAX = 20

    def __init__(self, target):
        self.target = target
        self.calls, self.failures = 0, []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, kind, *_):
        seen = self.calls
        deadline = time.monotonic() + 2 * self.CALL_SECONDS_MAX
        # At least one call that began after the attack.
        while self.calls < seen + 2 and not self.failures and time.monotonic() < deadline:
            time.sleep(0.01)
        self._stop.set()
        self._thread.join(self.CALL_SECONDS_MAX)
        if kind is None:
            assert not self.failures, self.failures
            assert self.calls >= seen + 2, "the honest client is not served any more"

    def _work(self):
        with self.target.channel() as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            while not self._stop.is_set():
                try:
                    stub.Check(
                        health_pb2.HealthCheckRequest(),
                        timeout=self.CALL_SECONDS_MAX,
                        wait_for_ready=True,
                    )
                    self.calls += 1
                except grpc.RpcError as error:
                    self.failures.append(f"{error.code().name}: {error.details()}")
                    return
                time.sleep(0.002)


@contextlib.contextmanager
def bounded_memory(target, growth, settle_seconds=10):
    """Fails when the server holds more than so many bytes on top when all is over."""
    before = target.memory()
    yield
    deadline = time.monotonic() + settle_seconds
    while (grown := target.memory() - before) > growth:
        assert time.monotonic() < deadline, f"{grown / MIB:.1f} MiB are not given back"
        time.sleep(0.1)
