"""RFC 9113 sections 3 to 5: the start, frames in general, streams and their states."""

from frames import (
    ACK,
    BODY,
    COMPRESSION_ERROR,
    DATA,
    END_HEADERS,
    END_STREAM,
    FRAME_SIZE,
    FRAME_SIZE_ERROR,
    HEADERS,
    PING,
    PREFACE,
    PROTOCOL_ERROR,
    REFUSED_STREAM,
    RST_STREAM,
    STREAM_CLOSED,
    WINDOW_UPDATE,
    block,
    call,
    continuation,
    data,
    fields,
    frame,
    headers,
    literal,
    message,
    open_call,
    ping,
    priority,
    reset,
    settings,
    slow_call,
    u32,
    window_update,
)
from verdicts import (
    Case,
    Opening,
    answered,
    connection_error,
    hangs_up,
    ignored,
    ignored_or,
    stream_error,
)

UNKNOWN = 0xBA
REST = 0x80000000
CALL_BLOCK = block(*fields())
HALF = headers(1, CALL_BLOCK[:20], flags=0)
OTHER_HALF = CALL_BLOCK[20:]
# A field of the static table (RFC 7541 appendix A), of which any number is well-formed.
INDEXED = b"\x90"


def ended(stream=1):
    """Waits for the end of a stream."""
    return lambda connection: connection.finished(stream)


def padded_call(size):
    """A call whose header block has about this many bytes and still fits the limits."""
    block_of_call = CALL_BLOCK + b"".join(
        literal(b"x-%d" % number, b"v" * 1000) for number in range(size // 1000)
    )
    return block_of_call


CASES = [
    # 3.4: the preface
    Opening("3.4", "a preface with one octet changed", [PREFACE.replace(b"SM", b"SN")], hangs_up),
    Opening(
        "3.4",
        "a frame other than SETTINGS after the preface",
        [PREFACE + ping()],
        connection_error(PROTOCOL_ERROR),
    ),
    Opening(
        "3.4",
        "an acknowledgement in place of the first SETTINGS",
        [PREFACE + settings(flags=ACK)],
        connection_error(PROTOCOL_ERROR),
    ),
    Opening(
        "3.4", "empty SETTINGS and a call at once", [PREFACE + settings() + call(1)], answered()
    ),
    Opening(
        "3.4",
        "the preface octet by octet",
        [bytes([octet]) for octet in PREFACE + settings()] + [call(1)],
        answered(),
    ),
    # 4.1: frame format
    Case("4.1", "an unknown frame type on stream 0", [frame(UNKNOWN, 0xFF, 0, b"x" * 8)], ignored),
    Case("4.1", "an unknown frame type without payload", [frame(UNKNOWN, 0, 0)], ignored),
    Case(
        "4.1",
        "an unknown frame type within a stream",
        [headers(1) + frame(UNKNOWN, 0, 1, b"x" * 50) + data(1, BODY, END_STREAM)],
        answered(),
    ),
    Case("4.1", "an unknown frame type on an idle stream", [frame(UNKNOWN, 0, 77, b"x")], ignored),
    Case("4.1", "undefined flags on PING", [ping(flags=0xFE)], ignored),
    Case("4.1", "undefined flags on SETTINGS", [settings(flags=0xFE)], ignored),
    Case(
        "4.1",
        "undefined flags on WINDOW_UPDATE",
        [frame(WINDOW_UPDATE, 0xFF, 0, u32(1))],
        ignored,
    ),
    Case(
        "4.1",
        "undefined flags on DATA and HEADERS",
        [headers(1, flags=END_HEADERS | 0xD2) + data(1, BODY, END_STREAM | 0xF6)],
        answered(),
    ),
    Case(
        "4.1",
        "undefined flags on RST_STREAM",
        [open_call(1) + frame(RST_STREAM, 0xFF, 1, u32(8))],
        ignored,
    ),
    Case("4.1", "the reserved bit on stream 0", [frame(PING, 0, REST, b"\0" * 8)], ignored),
    Case(
        "4.1",
        "the reserved bit on a stream",
        [
            frame(HEADERS, END_HEADERS, REST | 1, CALL_BLOCK)
            + frame(DATA, END_STREAM, REST | 1, BODY)
        ],
        answered(),
    ),
    # 4.2: frame size
    Case(
        "4.2",
        "DATA of the largest size",
        [headers(1) + data(1, message(b"\x42" * 0, length=FRAME_SIZE - 5) + bytes(FRAME_SIZE - 5))],
        ignored,
    ),
    Case(
        "4.2",
        "DATA one octet above the largest size",
        [open_call(1) + data(1, bytes(FRAME_SIZE + 1))],
        stream_error(FRAME_SIZE_ERROR),
    ),
    Case(
        "4.2",
        "HEADERS above the largest size",
        [headers(1, padded_call(FRAME_SIZE + 1000))],
        connection_error(FRAME_SIZE_ERROR),
    ),
    Case(
        "4.2",
        "CONTINUATION above the largest size",
        [HALF + continuation(1, OTHER_HALF + INDEXED * (FRAME_SIZE + 1 - len(OTHER_HALF)))],
        connection_error(FRAME_SIZE_ERROR),
    ),
    Case(
        "4.2",
        "SETTINGS above the largest size",
        [settings(*[(0x99, 0)] * (FRAME_SIZE // 6 + 1))],
        connection_error(FRAME_SIZE_ERROR),
    ),
    Case(
        "4.2",
        "an unknown frame above the largest size",
        [frame(UNKNOWN, 0, 0, bytes(FRAME_SIZE + 1))],
        connection_error(FRAME_SIZE_ERROR),
    ),
    Case(
        "4.2",
        "a length that announces the most there can be",
        [frame(DATA, 0, 1, b"", length=2**24 - 1)],
        connection_error(FRAME_SIZE_ERROR, PROTOCOL_ERROR, STREAM_CLOSED),
    ),
    # 4.3: field blocks
    Case(
        "4.3",
        "a field block that cannot be decoded",
        [headers(1, CALL_BLOCK + b"\x80")],
        connection_error(COMPRESSION_ERROR),
    ),
    Case(
        "4.3",
        "a field block that stops within a field",
        [headers(1, CALL_BLOCK[:-3])],
        connection_error(COMPRESSION_ERROR),
    ),
    Case(
        "4.3",
        "trailers that cannot be decoded",
        [open_call(1) + headers(1, b"\x80", END_HEADERS | END_STREAM)],
        connection_error(COMPRESSION_ERROR),
    ),
    Case(
        "4.3",
        "a malformed request still changes the compression table",
        [
            headers(1, block(*fields(), literal(b"x-a", b"1", (0x40, 6)), (b"UPPER", b"x")))
            + call(3, block(*fields(), b"\xbe"))
        ],
        answered(3),
    ),
    *(
        Case(
            "4.3",
            f"{name} between HEADERS and CONTINUATION",
            [HALF + other + continuation(1, CALL_BLOCK[20:])],
            connection_error(PROTOCOL_ERROR),
        )
        for name, other in (
            ("PRIORITY", priority(1)),
            ("PING", ping()),
            ("SETTINGS", settings()),
            ("WINDOW_UPDATE", window_update(0, 1)),
            ("DATA", data(1, b"x")),
            ("RST_STREAM", reset(1)),
            ("HEADERS of another stream", headers(3)),
            ("an unknown frame", frame(UNKNOWN, 0, 1, b"x")),
            ("CONTINUATION of another stream", continuation(3, CALL_BLOCK[20:])),
        )
    ),
    # 5.1: stream states
    *(
        Case("5.1", f"{name} on an idle stream", [octets], connection_error(*codes))
        for name, octets, codes in (
            ("DATA", data(1, BODY), (PROTOCOL_ERROR, STREAM_CLOSED)),
            ("RST_STREAM", reset(1), (PROTOCOL_ERROR,)),
            ("WINDOW_UPDATE", window_update(1, 1), (PROTOCOL_ERROR,)),
            ("CONTINUATION", continuation(1, CALL_BLOCK), (PROTOCOL_ERROR,)),
            ("DATA (even)", data(2, BODY), (PROTOCOL_ERROR, STREAM_CLOSED)),
            ("RST_STREAM (even)", reset(2), (PROTOCOL_ERROR,)),
            ("WINDOW_UPDATE (even)", window_update(2, 1), (PROTOCOL_ERROR,)),
        )
    ),
    Case("5.1", "PRIORITY on an idle stream", [priority(7)], ignored),
    *(
        Case("5.1", f"{name} on a half-closed stream", [slow_call(1) + octets], judge)
        for name, octets, judge in (
            ("DATA", data(1, b"x"), stream_error(STREAM_CLOSED)),
            (
                "HEADERS",
                headers(1, flags=END_HEADERS | END_STREAM),
                stream_error(STREAM_CLOSED),
            ),
            (
                "CONTINUATION",
                continuation(1, CALL_BLOCK),
                connection_error(PROTOCOL_ERROR, STREAM_CLOSED),
            ),
            ("WINDOW_UPDATE", window_update(1, 1), ignored),
            ("PRIORITY", priority(1), ignored),
            ("RST_STREAM", reset(1), ignored),
        )
    ),
    *(
        Case(
            "5.1",
            f"{name} on a stream that the client has reset",
            [slow_call(1) + reset(1) + octets],
            judge,
        )
        for name, octets, judge in (
            ("DATA", data(1, b"x"), ignored_or(STREAM_CLOSED)),
            ("HEADERS", headers(1), ignored_or(STREAM_CLOSED, PROTOCOL_ERROR)),
            ("WINDOW_UPDATE", window_update(1, 1), ignored_or(STREAM_CLOSED)),
            ("PRIORITY", priority(1), ignored),
            ("RST_STREAM", reset(1), ignored_or(STREAM_CLOSED)),
            (
                "CONTINUATION",
                continuation(1, CALL_BLOCK),
                connection_error(PROTOCOL_ERROR, STREAM_CLOSED),
            ),
        )
    ),
    *(
        Case(
            "5.1", f"{name} on a stream that has ended both ways", [call(1), ended(), octets], judge
        )
        for name, octets, judge in (
            ("DATA", data(1, b"x"), ignored_or(STREAM_CLOSED)),
            ("HEADERS", headers(1), connection_error(STREAM_CLOSED, PROTOCOL_ERROR)),
            ("WINDOW_UPDATE", window_update(1, 1), ignored_or(STREAM_CLOSED)),
            ("PRIORITY", priority(1), ignored),
            ("RST_STREAM", reset(1), ignored_or(STREAM_CLOSED)),
            (
                "CONTINUATION",
                continuation(1, CALL_BLOCK),
                connection_error(PROTOCOL_ERROR, STREAM_CLOSED),
            ),
        )
    ),
    # 5.1.1: stream identifiers
    Case("5.1.1", "an even stream", [call(2)], connection_error(PROTOCOL_ERROR)),
    Case(
        "5.1.1",
        "a stream below the one before",
        [slow_call(5) + headers(3)],
        connection_error(PROTOCOL_ERROR, STREAM_CLOSED),
    ),
    Case(
        "5.1.1",
        "streams that leave numbers out",
        [call(1) + call(9) + call(4001)],
        answered(1, 9, 4001),
    ),
    Case(
        "5.1.1",
        "DATA on a stream that was left out",
        [slow_call(9) + data(3, b"x")],
        ignored_or(STREAM_CLOSED, PROTOCOL_ERROR),
    ),
    Case("5.1.1", "the last stream there can be", [call(2**31 - 1)], answered(2**31 - 1)),
    # 5.1.2: concurrency
    Case(
        "5.1.2",
        "one stream more than is allowed",
        [b"".join(open_call(2 * number + 1) for number in range(101))],
        stream_error(PROTOCOL_ERROR, REFUSED_STREAM, stream=201),
    ),
    Case(
        "5.1.2",
        "as many streams as are allowed, and again after they were reset",
        [
            b"".join(open_call(2 * number + 1) for number in range(99)),
            b"".join(reset(2 * number + 1) for number in range(99)),
            lambda connection: connection.probe(),
            call(999),
        ],
        answered(999),
    ),
    # 5.3: priority, deprecated
    Case(
        "5.3.2",
        "PRIORITY that depends on itself",
        [priority(1, depends_on=1)],
        ignored_or(PROTOCOL_ERROR),
    ),
    Case(
        "5.3.2",
        "HEADERS with priority",
        [headers(1, u32(0) + b"\xff" + CALL_BLOCK, END_HEADERS | 0x20) + data(1, BODY, END_STREAM)],
        answered(),
    ),
    # 5.5: extensions
    Case("5.5", "an unknown setting", [settings((0xF0, 1), (0, 5), (0xFFFF, 2**32 - 1))], ignored),
    Case(
        "5.5",
        "a frame type that is known elsewhere: ALTSVC, ORIGIN, PRIORITY_UPDATE",
        [
            frame(0x0A, 0, 0, b"\0\0x")
            + frame(0x0C, 0, 0, b"\0\1x")
            + frame(0x10, 0, 0, u32(1) + b"u=1")
        ],
        ignored,
    ),
]
