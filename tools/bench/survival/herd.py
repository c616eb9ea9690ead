"""Very many connections at once, held by one thread."""

import select
import socket
import ssl
import time

from survival import wire
from survival.outcome import SurvivalError

# Below the server's limit of connections from one address.
PER_ADDRESS = 190
# Connections that are being opened at the same time: below the server's backlog.
BATCH = 250
SECONDS_MAX = 120


class HerdError(SurvivalError):
    """A connection was not made, or was closed."""


class Member:
    """One connection and how many frames of each type came on it."""

    __slots__ = ("peer", "buffer", "frames", "ended")

    def __init__(self, peer):
        self.peer, self.buffer = peer, b""
        self.frames = [0] * 10
        # Answers that ended with a header block.
        self.ended = 0

    def take(self, received):
        """Counts the frames."""
        data = self.buffer + received
        at, end = 0, len(data)
        while end - at >= 9:
            size = int.from_bytes(data[at : at + 3], "big")
            if end - at < 9 + size:
                break
            kind, flags = data[at + 3], data[at + 4]
            if kind < 10:
                self.frames[kind] += 1
                self.ended += kind == wire.frames.HEADERS and flags & wire.frames.END_STREAM
            at += 9 + size
        self.buffer = data[at:]


class Herd:
    """Connections from many addresses of the loopback to one port."""

    def __init__(self, port, context=None):
        self.port, self.context = port, context
        self.members = []
        self._poll = select.epoll()
        self._by_file = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for member in self.members:
            member.peer.close()
        self.members, self._by_file = [], {}
        self._poll.close()
        self._poll = select.epoll()

    def grow(self, count, *settings):
        """Opens so many connections and waits until all have shaken hands."""
        opening = wire.opening(*settings)
        while count > 0:
            batch = [self._connect() for _ in range(min(count, BATCH))]
            count -= len(batch)
            for member in batch:
                self.send(member, opening)
            # The server's SETTINGS, and that it has seen ours.
            self.wait(batch, lambda member: member.frames[wire.frames.SETTINGS] >= 2)
            for member in batch:
                self.send(member, wire.ACKNOWLEDGED)

    def send(self, member, octets):
        """Sends all of it; what is sent here is small against the socket's buffer."""
        try:
            member.peer.sendall(octets)
        except OSError as error:
            raise HerdError(f"a connection was closed: {error}") from None

    def wait(self, members, condition, seconds=SECONDS_MAX):
        """Reads until the condition holds for all these members."""
        missing = {id(member) for member in members if not condition(member)}
        deadline = time.monotonic() + seconds
        while missing:
            if time.monotonic() > deadline:
                raise HerdError(f"{len(missing)} connections got no answer in {seconds} s")
            for member in self.read(0.5):
                if id(member) in missing and condition(member):
                    missing.discard(id(member))

    def read(self, seconds):
        """Reads what has come; returns the members on which something did."""
        heard = []
        for file, _ in self._poll.poll(seconds):
            member = self._by_file[file]
            try:
                received = member.peer.recv(65536)
            except (BlockingIOError, ssl.SSLWantReadError):
                continue
            except OSError as error:
                raise HerdError(f"a connection was closed: {error}") from None
            if not received:
                raise HerdError("the server closed a connection")
            member.take(received)
            heard.append(member)
        return heard

    def _connect(self):
        number = len(self.members) // PER_ADDRESS
        source = f"127.0.{1 + number // 250}.{1 + number % 250}"
        peer = socket.socket()
        peer.settimeout(SECONDS_MAX)
        # Ports are chosen at connect, for each source anew.
        peer.setsockopt(socket.IPPROTO_IP, getattr(socket, "IP_BIND_ADDRESS_NO_PORT", 24), 1)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer.bind((source, 0))
        peer.connect(("127.0.0.1", self.port))
        if self.context is not None:
            peer = self.context.wrap_socket(peer, server_hostname="127.0.0.1")
        member = Member(peer)
        self.members.append(member)
        self._by_file[peer.fileno()] = member
        self._poll.register(peer.fileno(), select.EPOLLIN)
        return member
