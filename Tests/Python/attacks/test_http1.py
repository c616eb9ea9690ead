"""HTTP/1 at a port that speaks gRPC (H12, H13): told so once and closed, whatever it smuggles.

There is no face of HTTP/1, so nothing of a request is read beyond the bytes that tell what it is.
"""

import random
import socket

import pytest
from raw_connection import SECONDS_MAX
from targets import IS_LONG, MIB, NAMES, HonestClient, bounded_memory, start

CORPUS_SIZE = 20_000 if IS_LONG else 500
ENDLESS_BYTES = (1024 if IS_LONG else 32) * MIB
TOLD = b"This port speaks gRPC"


@pytest.fixture(scope="module", params=[name for name in NAMES if "tls" not in name])
def target(request, tmp_path_factory, farebox_binary):
    # Each connection here is of no use: after a hundred the next ones would have to wait.
    folder = tmp_path_factory.mktemp("http1")
    with start(request.param, folder, farebox_binary, is_patient=True) as target:
        yield target


def say(target, pieces):
    """Sends pieces until the server hangs up; what it said."""
    host, _, port = target.address.rpartition(":")
    said = b""
    with socket.create_connection((host, int(port)), timeout=SECONDS_MAX) as peer:
        try:
            for piece in pieces:
                peer.sendall(piece)
            while received := peer.recv(65536):
                said += received
        except ConnectionError:
            # It hung up while we were still talking; what it said may have been overtaken.
            return said
    return said


def told(said):
    """One answer of status 400 that says so, to its last byte; nothing of a second request."""
    head, _, body = said.partition(b"\r\n\r\n")
    fields = head.split(b"\r\n")
    assert fields[0].startswith(b"HTTP/1.1 400 "), said
    assert b"connection: close" in fields
    assert b"content-length: %d" % len(body) in fields
    assert TOLD in body and said.count(b"HTTP/1.1") == 1


HEAD = b"POST /farebox.accounting.v1.AccountingService/CheckCredits HTTP/1.1\r\nHost: a\r\n"
SECOND = b"GET /second HTTP/1.1\r\nHost: a\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
SMUGGLED = {
    "CL and TE": HEAD + b"Content-Length: 5\r\n" + CHUNKED + b"\r\n0\r\n\r\n" + SECOND,
    "TE and CL": HEAD + CHUNKED + b"Content-Length: 4\r\n\r\n5c\r\n" + SECOND,
    "TE twice": HEAD + CHUNKED + b"Transfer-Encoding: x\r\n\r\n0\r\n\r\n" + SECOND,
    "TE disguised": HEAD + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n" + SECOND,
    "CL that differ": HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab" + SECOND,
    "CL that is negative": HEAD + b"Content-Length: -1\r\n\r\n" + SECOND,
    "CL that overflows": HEAD + b"Content-Length: 99999999999999999999\r\n\r\n" + SECOND,
    "obs-fold": HEAD + b"X: a\r\n b\r\n\r\n" + SECOND,
    "bare LF": HEAD.replace(b"\r\n", b"\n") + b"\n" + SECOND,
    "bare CR": HEAD.replace(b"\r\n", b"\r") + b"\r" + SECOND,
    "space before colon": HEAD + b"Content-Length : 3\r\n\r\nabc" + SECOND,
    "NUL in a value": HEAD + b"X: a\0b\r\n\r\n" + SECOND,
    "absolute form": b"GET http://a/b HTTP/1.1\r\n\r\n",
    "upgrade to h2c": HEAD + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
    b"HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
    "HTTP/0.9": b"GET /\r\n",
    "a preface inside": HEAD + b"\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "pipelining": b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 1_000,
    "chunk extensions": HEAD + CHUNKED + b"\r\n" + b"1;" + b"x=y;" * 10_000 + b"\r\na\r\n",
    "a huge chunk": HEAD + CHUNKED + b"\r\nffffffffffffffff\r\n",
    "many trailers": HEAD + CHUNKED + b"\r\n0\r\n" + b"T: 1\r\n" * 100_000 + b"\r\n",
}


@pytest.mark.parametrize("kind", SMUGGLED)
@pytest.mark.parametrize("is_slow", [False, True])
def test_http1_is_told_once_and_closed(target, kind, is_slow):
    octets = SMUGGLED[kind]
    with HonestClient(target):
        if is_slow:
            said = say(target, [octets[:3], octets[3:4], octets[4:]])
        else:
            said = say(target, [octets])
        # Who is still sending when the server hangs up may lose the answer.
        if said or len(octets) < 4_096:
            told(said)


def corpus(count):
    """Requests with something about them changed; none begins as HTTP/2 does."""
    dice = random.Random(13)
    for _ in range(count):
        octets = bytearray(dice.choice(list(SMUGGLED.values()))[:2_000])
        for _ in range(dice.randint(1, 4)):
            at = dice.randrange(len(octets))
            kind = dice.randrange(3)
            if kind == 0:
                octets[at] = dice.randrange(256)
            elif kind == 1:
                del octets[at]
            else:
                octets.insert(at, dice.choice(b" \t\r\n\0:;,0a\xff"))
        # Four letters and no more would be the beginning of something.
        yield bytes(octets)


def test_changed_http1_is_told_or_closed(target):
    with HonestClient(target), bounded_memory(target, 32 * MIB):
        for octets in corpus(CORPUS_SIZE):
            said = say(target, [octets])
            if said:
                told(said)


def test_http1_that_goes_on_costs_nothing(target):
    """A body without end, sent as fast as it is taken: the server does not take it."""
    piece = b"10000\r\n" + bytes(65_536) + b"\r\n"
    head = HEAD + CHUNKED + b"\r\n"
    before = target.cpu_seconds()
    with HonestClient(target), bounded_memory(target, 32 * MIB):
        pieces = [head, *([piece] * (ENDLESS_BYTES // len(piece)))]
        say(target, pieces)
    assert target.cpu_seconds() - before < 10
