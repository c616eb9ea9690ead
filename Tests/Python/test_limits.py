"""Limits as an operator sets them, on a running Farebox."""

import contextlib
import socket
import subprocess
import time

import pytest
from calls import call_raw, post
from conftest import ADMIN, data_with_users, log_in
from farebox_client import FareboxClient
from farebox_process import FareboxProcess, free_addresses
from raw_http2 import frame

KIB = 1024
MESSAGE_BYTES_MAX, LARGE_MESSAGE_BYTES_MAX = 64 * KIB, 1024 * KIB
OK_UP_TO = {
    "/farebox.auth.v1.AuthService/Login": ("auth", MESSAGE_BYTES_MAX),
    "/farebox.accounting.v1.AccountingService/CheckCredits": ("accounting", MESSAGE_BYTES_MAX),
    "/farebox.accounting.v1.AccountingService/RecordUsage": ("accounting", LARGE_MESSAGE_BYTES_MAX),
    "/farebox.chat.v1.ChatService/Chat": ("chat", LARGE_MESSAGE_BYTES_MAX),
    "/grpc.health.v1.Health/Check": ("auth", MESSAGE_BYTES_MAX),
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo": ("chat", MESSAGE_BYTES_MAX),
}
QUOTA = 7
# The preface and SETTINGS, and DATA where there is no stream.
OPENING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(3) + b"\4" + bytes(5)
FAULT = b"\0\0\1" + bytes(5) + b"\1x"
# The machine may be slow.
PATIENCE = 60


@pytest.mark.parametrize("path", OK_UP_TO)
def test_a_request_may_be_as_large_as_its_method_takes(unharmed, path):
    """One byte more is refused by its prefix, and what is announced need not be sent for that."""
    service, limit = OK_UP_TO[path]
    token = unharmed.admin.token
    refused = post(
        unharmed, frame(b"", length=limit + 1), path, token, service, end_stream=False
    )
    assert refused.grpc_status == "8", refused
    # A field that no contract has, of exactly the size.
    largest = b"\xfa\xff\x03" + _varint(limit - 6) + bytes(limit - 6)
    assert len(largest) == limit
    assert post(unharmed, frame(largest), path, token, service).grpc_status != "8"


def _varint(value):
    return bytes([value & 127 | 128, value >> 7 & 127 | 128, value >> 14])


def serve(binary, folder, environment=None):
    data = data_with_users(folder)
    return FareboxProcess(binary, data, free_addresses(), environment=environment)


def hung_up(peers, seconds=0.05):
    """Those that the server has closed without a word."""
    gone = []
    for peer in peers:
        peer.settimeout(seconds)
        with contextlib.suppress(TimeoutError):
            try:
                is_closed = peer.recv(1) == b""
            except ConnectionError:
                is_closed = True
            if is_closed:
                gone.append(peer)
    return gone


def connect(address, source):
    host, _, port = address.rpartition(":")
    return socket.create_connection((host, int(port)), 10, source_address=(source, 0))


def test_an_address_has_so_many_connections_and_others_have_theirs(farebox_binary, tmp_path):
    """The whole of 127.0.0.0/8 is ours: a second address is a second client."""
    environment = {"FAREBOX_LIMITS_CONNECTIONS_PER_ADDRESS": str(QUOTA)}
    environment["FAREBOX_LIMITS_TIMEOUT_PREFACE_MS"] = "600000"
    with serve(farebox_binary, tmp_path, environment) as server:
        address = server.addresses["accounting"]
        with contextlib.ExitStack() as held:
            peers = [held.enter_context(connect(address, "127.0.0.2")) for _ in range(QUOTA + 3)]
            refused, deadline = [], time.monotonic() + PATIENCE
            while len(refused) < 3 and time.monotonic() < deadline:
                refused += hung_up([peer for peer in peers if peer not in refused])
            assert len(refused + hung_up([peer for peer in peers if peer not in refused])) == 3
            # Another address is served, and so is another listener.
            client = FareboxClient(server.addresses)
            assert log_in(client, *ADMIN).token
            assert client.health("accounting") == "SERVING"
            client.close()
        deadline, are_welcome = time.monotonic() + PATIENCE, False
        while not are_welcome:
            assert time.monotonic() < deadline, "the places of those who left are not given again"
            with contextlib.ExitStack() as held:
                peers = [held.enter_context(connect(address, "127.0.0.2")) for _ in range(QUOTA)]
                are_welcome = not hung_up(peers)
        assert "connections_per_address" in server.log()


def test_who_comes_again_and_again_in_vain_has_to_wait(farebox_binary, tmp_path):
    """Nobody looks at what such an address sends on new connections; its open ones go on."""
    environment = {"FAREBOX_LIMITS_FRUITLESS_BURST": "20"}
    environment["FAREBOX_LIMITS_FRUITLESS_PER_SECOND"] = "1"
    environment["FAREBOX_LIMITS_FRUITLESS_WAIT_MS"] = "600000"
    with serve(farebox_binary, tmp_path, environment) as server, contextlib.ExitStack() as held:
        address = server.addresses["accounting"]
        known = held.enter_context(connect(address, "127.0.0.3"))
        known.sendall(OPENING)
        assert known.recv(65536)
        deadline = time.monotonic() + PATIENCE
        while "fruitless_connections" not in server.log() and time.monotonic() < deadline:
            peer = held.enter_context(connect(address, "127.0.0.3"))
            peer.sendall(OPENING + FAULT)
            peer.settimeout(0.5)
            with contextlib.suppress(TimeoutError, ConnectionError):
                while peer.recv(65536):
                    pass
        assert "fruitless_connections" in server.log()
        # A PING, and its answer.
        known.sendall(b"\0\0\x08\6" + bytes(5) + b"12345678")
        known.settimeout(PATIENCE)
        seen = b""
        while b"12345678" not in seen:
            seen += known.recv(65536)
        client = FareboxClient(server.addresses)
        assert client.health("accounting") == "SERVING"
        client.close()


@pytest.mark.parametrize(
    ("flag", "words"),
    [
        ("connections.total=0", 'limits.connections.total: "0" is not 1 to 1000000'),
        ("connections.totl=9", "limits.connections.totl: is no limit"),
        ("header.list.bytes", "--limit header.list.bytes: is not KEY=FIGURE"),
        ("header.list.bytes=2000", "limits.header.field.bytes: 8192 is more than"),
    ],
)
def test_a_limit_that_cannot_be_stops_the_start_and_is_named(farebox_binary, tmp_path, flag, words):
    done = subprocess.run(
        [str(farebox_binary), "serve", "--data", str(tmp_path), "--limit", flag],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert words in done.stderr


def test_the_limits_in_force_are_listed(farebox_binary):
    done = subprocess.run(
        [str(farebox_binary), "limits", "--limit", "message.bytes=2048"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    lines = {line.split()[0]: line.split()[1] for line in done.stdout.splitlines()}
    assert lines["message.bytes"] == "2048"
    assert lines["connections.per.address"] == "200"


def test_a_message_may_be_smaller_by_configuration(farebox_binary, tmp_path):
    with serve(farebox_binary, tmp_path, {"FAREBOX_LIMITS_MESSAGE_BYTES": "1024"}) as server:
        client = FareboxClient(server.addresses)
        admin = log_in(client, *ADMIN)

        class World:
            pass

        world = World()
        world.client, world.addresses = client, client.addresses
        refusal = call_raw(world, bytes(1025), token=admin.token)
        assert refusal.code == "RESOURCE_EXHAUSTED"
        client.close()
