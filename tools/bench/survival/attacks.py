"""The attacks of clients, as bytes: what a connection says first, and what it goes on with."""

from dataclasses import dataclass

from survival import wire
from survival.wire import frames

HEALTH_CHECK = wire.HEALTH_CHECK.encode()
HEALTH_WATCH = wire.HEALTH_WATCH.encode()
REFLECTION = b"/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
# More than any connection gets through with before it is sent away.
STREAMS = 3_000
IDLE_FRAMES = 20_000


@dataclass(frozen=True)
class Attack:
    """`row` is the one of the list of attacks. A connection sends `begin`, then `flood` as long as
    it is listened to, and comes back when it was closed. Without a flood it just stays."""

    row: str
    name: str
    begin: bytes
    flood: bytes = b""
    settings: tuple = ()
    reads: bool = True
    # Whether the flood can be sent again on the same connection: its streams are not used up.
    repeats: bool = False
    # Whether the preface and SETTINGS come first.
    greets: bool = True


def _head(stream, *parts, path=HEALTH_CHECK, **changes):
    return frames.headers(stream, frames.block(*frames.fields(path, **changes), *parts))


def _each(make, count=STREAMS):
    """One after the other, on streams of their own."""
    return b"".join(make(2 * number + 1) for number in range(count))


def _bomb(seed, bomb):
    def make(stream):
        return frames.headers(stream, frames.block(*frames.fields(HEALTH_CHECK)) + seed + bomb)

    return _each(make, 5)


def _question(stream):
    """Asks for a description, which is long, and goes on asking."""
    symbol = b"farebox.accounting.v1.AccountingService"
    message = frames.message(bytes([0x22, len(symbol)]) + symbol)
    return _head(stream, path=REFLECTION) + frames.data(stream, message * 10)


def _all():
    incremental, indexed, literal = frames.INCREMENTAL, frames.indexed, frames.literal
    watch = _head(1, path=HEALTH_WATCH)
    yield Attack(
        "H2", "rapid resets", b"", _each(lambda s: _head(s, path=HEALTH_WATCH) + frames.reset(s))
    )
    yield Attack(
        "H2",
        "rapid resets of whole calls",
        b"",
        _each(
            lambda s: _head(s) + frames.data(s, frames.BODY, frames.END_STREAM) + frames.reset(s)
        ),
    )
    yield Attack(
        "H3",
        "resets provoked by windows",
        b"",
        _each(
            lambda s: _head(s, path=HEALTH_WATCH) + frames.window_update(s, frames.WINDOW_MAX), 100
        ),
    )
    yield Attack(
        "H3", "resets provoked by names", b"", _each(lambda s: _head(s, (b"UP", b"1")), 100)
    )
    yield Attack(
        "H4",
        "CONTINUATION without end",
        frames.headers(1, frames.block(*frames.fields(HEALTH_CHECK)), flags=0),
        frames.continuation(1, b"", 0) * IDLE_FRAMES,
        repeats=True,
    )
    bombs = {
        "a fat field": (literal(b"x-fat", b"v" * 3_900, incremental), indexed(62) * 10_000),
        "an empty field": (literal(b"x-empty", b"", incremental), indexed(62) * 10_000),
        "cookie crumbs": (literal(b"cookie", b"c", incremental), indexed(62) * 10_000),
    }
    for name, (seed, bomb) in bombs.items():
        yield Attack(
            "H5",
            f"header bomb, {name}",
            b"",
            _bomb(seed, bomb),
            settings=((frames.INITIAL_WINDOW_SIZE, 0),),
        )
    idle = {
        "PING": frames.ping(),
        "SETTINGS": frames.settings((frames.ENABLE_PUSH, 0)),
        "PRIORITY": frames.priority(3),
        "empty DATA": frames.data(1),
        "unknown frames": frames.frame(0x20, 0, 0, b"x"),
    }
    for name, one in idle.items():
        yield Attack("H6", f"flood of {name}", watch, one * IDLE_FRAMES, repeats=True)
    yield Attack(
        "H6",
        "flood of PING, not read",
        watch,
        frames.ping() * IDLE_FRAMES,
        reads=False,
        repeats=True,
    )
    yield Attack(
        "H7",
        "answers that nobody takes",
        _each(_question, 100),
        settings=((frames.INITIAL_WINDOW_SIZE, 0),),
    )
    yield Attack("H8", "fields without names", b"", _bomb(b"", literal(b"", b"") * 5_000))
    yield Attack("H9", "slow prefaces", frames.PREFACE[:-1], greets=False)
    yield Attack(
        "H9",
        "slow headers",
        frames.headers(1, frames.block(*frames.fields(HEALTH_CHECK))[:30], flags=0),
    )
    yield Attack("H9", "slow bodies", _each(_head, 100))
    yield Attack("H10", "too many streams", b"", _each(lambda s: _head(s, path=HEALTH_WATCH), 300))
    yield Attack("H11", "no path", b"", _each(lambda s: _head(s, without=(b":path",)), 150))
    yield Attack(
        "H11", "fields of HTTP/1", b"", _each(lambda s: _head(s, connection=b"close"), 150)
    )


ATTACKS = {attack.name: attack for attack in _all()}
