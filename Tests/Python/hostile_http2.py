"""A server that answers each call with whatever frames a test gives it, lawful or not."""

import contextlib
import socket
import struct
import threading

import hpack
from listener import Listener

PREFACE_BYTES = 24
IDLE_SECONDS_MAX = 60
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE = range(9)
CONTINUATION = 9
END_STREAM = ACK = 0x1
END_HEADERS, PADDED = 0x4, 0x8
GRPC = ((":status", "200"), ("content-type", "application/grpc"))
OK = (("grpc-status", "0"),)


def frame(kind, payload=b"", flags=0, stream=1, length=None):
    """One frame; the length may lie."""
    size = len(payload) if length is None else length
    return struct.pack(">I", size)[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def block(fields):
    """A header block that leaves no trace in the dynamic table."""
    encoder = hpack.Encoder()
    return encoder.encode([hpack.NeverIndexedHeaderTuple(*field) for field in fields])


def headers(fields, end_stream=False, stream=1):
    flags = END_HEADERS | (END_STREAM if end_stream else 0)
    return frame(HEADERS, block(fields), flags, stream)


def data(payload, end_stream=False):
    """The payload in frames of a size that every client takes."""
    pieces = [payload[start : start + 16_384] for start in range(0, len(payload), 16_384)] or [b""]
    last = len(pieces) - 1
    return b"".join(
        frame(DATA, piece, END_STREAM if end_stream and place == last else 0)
        for place, piece in enumerate(pieces)
    )


def settings(*pairs):
    return frame(SETTINGS, b"".join(struct.pack(">HI", *pair) for pair in pairs), stream=0)


def window_update(increment, stream=1):
    return frame(WINDOW_UPDATE, struct.pack(">I", increment), stream=stream)


def goaway(last_stream, code=0, text=b""):
    return frame(GOAWAY, struct.pack(">II", last_stream, code) + text, stream=0)


def reset(code, stream=1):
    return frame(RST_STREAM, struct.pack(">I", code), stream=stream)


class HostileServer:
    """Sends the pieces of `answer()` when a request has begun, each as one write.

    `answer` is called once for each connection and may be endless; it stops when the client leaves.
    With `hangs_up` the connection ends after the last piece.
    """

    def __init__(self, answer, hangs_up=False):
        self.answer, self.hangs_up = answer, hangs_up

    def __enter__(self):
        self._listener = Listener(self._serve)
        self.address = self._listener.address
        return self

    def __exit__(self, *_):
        self._listener.close()

    def _serve(self, peer):
        peer.settimeout(IDLE_SECONDS_MAX)
        # Whatever the client does about the answer, its leaving included, is for the test to judge.
        with contextlib.suppress(OSError), peer:
            _read(peer, PREFACE_BYTES)
            peer.sendall(settings())
            kind = None
            while kind != HEADERS:
                head = _read(peer, 9)
                kind = head[3]
                _read(peer, int.from_bytes(head[:3], "big"))
                if kind == SETTINGS and not head[4] & ACK:
                    # Only now the client's own limits hold.
                    peer.sendall(frame(SETTINGS, flags=ACK, stream=0))
            drain = threading.Thread(target=_drain, args=(peer,), daemon=True)
            drain.start()
            for piece in self.answer():
                peer.sendall(piece)
            if self.hangs_up:
                peer.shutdown(socket.SHUT_RDWR)
            drain.join()


def _read(peer, count):
    received = b""
    while len(received) < count:
        piece = peer.recv(count - len(received))
        if not piece:
            raise ConnectionError("the client has left")
        received += piece
    return received


def _drain(peer):
    """Takes what the client says until it leaves, so that it never has to wait."""
    with contextlib.suppress(OSError):
        while peer.recv(65536):
            pass
        # An endless answer ends here as well.
        peer.shutdown(socket.SHUT_RDWR)
