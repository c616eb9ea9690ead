"""Clients that take their time: with the preface, with headers, with reading (H7, H9)."""

import contextlib
import socket
import ssl
import time

import pytest
from frames import (
    CANCEL,
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
from interop_stubs import messages_pb2
from raw_connection import RawConnection, trusting_context
from targets import IS_LONG, MIB, HonestClient, bounded_memory, start

SOCKETS = 10_000 if IS_LONG else 100
# The limits are 5 s for the beginning and 10 s for a header block; the machine may be slow.
PREFACE_SECONDS, HEADER_SECONDS, PATIENCE = 5, 10, 20
STREAM_BYTES_MAX = 64 * 1024
STALL_SECONDS_MAX = 90
MICROS = 10**6


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


def client_hello():
    """What a TLS client says first."""
    out = ssl.MemoryBIO()
    session = trusting_context().wrap_bio(ssl.MemoryBIO(), out, server_hostname="127.0.0.1")
    with contextlib.suppress(ssl.SSLWantReadError):
        session.do_handshake()
    return out.read()


CLEAR = [b"", b"P", PREFACE[:-1], PREFACE]
SECURE = [b"", client_hello()[:1], client_hello()[:100], client_hello()]


def test_slow_beginnings_are_cut_and_nobody_else_notices(target):
    """Nothing, and more and more of what should come: the preface, or a TLS handshake."""
    beginnings = CLEAR if target.context is None else SECURE
    with HonestClient(target), bounded_memory(target, 32 * MIB + SOCKETS * 16 * 1024):
        began = time.monotonic()
        peers = []
        for number in range(SOCKETS):
            peer = raw_socket(target)
            peer.sendall(beginnings[number % len(beginnings)])
            peers.append(peer)
        for peer in peers:
            drain(peer)
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


@pytest.mark.skipif(not IS_LONG, reason="takes as long as a reader may stall")
def test_a_conversation_that_nobody_reads_is_ended_and_charged(world):
    person = world.newcomer(credits=10)
    request = world.client.chat.ChatRequest(
        prompt="count", model="counter-1", max_output_tokens=50_000
    )
    path = b"/farebox.chat.v1.ChatService/Chat"
    token = (b"authorization", b"Bearer " + person.token.encode())
    with RawConnection(world.addresses["chat"]) as connection:
        connection.handshake((INITIAL_WINDOW_SIZE, 100))
        head = block(*fields(path), token)
        connection.send(call(1, head, message(request.SerializeToString())))
        connection.until(lambda seen: 1 in seen.resets, STALL_SECONDS_MAX)
        assert connection.seen.resets[1] == CANCEL
    deadline = time.monotonic() + PATIENCE
    while (balance := world.client.balance(person.token, "").balance).held_micros:
        assert time.monotonic() < deadline, "the hold is not settled"
        time.sleep(0.1)
    assert 9 * MICROS < balance.available_micros < 10 * MICROS


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
    count, streams = (10, 100) if IS_LONG else (5, 50)
    # One message that is being written, besides what waits; and the call itself.
    most = count * streams * (2 * STREAM_BYTES_MAX + 16 * 1024) + 16 * MIB
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
