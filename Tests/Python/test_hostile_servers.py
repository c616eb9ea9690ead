"""Our client against servers that break the rules, or use them to do harm.

Whatever a server does, the call ends with a status that names the reason, in time, and the client
lives. The client is `rpcurl`: a process of its own, so that a crash is seen as one.
"""

import gzip
import itertools
import os
import random
import subprocess
import time
from concurrent import futures

import hostile_http2 as wire
import pytest
from farebox_process import binary_path
from google.protobuf import descriptor_pb2
from hostile_http2 import GRPC, OK, HostileServer
from interop_stubs import empty_pb2, messages_pb2, test_pb2
from raw_http2 import frame as message

# What a call may take, and how long until a client that should have ended counts as hanging.
MAX_TIME_SECONDS = 30
HANG_SECONDS = 120
UNKNOWN, DEADLINE_EXCEEDED, PERMISSION_DENIED = 2, 4, 7
CANCELLED, RESOURCE_EXHAUSTED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE = 1, 8, 12, 13, 14
EMPTY = message(b"")
HEAD, TAIL = wire.headers(GRPC), wire.headers(OK, end_stream=True)
WELL = (HEAD, wire.data(EMPTY), TAIL)


@pytest.fixture(scope="module")
def contracts(tmp_path_factory):
    """The descriptor set of the interop service: a hostile server is not asked for it."""
    files = descriptor_pb2.FileDescriptorSet()
    for module in (empty_pb2, messages_pb2, test_pb2):
        module.DESCRIPTOR.CopyToProto(files.file.add())
    path = tmp_path_factory.mktemp("contracts") / "interop.protoset"
    path.write_bytes(files.SerializeToString())
    return path


@pytest.fixture
def call(contracts):
    """Calls a server; the gRPC code of the end and what was said about it."""

    def run(address, seconds=MAX_TIME_SECONDS):
        flags = ["-plaintext", "-max-time", str(seconds), "-protoset", str(contracts)]
        done = subprocess.run(
            [str(binary_path(name="rpcurl")), *flags]
            + ["-d", "{}", address, "grpc.testing.TestService/UnaryCall"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=HANG_SECONDS,
        )
        assert done.returncode == 0 or 64 < done.returncode <= 80, (done.returncode, done.stderr)
        return max(done.returncode - 64, 0), done.stderr

    return run


def head_with(*fields, status=b"200"):
    return wire.headers(((":status", status), ("content-type", "application/grpc"), *fields))


def raw_headers(payload, flags=wire.END_HEADERS, stream=1):
    return wire.frame(wire.HEADERS, payload, flags, stream)


TOO_MANY_FIELDS = head_with(*[(f"x-{number}", "v" * 100) for number in range(130)])
CONTINUED = [
    raw_headers(wire.block(GRPC), flags=0),
    *(wire.frame(wire.CONTINUATION, wire.block((("x-more", "v" * 1000),)) * 15) for _ in range(70)),
    wire.frame(wire.CONTINUATION, b"", wire.END_HEADERS),
]

# What is said of a breach that costs the connection, and of one that costs the call.
BREACH = ("the server broke the HTTP/2 protocol: ",)
IN_RESPONSE = ("the server broke the HTTP/2 protocol in its response: ",)

# Name, what the server sends, the code, what the client says (all of these, whatever the case).
ANSWERS = [
    # Lawful, if odd: these calls succeed.
    (
        "informational headers",
        (
            wire.headers(((":status", "100"),)),
            wire.headers(((":status", "103"), ("link", "x"))),
            *WELL,
        ),
        0,
        (),
    ),
    ("unknown frames", (wire.frame(0xB7, b"?" * 99), *WELL, wire.frame(0xB7, stream=0)), 0, ()),
    ("an empty trailing frame", (HEAD, wire.data(EMPTY), wire.data(b""), TAIL), 0, ()),
    ("settings of the future", (wire.settings((0xF00, 1)), *WELL), 0, ()),
    (
        "a status text that is not percent-encoded right",
        (wire.headers((*GRPC, ("grpc-status", "5"), ("grpc-message", "100%zz%f")), True),),
        5,
        ("100%zz%f",),
    ),
    # Header compression.
    ("index zero", (raw_headers(b"\x80"),), UNAVAILABLE, BREACH),
    ("an index beyond the table", (raw_headers(b"\xff\xff\xff\x7f"),), UNAVAILABLE, BREACH),
    ("a table larger than agreed", (raw_headers(b"\x3f\xff\xff\x7f"),), UNAVAILABLE, BREACH),
    ("an integer without end", (raw_headers(b"\x7f" + b"\xff" * 99),), UNAVAILABLE, BREACH),
    ("bad Huffman code", (raw_headers(b"\x00\x84\xff\xff\xff\xff\x00"),), UNAVAILABLE, BREACH),
    # Headers.
    (
        "too many fields",
        (TOO_MANY_FIELDS,),
        RESOURCE_EXHAUSTED,
        ("headers are too large",),
    ),
    (
        "a field of a megabyte in continuations",
        CONTINUED,
        RESOURCE_EXHAUSTED,
        ("headers are too large",),
    ),
    ("no status", (wire.headers(GRPC[1:]),), INTERNAL, IN_RESPONSE),
    ("a status that is no number", (head_with(status="abc"),), INTERNAL, IN_RESPONSE),
    (
        "a name in upper case",
        (raw_headers(wire.block(GRPC) + b"\x00\x01X\x01v"),),
        INTERNAL,
        IN_RESPONSE,
    ),
    ("a connection field", (head_with(("connection", "close")),), INTERNAL, IN_RESPONSE),
    ("a line break in a field", (head_with(("x", "a\r\nb")), wire.data(EMPTY), TAIL), 0, ()),
    (
        "404",
        (wire.headers(((":status", "404"), ("content-type", "text/html")), True),),
        UNIMPLEMENTED,
        ("404",),
    ),
    (
        "503",
        (wire.headers(((":status", "503"), ("content-type", "text/html")), True),),
        UNAVAILABLE,
        ("503",),
    ),
    (
        "a page",
        (
            wire.headers(((":status", "200"), ("content-type", "text/html"))),
            wire.data(b"<html>", True),
        ),
        UNKNOWN,
        ("not gRPC",),
    ),
    ("status 200 and nothing else", (wire.headers(GRPC, True),), UNKNOWN, ("without a status",)),
    (
        "trailers without a status",
        (HEAD, wire.data(EMPTY), wire.headers((("x", "y"),), True)),
        UNKNOWN,
        ("without a status",),
    ),
    ("no trailers", (HEAD, wire.data(EMPTY, True)), INTERNAL, ("status",)),
    (
        "a grpc-status that is no number",
        (wire.headers((*GRPC, ("grpc-status", "OK")), True),),
        UNKNOWN,
        ("not a gRPC code",),
    ),
    (
        "a grpc-status of the future",
        (wire.headers((*GRPC, ("grpc-status", "99")), True),),
        UNKNOWN,
        ("not a gRPC code",),
    ),
    (
        "a negative grpc-status",
        (wire.headers((*GRPC, ("grpc-status", "-1")), True),),
        UNKNOWN,
        ("not a gRPC code",),
    ),
    (
        "details that are not base64",
        (wire.headers((*GRPC, ("grpc-status", "5"), ("grpc-status-details-bin", "!!!")), True),),
        5,
        (),
    ),
    # Messages.
    ("data before headers", (wire.data(EMPTY), HEAD, TAIL), UNAVAILABLE, BREACH),
    ("success without a message", (HEAD, TAIL), UNIMPLEMENTED, ("0 messages",)),
    ("two messages", (HEAD, wire.data(EMPTY * 2), TAIL), UNIMPLEMENTED, ("2 messages",)),
    ("half a message", (HEAD, wire.data(EMPTY[:3]), TAIL), INTERNAL, ("message",)),
    ("unknown flags", (HEAD, wire.data(message(b"", flag=7)), TAIL), INTERNAL, ("flags 7",)),
    (
        "compression that nobody named",
        (HEAD, wire.data(message(b"x", flag=1)), TAIL),
        INTERNAL,
        ("compress",),
    ),
    (
        "an unknown compression",
        (head_with(("grpc-encoding", "snappy")), wire.data(message(b"x", flag=1)), TAIL),
        INTERNAL,
        ("snappy",),
    ),
    (
        "broken gzip",
        (
            head_with(("grpc-encoding", "gzip")),
            wire.data(message(b"\x1f\x8bnonsense", flag=1)),
            TAIL,
        ),
        INTERNAL,
        (),
    ),
    (
        "more than the limit",
        (HEAD, wire.data(message(b"", length=5 << 20))),
        RESOURCE_EXHAUSTED,
        ("5242880", "4194304"),
    ),
    (
        "4 GiB",
        (HEAD, wire.data(message(b"", length=0xFFFF_FFFF))),
        RESOURCE_EXHAUSTED,
        ("4294967295",),
    ),
    (
        "a bomb",
        (
            head_with(("grpc-encoding", "gzip")),
            wire.data(message(gzip.compress(bytes(64 << 20)), flag=1)),
            TAIL,
        ),
        RESOURCE_EXHAUSTED,
        ("4194304",),
    ),
    (
        "bytes that are not the message",
        (HEAD, wire.data(message(b"\xff\xff\xff")), TAIL),
        INTERNAL,
        (),
    ),
    # Frames.
    (
        "a frame longer than agreed",
        (HEAD, wire.frame(wire.DATA, bytes(20_000))),
        UNAVAILABLE,
        BREACH,
    ),
    (
        "a frame that announces 16 MiB",
        (wire.frame(wire.DATA, b"", length=0xFF_FFFF),),
        UNAVAILABLE,
        BREACH,
    ),
    (
        "more padding than frame",
        (HEAD, wire.frame(wire.DATA, b"\xff", wire.PADDED)),
        UNAVAILABLE,
        BREACH,
    ),
    ("data on stream 0", (wire.frame(wire.DATA, EMPTY, stream=0),), UNAVAILABLE, BREACH),
    (
        "data on a stream that nobody opened",
        (wire.frame(wire.DATA, EMPTY, stream=99),),
        UNAVAILABLE,
        BREACH,
    ),
    ("headers on a stream of the server's", (wire.headers(GRPC, stream=2),), UNAVAILABLE, BREACH),
    (
        "a promise",
        (wire.frame(wire.PUSH_PROMISE, b"\0\0\0\2" + wire.block(GRPC), wire.END_HEADERS),),
        UNAVAILABLE,
        BREACH,
    ),
    (
        "a continuation of nothing",
        (wire.frame(wire.CONTINUATION, b"", wire.END_HEADERS),),
        UNAVAILABLE,
        BREACH,
    ),
    (
        "data inside a header block",
        (raw_headers(wire.block(GRPC), flags=0), wire.data(EMPTY)),
        UNAVAILABLE,
        BREACH,
    ),
    (
        "settings of half an entry",
        (wire.frame(wire.SETTINGS, b"\0\4\0", stream=0),),
        UNAVAILABLE,
        BREACH,
    ),
    ("settings on a stream", (wire.frame(wire.SETTINGS),), UNAVAILABLE, BREACH),
    ("an initial window of 2 GiB", (wire.settings((4, 1 << 31)),), UNAVAILABLE, BREACH),
    ("a frame size of 1", (wire.settings((5, 1)),), UNAVAILABLE, BREACH),
    ("push by the server", (wire.settings((2, 1)),), UNAVAILABLE, BREACH),
    ("a window without increment", (HEAD, wire.window_update(0)), UNAVAILABLE, BREACH),
    (
        "a stream's window beyond 2 GiB",
        (HEAD, wire.window_update(0x7FFF_FFFF)),
        INTERNAL,
        IN_RESPONSE,
    ),
    (
        "the connection's window beyond 2 GiB",
        (wire.window_update(0x7FFF_FFFF, 0),),
        UNAVAILABLE,
        BREACH,
    ),
    ("a ping of three bytes", (wire.frame(wire.PING, b"???", stream=0),), UNAVAILABLE, BREACH),
    ("a reset of two bytes", (wire.frame(wire.RST_STREAM, b"??"),), UNAVAILABLE, BREACH),
    ("goodbye of two bytes", (wire.frame(wire.GOAWAY, b"??", stream=0),), UNAVAILABLE, BREACH),
    # Going away.
    (
        "goodbye without having seen the call",
        (wire.goaway(0, 0, b"no room"),),
        UNAVAILABLE,
        ("going away", "no room"),
    ),
    (
        "goodbye in anger",
        (wire.goaway(0, 11, b"calm down"),),
        UNAVAILABLE,
        ("ENHANCE_YOUR_CALM", "calm down"),
    ),
]


@pytest.mark.parametrize(
    ("pieces", "code", "said"),
    [pytest.param(*answer[1:], id=answer[0].replace(" ", "-")) for answer in ANSWERS],
)
def test_every_answer_ends_the_call_with_its_reason(call, pieces, code, said):
    with HostileServer(lambda: pieces) as server:
        found, text = call(server.address)
    assert found == code, text
    for part in said:
        assert part in text


# Error code of RST_STREAM, gRPC code (PROTOCOL-HTTP2, Errors).
RESETS = [
    (0, INTERNAL),
    (1, INTERNAL),
    (2, INTERNAL),
    (3, INTERNAL),
    (4, INTERNAL),
    (6, INTERNAL),
    (7, UNAVAILABLE),
    (8, CANCELLED),
    (9, INTERNAL),
    (10, INTERNAL),
    (11, RESOURCE_EXHAUSTED),
    (12, PERMISSION_DENIED),
]


@pytest.mark.parametrize(("reset", "code"), RESETS)
def test_a_reset_says_what_it_means(call, reset, code):
    # In the middle, so that not even REFUSED_STREAM is tried again.
    pieces = [HEAD, wire.data(EMPTY[:3]), wire.reset(reset)]
    with HostileServer(lambda: pieces) as server:
        found, text = call(server.address)
    assert found == code, text
    assert "reset the stream" in text


FLOODS = [
    ("settings", (), wire.settings() * 100, UNAVAILABLE, "flood"),
    ("pings", (), wire.frame(wire.PING, bytes(8), stream=0) * 100, UNAVAILABLE, "flood"),
    ("unknown frames", (), wire.frame(0xB7) * 100, UNAVAILABLE, "flood"),
    ("empty data", (HEAD,), wire.frame(wire.DATA) * 100, UNAVAILABLE, "flood"),
    (
        "continuations",
        (raw_headers(wire.block(GRPC), flags=0),),
        wire.frame(wire.CONTINUATION, b"") * 100,
        UNAVAILABLE,
        "flood",
    ),
    (
        "oversized headers",
        (),
        TOO_MANY_FIELDS,
        RESOURCE_EXHAUSTED,
        "too large",
    ),
]


@pytest.mark.parametrize(
    ("first", "rest", "code", "said"),
    [pytest.param(*flood[1:], id=flood[0].replace(" ", "-")) for flood in FLOODS],
)
def test_a_flood_is_ended_before_the_deadline(call, first, rest, code, said):
    with HostileServer(lambda: itertools.chain(first, itertools.repeat(rest))) as server:
        found, text = call(server.address)
    assert found == code, text
    assert said in text.lower()


def slowly(first, rest):
    yield from first
    while True:
        time.sleep(0.05)
        yield rest


TRICKLES = [
    ("nothing", ()),
    ("half a frame", (HEAD[:5],)),
    ("headers and then nothing", (HEAD,)),
    # The status might still say what went wrong, so surplus messages are passed over.
    ("messages for ever", itertools.chain((HEAD,), itertools.repeat(wire.data(EMPTY * 1000)))),
    (
        "a message byte by byte",
        slowly((HEAD, wire.data(message(b"", length=4 << 20))), wire.data(b"\0")),
    ),
    ("informational headers for ever", slowly((), wire.headers(((":status", "103"),)))),
    ("a window that grows for ever", slowly((), wire.window_update(1))),
]


@pytest.mark.parametrize(
    "pieces", [pytest.param(pieces, id=name.replace(" ", "-")) for name, pieces in TRICKLES]
)
def test_what_never_ends_ends_with_the_deadline(call, pieces):
    with HostileServer(lambda: pieces) as server:
        found, text = call(server.address, seconds=3)
    assert found == DEADLINE_EXCEEDED, text


@pytest.mark.parametrize(
    "pieces",
    [(), (HEAD[:5],), (HEAD,), (HEAD, wire.data(EMPTY[:3])), (HEAD, wire.data(EMPTY))],
    ids=["nothing", "half a frame", "headers", "half a message", "a message"],
)
def test_a_server_that_hangs_up_is_unavailable(call, pieces):
    with HostileServer(lambda: pieces, hangs_up=True) as server:
        found, text = call(server.address)
    assert found == UNAVAILABLE, text
    assert "lost" in text


def test_no_bytes_whatever_hang_or_crash_the_client(call):
    seed = os.environ.get("FAREBOX_SEED") or str(random.SystemRandom().getrandbits(32))
    well = b"".join(WELL)

    def one(number):
        chance = random.Random(f"{seed}/{number}")
        if number % 2:
            pieces = (chance.randbytes(chance.randrange(1, 2000)),)
        else:
            damaged = bytearray(well)
            for _ in range(chance.randrange(1, 4)):
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
            pieces = (bytes(damaged),)
        with HostileServer(lambda: pieces, hangs_up=True) as server:
            return number, *call(server.address)

    with futures.ThreadPoolExecutor(max_workers=4) as pool:
        for number, code, text in pool.map(one, range(40)):
            print(f"seed {seed}, number {number}: {code} {text.strip()}")
            assert code != DEADLINE_EXCEEDED, f"seed {seed}, number {number}"
