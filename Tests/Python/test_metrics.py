"""What a Prometheus reads from a running Farebox."""

import re
import selectors
import socket
import time
import urllib.error
import urllib.request

import pytest
from conftest import ADMIN, data_with_users, log_in
from farebox_client import FareboxClient
from farebox_process import FareboxProcess, free_addresses

SERIES = re.compile(r'^([a-z_]\w*)(\{(?:\w+="(?:[^"\\]|\\.)*",?)*\})? (\S+)$')
SECONDS_MAX = 60
CONNECTIONS_MAX, PATIENCE_SECONDS = 32, 10
# The rows of LimitBreach that can be brought about here with some bytes.
BREACH = 'rpc_server_limit_breached_total{limit="%s"}'


@pytest.fixture(scope="module")
def watched(farebox_binary, tmp_path_factory):
    """A running server, a client of it, and where its metrics are."""
    data, addresses = data_with_users(tmp_path_factory.mktemp("metrics")), free_addresses()
    listen = free_addresses()["chat"]
    environment = {"FAREBOX_METRICS_LISTEN": listen}
    with FareboxProcess(farebox_binary, data, addresses, environment=environment) as server:
        client = FareboxClient(server.addresses)
        yield server, client, f"http://{listen}"
        client.close()
        assert server.is_running(), server.log()[-2000:]


def page(address):
    with urllib.request.urlopen(f"{address}/metrics", timeout=SECONDS_MAX) as answer:
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        return answer.read().decode()


def series(address):
    """Name with labels to value; fails on a line that is none."""
    found = {}
    for line in page(address).splitlines():
        if line.startswith("# TYPE "):
            assert line.split()[3] in ("counter", "gauge", "histogram")
            continue
        name, labels, value = SERIES.match(line).groups()
        assert name + (labels or "") not in found, line
        found[name + (labels or "")] = float(value)
    return found


def test_calls_are_counted_by_method_and_outcome(watched):
    _, client, address = watched
    before = series(address)
    admin = log_in(client, *ADMIN)
    for _ in range(3):
        client.allocate(admin.token, "metered", credits=1)
    after = series(address)
    method = 'rpc_method="farebox.accounting.v1.AccountingService/AllocateCredits"'
    grown = {
        name: value - before.get(name, 0)
        for name, value in after.items()
        if method in name and 'system_name="grpc"' in name and "bucket" not in name
    }
    started = [v for name, v in grown.items() if name.startswith("rpc_server_call_started_total")]
    taken = [
        v for name, v in grown.items() if name.startswith("rpc_server_call_duration_seconds_count")
    ]
    assert started == [3], grown
    assert sum(taken) == 3, grown
    assert after["process_resident_memory_bytes"] > 2**20
    assert after["process_cpu_seconds_total"] > 0


def test_limits_are_counted(watched):
    server, _, address = watched
    before = series(address)
    host, _, port = server.addresses["accounting"].rpartition(":")
    with socket.create_connection((host, int(port)), SECONDS_MAX) as peer:
        # SETTINGS, and DATA where there is no stream.
        peer.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(3) + b"\4" + bytes(5))
        peer.sendall(b"\0\0\1" + bytes(6) + b"x")
        while peer.recv(65536):
            pass
    after = series(address)
    assert after[BREACH % "protocol_error"] == before[BREACH % "protocol_error"] + 1
    # What never happened is there, and zero.
    assert after[BREACH % "rapid_resets"] == 0


@pytest.mark.parametrize(
    ("path", "method", "status"), [("/", "GET", 404), ("/metrics", "POST", 405)]
)
def test_nothing_else_is_there(watched, path, method, status):
    request = urllib.request.Request(watched[2] + path, method=method)
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=SECONDS_MAX)
    assert caught.value.code == status
    caught.value.close()


def test_the_listener_is_bounded(watched):
    address = watched[2]
    host, _, port = address.removeprefix("http://").rpartition(":")
    began = time.monotonic()
    peers = [socket.create_connection((host, int(port)), SECONDS_MAX) for _ in range(40)]
    try:
        # Those who say nothing are closed when their time is up, the others at once.
        ends, selector = [], selectors.DefaultSelector()
        for peer in peers:
            selector.register(peer, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(SECONDS_MAX)
            assert ready, "they are not closed"
            for key, _ in ready:
                selector.unregister(key.fileobj)
                ends.append(time.monotonic())
        early = sum(end < began + PATIENCE_SECONDS - 1 for end in ends)
        assert early <= len(peers) - CONNECTIONS_MAX
    finally:
        for peer in peers:
            peer.close()
    assert "process_cpu_seconds_total" in page(address)


@pytest.mark.parametrize(
    "octets",
    [
        b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n" * 3,
        b"\xff" * 100,
        b"GET /metrics HTTP/1.1\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
        b"POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_bytes_of_strangers_cost_their_connection(watched, octets):
    host, _, port = watched[2].removeprefix("http://").rpartition(":")
    said = b""
    with socket.create_connection((host, int(port)), SECONDS_MAX) as peer:
        try:
            peer.sendall(octets)
            while received := peer.recv(65536):
                said += received
        except ConnectionError:
            pass
    assert said.count(b"HTTP/1.1 ") <= 1
    assert "process_cpu_seconds_total" in page(watched[2])


def test_accepting_pauses_before_descriptors_run_out(farebox_binary, tmp_path):
    """Those that connections may not take serve the metrics, the journal and whoever is inside."""
    listen = free_addresses()["chat"]
    environment = {
        "FAREBOX_METRICS_LISTEN": listen,
        "FAREBOX_LIMITS_CONNECTIONS_PER_ADDRESS": "10000",
        "FAREBOX_LIMITS_TIMEOUT_PREFACE_MS": "600000",
    }
    server = FareboxProcess(
        farebox_binary,
        data_with_users(tmp_path),
        free_addresses(),
        prefix=("prlimit", "--nofile=256:256"),
        environment=environment,
    )
    with server:
        client = FareboxClient(server.addresses)
        admin = log_in(client, *ADMIN)
        # From now on it is inside.
        assert client.health("accounting") == "SERVING"
        assert series(f"http://{listen}")[BREACH % "descriptors"] == 0
        host, _, port = server.addresses["accounting"].rpartition(":")
        peers = [socket.create_connection((host, int(port)), SECONDS_MAX) for _ in range(300)]
        try:
            deadline = time.monotonic() + SECONDS_MAX
            while series(f"http://{listen}")[BREACH % "descriptors"] == 0:
                assert time.monotonic() < deadline, "accepting does not pause"
            client.allocate(admin.token, "inside", credits=1)
        finally:
            for peer in peers:
                peer.close()
        another = FareboxClient(server.addresses)
        assert another.health("accounting") == "SERVING"
        another.close()
        client.close()


def test_without_the_setting_nothing_listens(world):
    assert "metrics" not in world.server.log()
