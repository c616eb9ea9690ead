"""Attacks one port from a few connections: `attacker.py PORT CONNECTIONS`, then on the standard
input, line by line, SECONDS and the attack's name; each is answered by what was done, as JSON.

It runs only when nobody else wants its core, so that its own hunger for time is not measured.
"""

import json
import os
import select
import socket
import sys
import time
from pathlib import Path

TOOLS = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOOLS / "bench"), str(TOOLS / "python")]

from survival import wire  # noqa: E402
from survival.attacks import ATTACKS  # noqa: E402

# Where attacks come from: the honest client is not refused for the connections of its neighbours.
ADDRESS = "127.0.0.66"


class Attacker:
    """One connection after the other."""

    def __init__(self, port, attack, poll, done):
        self._port, self._attack, self._poll, self._done = port, attack, poll, done
        begin = attack.begin
        if attack.greets:
            begin = wire.opening(*attack.settings) + wire.ACKNOWLEDGED + begin
        self._begin, self._flood = begin, attack.flood
        self.connect()

    def connect(self):
        self.peer = socket.socket()
        self.peer.bind((ADDRESS, 0))
        # Nobody waits for one whose connection is not answered.
        self.peer.setblocking(False)
        self.peer.connect_ex(("127.0.0.1", self._port))
        self._is_connected = False
        self._left = memoryview(self._begin)
        self._is_flooding = False
        self._poll.register(self.peer.fileno(), select.EPOLLIN | select.EPOLLOUT)

    def ready(self, events):
        """Sends what goes; returns False when the connection is over."""
        self._note_connected()
        try:
            if events & select.EPOLLIN and self._attack.reads and not self.peer.recv(65536):
                return False
            if events & (select.EPOLLHUP | select.EPOLLERR):
                return False
            if events & select.EPOLLOUT:
                return self._send()
        except BlockingIOError:
            pass
        except OSError:
            return False
        return True

    def _note_connected(self):
        if not self._is_connected:
            self._is_connected = True
            self._done["connections"] += 1

    def _send(self):
        if not self._left:
            if not self._flood:
                self._poll.modify(self.peer.fileno(), select.EPOLLIN)
                return True
            if self._is_flooding and not self._attack.repeats:
                return False
            self._is_flooding = True
            self._left = memoryview(self._flood)
        count = self.peer.send(self._left)
        self._done["bytes"] += count
        self._left = self._left[count:]
        return True

    def close(self):
        self._poll.unregister(self.peer.fileno())
        self.peer.close()


def attack(port, name, connections, seconds):
    done = {"connections": 0, "bytes": 0}
    poll = select.epoll()
    attackers = [Attacker(port, ATTACKS[name], poll, done) for _ in range(connections)]
    by_file = {one.peer.fileno(): one for one in attackers}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for file, events in poll.poll(0.05):
            one = by_file[file]
            if one.ready(events):
                continue
            one.close()
            del by_file[file]
            one.connect()
            by_file[one.peer.fileno()] = one
    for one in attackers:
        one.close()
    poll.close()
    return done


def main():
    port, connections = int(sys.argv[1]), int(sys.argv[2])
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    print("ready", flush=True)
    for line in sys.stdin:
        seconds, _, name = line.strip().partition(" ")
        print(json.dumps(attack(port, name, connections, float(seconds))), flush=True)


if __name__ == "__main__":
    main()
