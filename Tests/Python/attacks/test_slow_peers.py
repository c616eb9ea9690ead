"""Clients that take their time: with the preface, with headers, with reading (H7, H9)."""

import socket
import time

import pytest
from interop_stubs import messages_pb2

from frames import (
    INITIAL_WINDOW_SIZE,
    PREFACE,
    PROTOCOL_ERROR,
    SLOW_CALL,
    WINDOW_MAX,
    block,
    call,
    fields,
    headers,
    large_call,
    message,
    window_update,
)
from raw_connection import RawConnection
from targets import IS_LONG, MIB, HonestClient, bounded_memory, start

SOCKETS = 10_000 if IS_LONG else 100
# The limits are 5 s for the beginning and 10 s for a header block; the machine may be slow.
PREFACE_SECONDS, HEADER_SECONDS, PATIENCE = 5, 10, 20
STREAM_BYTES_MAX = 64 * 1024


@pytest.fixture(scope="module", params=["interop", "interop-tls", "farebox"])
def target(request, tmp_path_factory, farebox_binary):
    with start(request.param, tmp_path_factory.mktemp("slow"), farebox_binary) as target:
        yield target


@pytest.fixture
def plain(tmp_path, farebox_binary):
    with start("interop", tmp_path, farebox_binary) as target:
        yield target


def raw_socket(target):
    host, _, port = target.address.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=PREFACE_SECONDS + PATIENCE)


BEGINNINGS = {
    "nothing": b"",
    "an octet": b"P",
    "most of the preface": PREFACE[:-1],
    "the preface without SETTINGS": PREFACE,
}


def test_slow_beginnings_are_cut_and_nobody_else_notices(target):
    """Over TLS these bytes are a handshake that is never finished; HTTP/2 is no handshake, and is
    refused at once.
    """
    with HonestClient(target), bounded_memory(target, 32 * MIB):
        began = time.monotonic()
        peers = []
        for number in range(SOCKETS):
            peer = raw_socket(target)
            peer.sendall(list(BEGINNINGS.values())[number % len(BEGINNINGS)])
            peers.append(peer)
        for peer in peers:
            drain(peer)
        if target.context is None:
            assert time.monotonic() - began > PREFACE_SECONDS - 1, "cut before the time was up"


def test_a_header_block_without_end_is_cut(target):
    with HonestClient(target):
        slow = [target.connect() for _ in range(10)]
        for connection in slow:
            connection.send(headers(1, block(*target.fields())[:30], flags=0))
        for connection in slow:
            connection.until(lambda seen: seen.closed, HEADER_SECONDS + PATIENCE)
            assert connection.seen.goaway == PROTOCOL_ERROR, str(connection.seen)
            connection.peer.close()


def streaming_call(stream):
    """Asks for 10 MiB in messages of 64 KiB."""
    request = messages_pb2.StreamingOutputCallRequest(
        response_parameters=[messages_pb2.ResponseParameters(size=64 * 1024)] * 160
    )
    return call(stream, block(*fields(SLOW_CALL)), message(request.SerializeToString()))


def drain(peer):
    """Reads until the server has hung up; raises TimeoutError when it does not."""
    with peer:
        try:
            while peer.recv(65536):
                pass
        except ConnectionError:
            pass


def test_answers_that_nobody_takes_are_bounded(plain):
    """A window of nothing: what was asked for is not made, and what was made is given back. The
    allocator keeps what it once had, so that only another round tells a leak.
    """
    count, streams = (100, 100) if IS_LONG else (5, 50)
    # One message that is being written, besides what waits.
    most = count * streams * 2 * STREAM_BYTES_MAX + 16 * MIB
    held = []
    with HonestClient(plain):
        before = plain.memory()
        for _ in range(3):
            peers = [plain.connect((INITIAL_WINDOW_SIZE, 0)) for _ in range(count)]
            for peer in peers:
                for number in range(streams):
                    peer.send(streaming_call(2 * number + 1))
            for peer in peers:
                peer.until(lambda seen: len(seen.headers) == streams)
            assert plain.memory() - before < most, (plain.memory() - before) / MIB
            held.append(plain.memory())
            for peer in peers:
                peer.peer.close()
    assert held[2] - held[0] < 16 * MIB, [one / MIB for one in held]


def test_an_answer_comes_octet_by_octet_to_who_reads_so(plain):
    with plain.connect((INITIAL_WINDOW_SIZE, 1)) as connection, HonestClient(plain):
        connection.send(large_call(1, 40))
        while 1 not in connection.seen.ended:
            taken = len(connection.seen.body.get(1, b""))
            connection.until(
                lambda seen, taken=taken: 1 in seen.ended or len(seen.body.get(1, b"")) > taken
            )
            assert len(connection.seen.body.get(1, b"")) in (taken, taken + 1)
            connection.send(window_update(1, 1))
        assert connection.seen.field(1, "grpc-status") == "0"


def test_a_reader_who_never_reads_stops_only_the_own_answers(plain):
    """The socket is not read at all, with all the windows that there can be."""
    connection = RawConnection(plain.address).handshake((INITIAL_WINDOW_SIZE, WINDOW_MAX))
    with connection, HonestClient(plain), bounded_memory(plain, 64 * MIB):
        connection.send(window_update(0, WINDOW_MAX - 65_535))
        for number in range(20):
            connection.send(streaming_call(2 * number + 1))
        time.sleep(1)
        assert plain.memory() < 512 * MIB
