"""A connection whose every byte is ours, and what the other side makes of them."""

import socket
import ssl
import time
from dataclasses import dataclass, field

import hpack
from frames import (
    ACK,
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    ERROR_NAMES,
    GOAWAY,
    HEADERS,
    PADDED,
    PING,
    PREFACE,
    RST_STREAM,
    SETTINGS,
    Frame,
    ping,
    settings,
)

SECONDS_MAX = 20
# An answer to the first may overtake what was queued behind it, one to the second does not.
PROBES = (b"probe--1", b"probe--2")


def trusting_context():
    """TLS that asks for HTTP/2 and believes any certificate: the tests are of what comes after."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    return context


@dataclass
class Seen:
    """What the server sent: by stream, its fields, payload, end and reset; and its farewell."""

    headers: dict = field(default_factory=dict)
    body: dict = field(default_factory=dict)
    ended: set = field(default_factory=set)
    resets: dict = field(default_factory=dict)
    pongs: list = field(default_factory=list)
    frames: list = field(default_factory=list)
    goaway: int | None = None
    goaway_debug: bytes = b""
    closed: bool = False

    def field(self, stream, name):
        """A field of a response, its trailers included; the last of its name."""
        return dict(self.headers.get(stream, ())).get(name)

    def __str__(self):
        told = [f"reset {one} {ERROR_NAMES.get(code, code)}" for one, code in self.resets.items()]
        told += [f"answer on {one}: {fields}" for one, fields in self.headers.items()]
        if self.goaway is not None:
            told.append(f"GOAWAY {ERROR_NAMES.get(self.goaway, self.goaway)} {self.goaway_debug!r}")
        return "; ".join([*told, "closed" if self.closed else "open"])


class RawConnection:
    """A client that sends what it is told to and notes what comes back."""

    def __init__(self, address, context=None):
        host, _, port = address.rpartition(":")
        self.peer = socket.create_connection((host, int(port)), timeout=SECONDS_MAX)
        self.peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context is not None:
            self.peer = context.wrap_socket(self.peer, server_hostname=host)
        self.seen = Seen()
        self._buffer = bytearray()
        self._decoder = hpack.Decoder()
        self._block = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.peer.close()

    def handshake(self, *pairs):
        """Preface and SETTINGS both ways, and both acknowledged."""
        self.send(PREFACE + settings(*pairs))
        acknowledged = told = False
        while not (acknowledged and told):
            one = self.read()
            assert one is not None, f"the handshake failed: {self.seen}"
            if one.type == SETTINGS:
                acknowledged |= bool(one.flags & ACK)
                told |= not one.flags & ACK
        self.send(settings(flags=ACK))
        return self

    def send(self, octets):
        """Sends; a server that has hung up meanwhile is noted, not an error."""
        # What the last read had is too little where the server is slow to take it.
        self.peer.settimeout(SECONDS_MAX)
        try:
            self.peer.sendall(octets)
        except OSError:
            self._drain_after_loss()

    def read(self, seconds=SECONDS_MAX):
        """The next frame; None when the server has closed. Raises TimeoutError."""
        deadline = time.monotonic() + seconds
        while True:
            if len(self._buffer) >= 9:
                size = int.from_bytes(self._buffer[:3], "big")
                if len(self._buffer) >= 9 + size:
                    return self._take(size)
            if self.seen.closed:
                return None
            self.peer.settimeout(max(deadline - time.monotonic(), 0.001))
            try:
                received = self.peer.recv(65536)
            except TimeoutError:
                raise
            except OSError:
                received = b""
            if not received:
                self.seen.closed = True
            self._buffer += received

    def until(self, condition, seconds=SECONDS_MAX):
        """Reads until the condition holds or the server has closed; says which (True: it holds)."""
        deadline = time.monotonic() + seconds
        while not condition(self.seen):
            try:
                if self.read(deadline - time.monotonic()) is None:
                    return condition(self.seen)
            except TimeoutError:
                raise AssertionError(f"nothing happened in {seconds} s: {self.seen}") from None
        return True

    def finished(self, stream):
        """Waits until the stream has ended, by an end or by a reset."""
        return self.until(lambda seen: stream in seen.ended or stream in seen.resets)

    def probe(self):
        """Everything that the server says to what was sent before. True: it goes on serving."""
        for payload in PROBES:
            self.send(ping(payload))
            if not self.until(lambda seen, payload=payload: payload in seen.pongs):
                return False
        return True

    def _drain_after_loss(self):
        try:
            while self.read(SECONDS_MAX) is not None:
                pass
        except TimeoutError:
            self.seen.closed = True

    def _take(self, size):
        kind, flags = self._buffer[3], self._buffer[4]
        stream = int.from_bytes(self._buffer[5:9], "big") & 0x7FFFFFFF
        one = Frame(kind, flags, stream, bytes(self._buffer[9 : 9 + size]))
        del self._buffer[: 9 + size]
        self._note(one)
        return one

    def _note(self, one):
        seen = self.seen
        seen.frames.append(one)
        if one.type == RST_STREAM:
            seen.resets.setdefault(one.stream, int.from_bytes(one.payload, "big"))
        elif one.type == GOAWAY:
            seen.goaway = int.from_bytes(one.payload[4:8], "big")
            seen.goaway_debug = one.payload[8:]
        elif one.type == PING and one.flags & ACK:
            seen.pongs.append(one.payload)
        elif one.type == DATA:
            assert not one.flags & PADDED
            seen.body[one.stream] = seen.body.get(one.stream, b"") + one.payload
        elif one.type in (HEADERS, CONTINUATION):
            self._block = (self._block or b"") + one.payload
            if one.flags & END_HEADERS:
                fields = self._decoder.decode(self._block, raw=False)
                seen.headers.setdefault(one.stream, []).extend(fields)
                self._block = None
        if one.type in (DATA, HEADERS) and one.flags & END_STREAM:
            seen.ended.add(one.stream)
