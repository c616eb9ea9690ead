"""gRPC by the byte: timeouts, lengths, compression, metadata, paths, and what comes after the end
(G1, G2, G3, G9, H11, H14).
"""

import gzip
import itertools
import os
import random
import zlib

import pytest
from calls import CHECK as CHECK_CREDITS
from farebox_client import bearer
from frames import (
    END_HEADERS,
    END_STREAM,
    PROTOCOL_ERROR,
    block,
    call,
    data,
    fields,
    frame,
    headers,
    literal,
    message,
    ping,
    reset,
    settings,
)
from raw_connection import RawConnection
from targets import CHECK, IS_LONG, MIB, NAMES, HonestClient, bounded_memory, start

OK, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, UNIMPLEMENTED, INTERNAL = "0", "4", "8", "12", "13"
MESSAGE_BYTES_MAX = 4 * MIB
PEAK_OF_A_MESSAGE = 6 * MESSAGE_BYTES_MAX
# With two calls each: a hundred resets that a client provokes end its connection.
PATHS_OF_A_CONNECTION = 45
SEED = int(os.environ.get("FAREBOX_SEED", random.randrange(2**31)))


@pytest.fixture(scope="module", params=NAMES)
def target(request, tmp_path_factory, farebox_binary):
    with start(request.param, tmp_path_factory.mktemp("input"), farebox_binary) as target:
        yield target


@pytest.fixture(scope="module")
def interop(tmp_path_factory, farebox_binary):
    with start("interop", tmp_path_factory.mktemp("input"), farebox_binary) as target:
        yield target


def answer(target, octets, stream=1):
    """What a server makes of one call: its gRPC status, or the reset, or the end."""
    with target.connect() as connection:
        connection.send(octets)
        connection.finished(stream)
        seen = connection.seen
        assert not seen.closed and seen.goaway is None, str(seen)
        return seen.field(stream, "grpc-status") if stream in seen.headers else seen.resets


# G1

TIMEOUTS = {
    **dict.fromkeys(
        [b"1H", b"1M", b"60S", b"60000m", b"60000000u", b"99999999H", b"99999999M"]
        + [b"99999999S", b"99999999m", b"99999999u", b"00000060S", b"8H"],
        (OK,),
    ),
    **dict.fromkeys([b"0n", b"0S", b"0H", b"00000000m"], (DEADLINE_EXCEEDED,)),
    # The last is a tenth of a second.
    **dict.fromkeys([b"1n", b"1u", b"99999999n"], (OK, DEADLINE_EXCEEDED)),
    **dict.fromkeys(
        [b"", b"S", b"H", b"1", b"12345678", b"1s", b"1h", b"1X", b"1 S", b"1S1", b"1SS", b"-1S"]
        + [b"+1S", b"0x1S", b"1e3S", b"1.5S", b"123456789S", b"999999999n", b"000000001S"]
        + [b"99999999999999999999S", b"1\xc2\xb5", b"\xef\xbc\x91S", b"infinity", b"1S,2S", b"1 "],
        (INTERNAL,),
    ),
}


@pytest.mark.parametrize("timeout", TIMEOUTS)
def test_timeouts(target, timeout):
    status = answer(target, target.call(1, (b"grpc-timeout", timeout)))
    assert status in TIMEOUTS[timeout]


def test_there_are_enough_timeouts():
    assert len(TIMEOUTS) >= 40


# G2


@pytest.mark.parametrize(
    ("body", "ends", "statuses"),
    [
        (message(length=2**32 - 1), False, (RESOURCE_EXHAUSTED,)),
        (message(length=2**31), False, (RESOURCE_EXHAUSTED,)),
        (message(length=MESSAGE_BYTES_MAX + 1), False, (RESOURCE_EXHAUSTED,)),
        (message(b"abc", length=4), True, (INTERNAL,)),
        (b"\0", True, (INTERNAL,)),
        (b"\0\0\0\0", True, (INTERNAL,)),
        (message() + b"\0", True, (UNIMPLEMENTED, INTERNAL)),
        (message() * 2, True, (UNIMPLEMENTED,)),
        (
            message() + message(length=2**32 - 1),
            True,
            (UNIMPLEMENTED, RESOURCE_EXHAUSTED, INTERNAL),
        ),
        (b"", True, (UNIMPLEMENTED,)),
    ],
)
def test_lengths_that_lie(target, body, ends, statuses):
    octets = target.headers(1) + data(1, body, END_STREAM if ends else 0)
    assert answer(target, octets) in statuses


def test_announced_bytes_cost_nothing_before_they_come(target):
    """The largest message that is allowed, announced by calls that then wait."""
    connections = [target.connect() for _ in range(10)]
    with HonestClient(target), bounded_memory(target, 32 * MIB):
        for connection in connections:
            for stream in range(1, 181, 2):
                connection.send(
                    target.headers(stream) + data(stream, message(length=MESSAGE_BYTES_MAX))
                )
            assert connection.probe()
        before = target.memory()
        assert before < 900 * MIB, "900 announced messages of 4 MiB each are held"
        for connection in connections:
            connection.peer.close()


# G3


def compressed(body, encoding=b"gzip", flag=1):
    return call(1, block(*fields(CHECK), (b"grpc-encoding", encoding)), message(body, flag=flag))


@pytest.mark.parametrize("flag", [1, 2, 3, 127, 128, 255])
def test_a_flag_without_an_encoding(target, flag):
    assert answer(target, target.call(1, body=message(flag=flag))) == INTERNAL


@pytest.mark.parametrize("flag", [2, 255])
def test_a_flag_that_means_nothing(interop, flag):
    assert answer(interop, compressed(gzip.compress(b""), flag=flag)) == INTERNAL


@pytest.mark.parametrize("encoding", [b"br", b"zstd", b"snappy", b"GZIP", b"gzip,deflate", b""])
def test_an_encoding_that_is_not_ours(interop, encoding):
    assert answer(interop, compressed(gzip.compress(b""), encoding)) in (UNIMPLEMENTED, INTERNAL)


WHOLE = gzip.compress(b"\x0a\x00" * 500)
BROKEN = {
    "nothing": b"",
    "no gzip": b"\x0a\x00",
    "cut in the header": WHOLE[:5],
    "cut in the middle": WHOLE[:-12],
    "cut in the checksum": WHOLE[:-3],
    "another checksum": WHOLE[:-8] + bytes(4) + WHOLE[-4:],
    "another length": WHOLE[:-4] + b"\1\0\0\0",
    "garbage behind": WHOLE + b"garbage",
    "raw deflate": zlib.compress(b"\x0a\x00")[2:-4],
}


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_gzip(interop, kind):
    assert answer(interop, compressed(BROKEN[kind])) == INTERNAL


@pytest.mark.parametrize("encoding", [b"gzip", b"deflate"])
@pytest.mark.parametrize("size", [MESSAGE_BYTES_MAX + 1, 10 * 10**6, 50 * 10**6])
def test_bombs_stop_at_the_limit(interop, encoding, size):
    """A thousand bytes for each one that was sent; what was not asked for is never inflated."""
    bomb = (gzip.compress if encoding == b"gzip" else zlib.compress)(bytes(size))
    octets = headers(1, block(*fields(CHECK), (b"grpc-encoding", encoding)))
    body = message(bomb, flag=1)
    for at in range(0, len(body), 16_000):
        octets += data(1, body[at : at + 16_000], END_STREAM if at + 16_000 >= len(body) else 0)
    with HonestClient(interop), bounded_memory(interop, 32 * MIB):
        interop.forget_peak()
        before = interop.memory()
        for _ in range(5):
            assert answer(interop, octets) == RESOURCE_EXHAUSTED
        # The message up to the limit while it grows, and what the allocator makes of it.
        assert interop.peak_memory() - before < PEAK_OF_A_MESSAGE


# G9


@pytest.mark.parametrize("value", [b"!!!", b"a", b"a=b", b"====", b"\xff\xfe", b"YQ", b"YQ==", b""])
def test_binary_metadata_is_read_or_dropped(target, value):
    """Never an answer that the application did not give."""
    assert answer(target, target.call(1, (b"x-any-bin", value))) in (OK, INTERNAL)


@pytest.mark.parametrize(
    "name",
    [b"grpc-status", b"grpc-message", b"grpc-status-details-bin", b"grpc-internal-x", b"grpc-"],
)
def test_reserved_names_are_not_believed(target, name):
    assert answer(target, target.call(1, (name, b"7"))) in (OK, INTERNAL)


def test_many_duplicates_are_served_up_to_the_limit(target):
    assert answer(target, target.call(1, *[(b"x-many", b"1")] * 90)) == OK
    with target.connect() as connection:
        connection.send(target.call(1, *[(b"x-many", b"1")] * 100))
        connection.finished(1)
        # What the server did not read it cannot answer in gRPC.
        assert connection.seen.field(1, ":status") == "431", str(connection.seen)


# H11


def mutations(path, count):
    """The path with something about it changed, never the path itself."""
    dice = random.Random(SEED)
    by_hand = [
        path[1:],
        b"/" + path,
        path + b"/",
        path.lower(),
        path.upper(),
        path + b"?x=1",
        path + b"#x",
        path + b"%00",
        path.replace(b"/AllocateCredits", b"/%41llocateCredits"),
        path.replace(b"/", b"//"),
        path.replace(b"/", b"\\"),
        path.replace(b"/farebox", b"/x/../farebox"),
        b"/./" + path[1:],
        b"*",
        b"/",
        b"http://127.0.0.1" + path,
        path + b" ",
        path + b";x",
        path.replace(b".", b"/"),
    ]
    yield from by_hand
    for _ in range(count):
        changed = bytearray(path)
        for _ in range(dice.randint(1, 3)):
            at = dice.randrange(len(changed))
            kind = dice.randrange(4)
            if kind == 0:
                changed[at] = dice.choice(b"!$%&'()*+,-./:;=?@[]^_`{|}~aZ09")
            elif kind == 1:
                del changed[at]
            elif kind == 2:
                changed.insert(at, dice.choice(b"/.%aA "))
            else:
                changed[at] ^= 0x20
        if bytes(changed) not in (path, b""):
            yield bytes(changed)


def test_mutated_paths_reach_no_handler(world):
    """Neither as nobody nor as a user, who may call other methods: what is not routed is not
    judged either.
    """
    print(f"seed {SEED}")
    person, address = world.newcomer(), world.addresses["accounting"]
    request = world.client.accounting.AllocateCreditsRequest(
        idempotency_key="mutated", account_id=person.account, credits=1
    )
    path = b"/farebox.accounting.v1.AccountingService/AllocateCredits"
    tokens = [(), ((b"authorization", b"Bearer " + world.admin.token.encode()),)]
    body = message(request.SerializeToString())
    paths = mutations(path, 50_000 if IS_LONG else 150)
    while some := list(itertools.islice(paths, PATHS_OF_A_CONNECTION)):
        with RawConnection(address) as connection:
            connection.handshake()
            # One proper call: whoever has none is new, and has to wait after a hundred connections.
            connection.send(call(1, block(*fields(CHECK)), message()))
            connection.finished(1)
            assert connection.seen.field(1, "grpc-status") == OK
            attempts = itertools.product(some, tokens)
            for stream, (changed, token) in zip(itertools.count(3, 2), attempts):
                connection.send(call(stream, block(*fields(changed), *token), body))
                connection.finished(stream)
                seen = connection.seen
                status = seen.field(stream, "grpc-status")
                refused = status == UNIMPLEMENTED or seen.resets.get(stream) == PROTOCOL_ERROR
                assert refused, (changed, str(seen))
    assert world.client.balance(person.token, person.account).balance.total_micros == 0


@pytest.mark.parametrize("path", [CHECK_CREDITS[1:], CHECK_CREDITS[1:] + "/"])
def test_a_path_without_slash_is_unknown_before_anybody_asks_who_calls(world, path):
    for person in (None, world.user):
        token = bearer(person.token)["metadata"][0] if person else None
        extra = [tuple(part.encode() for part in token)] if token else []
        with RawConnection(world.addresses["accounting"]) as connection:
            connection.handshake()
            connection.send(call(1, block(*fields(path.encode()), *extra)))
            connection.finished(1)
            seen = connection.seen
            # RFC 9113 section 8.3.1 calls it malformed, which is as good as not routed.
            is_malformed = seen.resets.get(1) == PROTOCOL_ERROR
            assert is_malformed or seen.field(1, "grpc-status") == UNIMPLEMENTED, str(seen)


# H14


ENDS = {
    "DATA on stream 0": data(0, b"x"),
    "a block that cannot be decoded": headers(1, b"\x80"),
    "a flood": settings() * 5_000,
    "a block without end": headers(1, b"", 0) + frame(9, 0, 1) * 500,
    "a stream that was used": call(5) + headers(3),
}


# FRAME_SIZE_ERROR each, by its type.
WRONG_SIZES = b"".join(
    frame(kind, 0, stream, bytes(size))
    for kind, stream, size in (
        (2, 1, 4),  # PRIORITY
        (3, 1, 5),  # RST_STREAM
        (4, 0, 5),  # SETTINGS
        (6, 0, 7),  # PING
        (7, 0, 7),  # GOAWAY
        (8, 0, 3),  # WINDOW_UPDATE
        (0, 1, 2**14 + 1),  # DATA
    )
)


@pytest.mark.parametrize("kind", ENDS)
def test_what_comes_after_the_end_is_not_read(target, kind):
    """CVE-2026-27135: a session that has ended is fed nothing, in the same piece or later.

    The advisory names the shape, a frame of the wrong size behind the error that ends the session;
    the frames here are our own.
    """
    more = (
        target.call(101)
        + headers(103, b"\xff" * 50, END_HEADERS)
        + data(0, b"y")
        + settings((4, 2**32 - 1))
        + ping()
        + WRONG_SIZES
        + reset(101)
        + literal(b"no", b"frame")
    )
    with HonestClient(target):
        with target.connect() as connection:
            connection.send(ENDS[kind] + more * 20)
            for _ in range(20):
                connection.send(more)
            while connection.read() is not None:
                pass
            assert connection.seen.goaway not in (None, 0), str(connection.seen)
            assert 101 not in connection.seen.headers
