"""What very many clients cost that do nothing: connections, open requests, waiting handlers."""

import contextlib
import resource
import time

from survival import herd, serving, wire
from survival.certificates import TLSFiles
from survival.outcome import Outcome

STREAMS = 10
RESIDENT_MAX_MIB = 400
TLS_RESIDENT_MAX_MIB = 600
# A request may take 15 s to arrive; opening all of them may take longer on a slow machine.
LIMITS = {"FAREBOX_LIMITS_TIMEOUT_REQUEST_MS": "300000"}
# Clients that are told something at the same time.
BATCH = 500

HEAD = ["capacity", "connections", "streams", "resident MiB", "KiB/connection", "KiB/stream", "s"]


def run(arguments, folder):
    """Each row is a process of its own: memory that was had once is not given back in full."""
    outcome = Outcome(
        f"Memory of {arguments.herd:,} connections with {STREAMS} streams each, which do nothing",
        HEAD,
    )
    _allow_descriptors(arguments.herd + 1_000)
    rows = (
        # A request that has begun and not ended: a stream of the library and a call of ours.
        ("requests under way", False, False, RESIDENT_MAX_MIB),
        # A handler that waits for something to tell: a task of its own besides.
        ("handlers that wait", True, False, RESIDENT_MAX_MIB),
        ("requests under way, TLS", False, True, TLS_RESIDENT_MAX_MIB),
    )
    for name, waits, encrypts, wanted in rows:
        figures = _measure(arguments, folder, waits, encrypts)
        outcome.figures[name] = figures
        per_connection = (figures["idle_kib"] - figures["empty_kib"]) / arguments.herd
        per_stream = (figures["open_kib"] - figures["idle_kib"]) / (arguments.herd * STREAMS)
        outcome.rows.append(
            [
                name,
                f"{arguments.herd:,}",
                f"{arguments.herd * STREAMS:,}",
                f"{figures['open_kib'] / 1024:,.0f}",
                f"{per_connection:.2f}",
                f"{per_stream:.2f}",
                f"{figures['seconds']:.0f}",
            ]
        )
        outcome.judge(f"{name}: resident MiB", figures["open_kib"] / 1024, wanted)
        print(
            f"{name}: {figures['empty_kib'] / 1024:.0f} MiB empty, "
            f"{figures['idle_kib'] / 1024:.0f} with the connections, "
            f"{figures['open_kib'] / 1024:.0f} with the streams, "
            f"{figures['left_kib'] / 1024:.0f} when all have gone; a call took "
            f"{figures['call_ms']:.1f} ms meanwhile",
            flush=True,
        )
    return outcome


def _measure(arguments, folder, waits, encrypts):
    files = TLSFiles(folder) if encrypts else None
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(
            serving.farebox(
                arguments,
                folder,
                environment={**LIMITS, **(files.environment if files else {})},
                credentials=files.credentials if files else None,
            )
        )
        figures = {"empty_kib": server.settled_kib()}
        with herd.Herd(server.port, files.context if files else None) as members:
            # One connection below the limit: an honest call is made besides.
            members.grow(arguments.herd - 2)
            figures["idle_kib"] = server.settled_kib()
            _open_streams(members, waits, "https" if encrypts else "http")
            figures["open_kib"] = server.settled_kib(2)
            figures["call_ms"] = server.time_of_a_call() * 1e3
            for member in members.members:
                if member.frames[wire.frames.RST_STREAM] or member.frames[wire.frames.GOAWAY]:
                    raise herd.HerdError("the server ended streams or connections")
        figures["left_kib"] = server.settled_kib(10)
        figures["seconds"] = time.monotonic() - began
    return figures


def _open_streams(members, waits, scheme):
    # The watch of a service is answered at once and goes on; a request that does not end is not.
    path = wire.HEALTH_WATCH if waits else wire.HEALTH_CHECK
    caller = wire.Caller(path, scheme=scheme, ends=waits)
    for number in range(STREAMS):
        octets = caller.call(number)
        for start in range(0, len(members.members), BATCH):
            batch = members.members[start : start + BATCH]
            for member in batch:
                members.send(member, octets)
            if waits:
                members.wait(batch, lambda one, told=number: one.frames[wire.frames.DATA] > told)
    if not waits:
        # A PING is answered behind what came before it.
        for member in members.members:
            members.send(member, wire.frames.ping())
        members.wait(members.members, lambda one: one.frames[wire.frames.PING] > 0)


def _allow_descriptors(count):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (count, count))
            return
        except (ValueError, PermissionError):
            raise herd.HerdError(
                f"{count} open files are needed, {hard} are allowed: raise `ulimit -Hn`"
            ) from None
    # The server inherits it.
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 2 * count)), hard))
