"""Conversations that nobody reads: what each holds, and how they end."""

import time

from survival import herd, serving, wire
from survival.outcome import Outcome

READERS = 1_000
KIB_MAX = 64
# The rule finds them after 30 s to 40 s; then the machine may be slow.
END_SECONDS_MAX = 90
PAUSED_SECONDS = 5
TOKENS = 50_000
TOGETHER = 10

HEAD = ["stalled", "readers", "KiB each", "CPU % while paused", "ended after s", "left MiB"]


def run(arguments, folder):
    outcome = Outcome(f"{READERS:,} conversations whose clients give no window at all", HEAD)
    for connections in (10, READERS):
        with serving.farebox(arguments, folder) as server:
            _one_row(outcome, server, connections)
    return outcome


def _one_row(outcome, server, connections):
    streams = READERS // connections
    name = f"{connections:,} connections x {streams}"
    call = server.talk(TOKENS)
    with herd.Herd(server.chat_port) as members:
        members.grow(connections, (wire.frames.INITIAL_WINDOW_SIZE, 0))
        before = server.settled_kib()
        caller = wire.Caller(call.path, call.message, metadata=call.metadata)
        _open(members, caller, streams)
        began = time.monotonic()
        resident = server.settled_kib()
        used, since = server.cpu_seconds(), time.monotonic()
        time.sleep(PAUSED_SECONDS)
        paused = (server.cpu_seconds() - used) / (time.monotonic() - since) * 100
        each = (server.resident_kib() - before) / READERS
        members.wait(
            members.members,
            lambda one: one.frames[wire.frames.RST_STREAM] >= streams,
            seconds=END_SECONDS_MAX,
        )
        ended = time.monotonic() - began
    left = server.wait_for_settlement()
    after = server.settled_kib()
    outcome.figures[name] = {
        "before_kib": before,
        "resident_kib": resident,
        "each_kib": each,
        "paused_cpu_percent": paused,
        "ended_seconds": ended,
        "after_kib": after,
        "held_micros": left,
    }
    outcome.rows.append(
        [
            name,
            f"{READERS:,}",
            f"{each:.1f}",
            f"{paused:.1f}",
            f"{ended:.0f}",
            f"{after / 1024:.0f}",
        ]
    )
    outcome.judge(f"{name}: KiB each", each, KIB_MAX)
    outcome.judge(f"{name}: credits still held", left / serving.MICROS, 0)
    outcome.judge(f"{name}: CPU % while paused", paused, 5)


def _open(members, caller, streams):
    """Few at a time: chat gives its questions to accounting little time, and denies a conversation
    when that is not enough. This is no test of that, so what was denied is asked again.
    """
    asked = {id(member): 0 for member in members.members}
    deadline = time.monotonic() + herd.SECONDS_MAX
    while missing := [one for one in members.members if _stalled(one) < streams]:
        if time.monotonic() > deadline:
            raise herd.HerdError("too many conversations were denied")
        batch = missing[:TOGETHER]
        before = sum(one.ended for one in batch)
        for member in batch:
            members.send(member, caller.call(asked[id(member)]))
            asked[id(member)] += 1
        members.wait(batch, lambda one: one.frames[wire.frames.HEADERS] >= asked[id(one)])
        if sum(one.ended for one in batch) > before:
            time.sleep(0.5)


def _stalled(member):
    return member.frames[wire.frames.HEADERS] - member.ended
