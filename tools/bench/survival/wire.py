"""The bytes that clients of these parts send, made before anything is measured."""

import sys
from pathlib import Path

import grpc  # noqa: F401
import hpack

sys.path += [
    str(Path(__file__).resolve().parents[3] / "Tests" / "Python" / folder)
    for folder in ("attacks", "")
]

# It makes stubs below the package grpc, which must be there before.
import frames  # noqa: E402

HEALTH_WATCH = "/grpc.health.v1.Health/Watch"
HEALTH_CHECK = "/grpc.health.v1.Health/Check"
WINDOW_MAX = frames.WINDOW_MAX


def call_fields(path, scheme="http", metadata=()):
    """The fields that gRPC's own clients send, in their order."""
    return [
        (":method", "POST"),
        (":scheme", scheme),
        (":path", path),
        (":authority", "127.0.0.1:7002"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
        ("user-agent", "grpc-python/1.71.0 grpc-c/46.0.0 (linux; chttp2)"),
        *metadata,
    ]


class Caller:
    """The calls of one connection, or of many that all say the same.

    Fields are indexed as clients do it: the server keeps a table for each connection, and calls
    after the first are short.
    """

    def __init__(self, path, message=b"", scheme="http", metadata=(), ends=True):
        encoder = hpack.Encoder()
        fields = call_fields(path, scheme, metadata)
        self.first, self.next = encoder.encode(fields), encoder.encode(fields)
        self.body = frames.message(message)
        self._flags = frames.END_STREAM if ends else 0

    def call(self, number):
        """The call of this number on its connection, from 0, with one request message."""
        stream = 2 * number + 1
        head = frames.headers(stream, self.next if number else self.first)
        return head + frames.data(stream, self.body, self._flags)


def opening(*settings):
    """What a client says first; the acknowledgement may come before what it acknowledges is seen,
    since servers send their SETTINGS at once."""
    return frames.PREFACE + frames.settings(*settings)


ACKNOWLEDGED = frames.settings(flags=frames.ACK)
