"""Floods of HTTP/2 frames: the one who sends them is sent away, everybody else is served.

The names H2 to H8 are those of the attacks: rapid reset (CVE-2023-44487), MadeYouReset
(CVE-2025-8671), CONTINUATION (CVE-2024-28182), HPACK bombs, and the floods of CVE-2019-9512 to
CVE-2019-9518.
"""

import itertools
import time

import pytest
from frames import (
    ENABLE_PUSH,
    END_STREAM,
    ENHANCE_YOUR_CALM,
    INCREMENTAL,
    INITIAL_WINDOW_SIZE,
    INTERNAL_ERROR,
    PROTOCOL_ERROR,
    WINDOW_MAX,
    block,
    continuation,
    data,
    frame,
    headers,
    indexed,
    literal,
    message,
    ping,
    priority,
    settings,
    window_update,
)
from targets import IS_LONG, MIB, NAMES, WATCH, HonestClient, bounded_memory, start

# What is sent at most before the server must have had enough.
FLOOD_FRAMES = 1_000_000 if IS_LONG else 5_000
CONNECTIONS = 10 if IS_LONG else 2
RESETS_BEFORE_END_MAX = 200
GROWTH_MAX = 32 * MIB


@pytest.fixture(scope="module", params=NAMES)
def target(request, tmp_path_factory, farebox_binary):
    with start(request.param, tmp_path_factory.mktemp("floods"), farebox_binary) as target:
        yield target


def flood(connection, pieces, is_read):
    """Sends pieces until the server hangs up; the pieces are what a lazy sender makes of them."""
    for piece in pieces:
        connection.send(piece)
        if is_read and not connection.seen.closed:
            connection.peer.settimeout(0.0001)
            try:
                connection.read(0.0001)
            except TimeoutError:
                pass
        if connection.seen.closed:
            break
    while connection.read() is not None:
        pass
    return connection.seen


def sent_away(seen, *codes):
    assert seen.closed
    assert seen.goaway in codes, str(seen)


def batches(make, count, size=500):
    """`count` frames in batches."""
    numbers = iter(range(count))
    while batch := list(itertools.islice(numbers, size)):
        yield b"".join(make(number) for number in batch)


# H2


@pytest.mark.parametrize("is_read", [True, False])
def test_rapid_resets(target, is_read):
    with HonestClient(target), bounded_memory(target, GROWTH_MAX):
        for _ in range(CONNECTIONS):
            with target.connect() as connection:
                make = lambda number: target.watch_and_reset(2 * number + 1)  # noqa: E731
                seen = flood(connection, batches(make, FLOOD_FRAMES // 2, 100), is_read)
                sent_away(seen, ENHANCE_YOUR_CALM, INTERNAL_ERROR)


def test_resets_of_an_impatient_client_are_forgiven(target):
    """As a service makes them whose deadlines expire: a burst, and 300 in each second."""
    with target.connect() as connection:
        for stream in range(1, 10_001 if IS_LONG else 1_001, 2):
            if stream > 1_000:
                time.sleep(1 / 300)
            last = stream % 50 == 1
            connection.send(target.call(stream) if last else target.watch_and_reset(stream))
            if last:
                connection.finished(stream)
                assert connection.seen.field(stream, "grpc-status") == "0", str(connection.seen)


# H3


def _malformed(*parts, **changes):
    def make(target, stream):
        return headers(stream, block(*target.fields(**changes), *parts))

    return make


PROVOKED = {
    "window overflow": lambda target, stream: (
        target.headers(stream, path=WATCH) + window_update(stream, WINDOW_MAX)
    ),
    "upper case": _malformed((b"UPPER", b"1")),
    "a pseudo-header field twice": _malformed((b":path", b"/")),
    "an empty name": _malformed((b"", b"")),
    "a line break in a value": _malformed((b"x", b"a\nb")),
    "connection-specific field": _malformed((b"connection", b"close")),
    "content-length that lies": lambda target, stream: (
        headers(stream, block(*target.fields(content_length=b"1")))
        + data(stream, message(), END_STREAM)
    ),
}


@pytest.mark.parametrize("kind", PROVOKED)
def test_resets_that_a_client_provokes(target, kind):
    with HonestClient(target), bounded_memory(target, GROWTH_MAX):
        with target.connect() as connection:
            seen = connection.seen
            for start in range(0, RESETS_BEFORE_END_MAX, 10):
                streams = range(2 * start + 1, 2 * (start + 10), 2)
                connection.send(b"".join(PROVOKED[kind](target, stream) for stream in streams))
                # Within the streams that are allowed: the next batch comes when this one is reset.
                if not connection.until(lambda seen, last=streams[-1]: last in seen.resets):
                    break
        sent_away(seen, ENHANCE_YOUR_CALM)


def test_resets_that_a_client_provokes_all_at_once(target):
    """More than may be open at a time: that alone ends the connection."""
    with HonestClient(target), bounded_memory(target, GROWTH_MAX):
        with target.connect() as connection:
            make = lambda number: PROVOKED["upper case"](target, 2 * number + 1)  # noqa: E731
            seen = flood(connection, batches(make, FLOOD_FRAMES, 1_000), is_read=False)
        sent_away(seen, ENHANCE_YOUR_CALM, PROTOCOL_ERROR)
        assert len(seen.resets) <= RESETS_BEFORE_END_MAX


# H4


@pytest.mark.parametrize("content", [b"", literal(b"x", b"y" * 100)], ids=["empty", "fields"])
def test_continuation_without_end(target, content):
    with HonestClient(target), bounded_memory(target, GROWTH_MAX):
        with target.connect() as connection:
            connection.send(headers(1, block(*target.fields()), flags=0))
            make = lambda _: continuation(1, content, 0)  # noqa: E731
            seen = flood(connection, batches(make, FLOOD_FRAMES), is_read=True)
        sent_away(seen, ENHANCE_YOUR_CALM)
        assert not seen.headers


# H5


BOMBS = {
    "a large value again and again": (
        literal(b"x-fat", b"v" * 3_900, INCREMENTAL),
        indexed(62) * 10_000,
    ),
    "a name without a value again and again": (
        literal(b"x-empty", b"", INCREMENTAL),
        indexed(62) * 10_000,
    ),
    "cookie crumbs": (
        literal(b"cookie", b"c", INCREMENTAL),
        indexed(62) * 10_000,
    ),
    "many small fields": (b"", b"".join(literal(b"x-%d" % n, b"") for n in range(1_000))),
}


@pytest.mark.parametrize("kind", BOMBS)
def test_header_bombs(target, kind):
    """Each is refused; who repeats them is sent away. No memory is kept, although the client gives
    no window for the answers.
    """
    seed, bomb = BOMBS[kind]
    rounds = 250 if IS_LONG else 10
    with HonestClient(target), bounded_memory(target, GROWTH_MAX):
        for _ in range(rounds):
            with target.connect((INITIAL_WINDOW_SIZE, 0)) as connection:
                for stream in (1, 3, 5, 7):
                    connection.send(headers(stream, block(*target.fields()) + seed + bomb))
                while connection.read() is not None:
                    pass
                sent_away(connection.seen, ENHANCE_YOUR_CALM)
                for fields in connection.seen.headers.values():
                    assert dict(fields).get("grpc-status") != "0"


# H6


IDLE = {
    "PING": lambda number: ping(number.to_bytes(8, "big")),
    "SETTINGS": lambda number: settings((ENABLE_PUSH, number % 2)),
    "empty SETTINGS": lambda _: settings(),
    "PRIORITY": lambda number: priority(2 * number + 1),
    "empty DATA": lambda _: data(1),
    "padding only": lambda _: frame(0, 0x8, 1, b"\x04" + bytes(4)),
    "unknown frames": lambda number: frame(0x20 + number % 200, 0, 0, b"x"),
    "unknown frames on a stream": lambda _: frame(0xEE, 0, 1, b""),
}


@pytest.mark.parametrize("is_read", [True, False])
@pytest.mark.parametrize("kind", IDLE)
def test_frames_without_progress(target, kind, is_read):
    with HonestClient(target), bounded_memory(target, GROWTH_MAX):
        before = target.cpu_seconds()
        with target.connect() as connection:
            connection.send(target.headers(1, path=WATCH))
            seen = flood(connection, batches(IDLE[kind], FLOOD_FRAMES), is_read)
            sent_away(seen, ENHANCE_YOUR_CALM)
        if IS_LONG:
            assert target.cpu_seconds() - before < 1


# H8


def test_fields_without_names_and_values(target):
    """CVE-2019-9516."""
    with HonestClient(target), bounded_memory(target, GROWTH_MAX):
        with target.connect() as connection:
            empty = literal(b"", b"") * 5_000
            whole = block(*target.fields()) + empty
            make = lambda number: headers(2 * number + 1, whole)  # noqa: E731
            seen = flood(connection, batches(make, 500, 5), is_read=True)
        assert seen.closed and seen.goaway is not None, str(seen)
        assert not any(dict(one).get("grpc-status") == "0" for one in seen.headers.values())
