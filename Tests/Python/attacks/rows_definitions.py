"""RFC 9113 sections 6 and 7: each frame type, and error codes."""

from frames import (
    ACK,
    BODY,
    DATA,
    ENABLE_PUSH,
    END_HEADERS,
    END_STREAM,
    FLOW_CONTROL_ERROR,
    FRAME_SIZE_ERROR,
    GOAWAY,
    HEADER_TABLE_SIZE,
    HEADERS,
    INITIAL_WINDOW_SIZE,
    MAX_CONCURRENT_STREAMS,
    MAX_FRAME_SIZE,
    MAX_HEADER_LIST_SIZE,
    PADDED,
    PING,
    PRIORITY,
    PROTOCOL_ERROR,
    PUSH_PROMISE,
    RST_STREAM,
    SETTINGS,
    WINDOW_MAX,
    WINDOW_UPDATE,
    WITH_PRIORITY,
    block,
    call,
    continuation,
    data,
    fields,
    frame,
    goaway,
    headers,
    large_call,
    open_call,
    ping,
    reset,
    settings,
    u32,
    window_update,
)
from verdicts import Case, answered, connection_error, ignored, stream_error

CALL_BLOCK = block(*fields())


def padded(content, size, flags, kind=DATA, stream=1):
    """A frame with this much padding, which may be too much."""
    return frame(kind, flags | PADDED, stream, bytes([size]) + content + bytes(size))


def pong(payload):
    def judge(connection):
        assert connection.until(lambda seen: payload in seen.pongs)
        ignored(connection)

    return judge


def acknowledged(count):
    """So many acknowledgements came, besides the one of the handshake."""

    def judge(connection):
        ignored(connection)
        acks = [one for one in connection.seen.frames if one.type == SETTINGS and one.flags & ACK]
        assert len(acks) == count + 1, str(connection.seen)
        assert not any(one.payload for one in acks)

    return judge


def silent(connection):
    """No answer to an acknowledgement: the two pongs are those of the probe."""
    ignored(connection)
    assert len(connection.seen.pongs) == 2


CASES = [
    # 6.1 DATA
    Case("6.1", "DATA on stream 0", [data(0, b"x")], connection_error(PROTOCOL_ERROR)),
    Case("6.1", "DATA with padding", [headers(1) + padded(BODY, 7, END_STREAM)], answered()),
    Case(
        "6.1",
        "DATA with the most padding",
        [headers(1) + padded(BODY, 255, END_STREAM)],
        answered(),
    ),
    Case(
        "6.1",
        "DATA with no octet of padding",
        [headers(1) + padded(BODY, 0, END_STREAM)],
        answered(),
    ),
    Case(
        "6.1",
        "DATA of nothing but padding, then the message",
        [headers(1) + padded(b"", 9, 0) + data(1, BODY, END_STREAM)],
        answered(),
    ),
    Case(
        "6.1",
        "padding as long as the payload",
        [open_call(1) + frame(DATA, PADDED, 1, b"\x05" + b"x" * 4)],
        connection_error(PROTOCOL_ERROR),
    ),
    Case(
        "6.1",
        "padding longer than the payload",
        [open_call(1) + frame(DATA, PADDED, 1, b"\xff" + b"x" * 4)],
        connection_error(PROTOCOL_ERROR),
    ),
    Case(
        "6.1",
        "padded DATA without room for the length",
        [open_call(1) + frame(DATA, PADDED, 1)],
        connection_error(FRAME_SIZE_ERROR, PROTOCOL_ERROR),
    ),
    Case(
        "6.1",
        "empty DATA before the end",
        [headers(1) + data(1, BODY) + data(1, b"", END_STREAM)],
        answered(),
    ),
    # 6.2 HEADERS
    Case("6.2", "HEADERS on stream 0", [headers(0)], connection_error(PROTOCOL_ERROR)),
    Case(
        "6.2",
        "HEADERS with padding",
        [padded(CALL_BLOCK, 9, END_HEADERS, HEADERS) + data(1, BODY, END_STREAM)],
        answered(),
    ),
    Case(
        "6.2",
        "HEADERS with padding and priority",
        [
            frame(
                HEADERS,
                END_HEADERS | PADDED | WITH_PRIORITY,
                1,
                b"\x03" + u32(0) + b"\x10" + CALL_BLOCK + bytes(3),
            )
            + data(1, BODY, END_STREAM)
        ],
        answered(),
    ),
    Case(
        "6.2",
        "padding longer than the block",
        [frame(HEADERS, END_HEADERS | PADDED, 1, b"\xff" + CALL_BLOCK)],
        connection_error(PROTOCOL_ERROR),
    ),
    Case(
        "6.2",
        "HEADERS without room for the priority",
        [frame(HEADERS, END_HEADERS | WITH_PRIORITY, 1, b"\0\0\0\0")],
        connection_error(FRAME_SIZE_ERROR, PROTOCOL_ERROR),
    ),
    Case(
        "6.2",
        "END_STREAM on HEADERS, and the rest in CONTINUATION",
        [headers(1, CALL_BLOCK[:30], END_STREAM) + continuation(1, CALL_BLOCK[30:])],
        # The request ends without a message: the call fails, the stream does not.
        lambda connection: (connection.finished(1), _assert_status(connection, 1)),
    ),
    # 6.3 PRIORITY
    Case(
        "6.3",
        "PRIORITY on stream 0",
        [frame(PRIORITY, 0, 0, bytes(5))],
        connection_error(PROTOCOL_ERROR),
    ),
    *(
        Case(
            "6.3",
            f"PRIORITY of {size} octets",
            [open_call(1) + frame(PRIORITY, 0, 1, bytes(size))],
            stream_error(FRAME_SIZE_ERROR),
        )
        for size in (4, 6)
    ),
    # 6.4 RST_STREAM
    Case("6.4", "RST_STREAM on stream 0", [reset(0)], connection_error(PROTOCOL_ERROR)),
    *(
        Case(
            "6.4",
            f"RST_STREAM of {size} octets",
            [open_call(1) + frame(RST_STREAM, 0, 1, bytes(size))],
            connection_error(FRAME_SIZE_ERROR),
        )
        for size in (3, 5)
    ),
    # 6.5 SETTINGS
    Case(
        "6.5",
        "an acknowledgement with payload",
        [frame(SETTINGS, ACK, 0, bytes(6))],
        connection_error(FRAME_SIZE_ERROR),
    ),
    Case("6.5", "SETTINGS on a stream", [settings(stream=1)], connection_error(PROTOCOL_ERROR)),
    *(
        Case(
            "6.5",
            f"SETTINGS of {size} octets",
            [frame(SETTINGS, 0, 0, bytes(size))],
            connection_error(FRAME_SIZE_ERROR),
        )
        for size in (3, 7)
    ),
    Case("6.5.2", "ENABLE_PUSH 2", [settings((ENABLE_PUSH, 2))], connection_error(PROTOCOL_ERROR)),
    Case(
        "6.5.2",
        "INITIAL_WINDOW_SIZE above the largest window",
        [settings((INITIAL_WINDOW_SIZE, WINDOW_MAX + 1))],
        connection_error(FLOW_CONTROL_ERROR),
    ),
    Case(
        "6.5.2",
        "INITIAL_WINDOW_SIZE of 32 bits",
        [settings((INITIAL_WINDOW_SIZE, 2**32 - 1))],
        connection_error(FLOW_CONTROL_ERROR),
    ),
    Case(
        "6.5.2",
        "MAX_FRAME_SIZE below the least",
        [settings((MAX_FRAME_SIZE, 2**14 - 1))],
        connection_error(PROTOCOL_ERROR),
    ),
    Case(
        "6.5.2",
        "MAX_FRAME_SIZE above the most",
        [settings((MAX_FRAME_SIZE, 2**24))],
        connection_error(PROTOCOL_ERROR),
    ),
    *(
        Case("6.5.2", f"the lawful setting {name}", [settings(pair) + call(1)], answered())
        for name, pair in (
            ("MAX_FRAME_SIZE 2^14", (MAX_FRAME_SIZE, 2**14)),
            ("MAX_FRAME_SIZE 2^24-1", (MAX_FRAME_SIZE, 2**24 - 1)),
            ("INITIAL_WINDOW_SIZE 2^31-1", (INITIAL_WINDOW_SIZE, WINDOW_MAX)),
            ("ENABLE_PUSH 0", (ENABLE_PUSH, 0)),
            ("ENABLE_PUSH 1", (ENABLE_PUSH, 1)),
            ("MAX_CONCURRENT_STREAMS 0", (MAX_CONCURRENT_STREAMS, 0)),
            ("HEADER_TABLE_SIZE 0", (HEADER_TABLE_SIZE, 0)),
            ("HEADER_TABLE_SIZE 2^32-1", (HEADER_TABLE_SIZE, 2**32 - 1)),
            ("MAX_HEADER_LIST_SIZE 2^32-1", (MAX_HEADER_LIST_SIZE, 2**32 - 1)),
        )
    ),
    Case(
        "6.5.3",
        "a setting twice: the last counts",
        [
            settings((INITIAL_WINDOW_SIZE, 0), (INITIAL_WINDOW_SIZE, 65_535)),
            large_call(1, 100),
        ],
        answered(),
    ),
    Case("6.5.3", "SETTINGS are acknowledged each", [settings() * 5], acknowledged(5)),
    # 6.6 PUSH_PROMISE
    Case(
        "6.6",
        "PUSH_PROMISE from a client",
        [open_call(1) + frame(PUSH_PROMISE, END_HEADERS, 1, u32(2) + CALL_BLOCK)],
        connection_error(PROTOCOL_ERROR),
    ),
    Case(
        "6.6",
        "PUSH_PROMISE on stream 0",
        [frame(PUSH_PROMISE, END_HEADERS, 0, u32(2) + CALL_BLOCK)],
        connection_error(PROTOCOL_ERROR),
    ),
    # 6.7 PING
    Case(
        "6.7",
        "PING is answered with its payload",
        [ping(b"\x00\xff abcde")],
        pong(b"\x00\xff abcde"),
    ),
    Case("6.7", "the answer to a PING that was not sent", [ping(b"no-asked", ACK)], silent),
    Case("6.7", "PING on a stream", [ping(stream=1)], connection_error(PROTOCOL_ERROR)),
    *(
        Case(
            "6.7",
            f"PING of {size} octets",
            [frame(PING, 0, 0, bytes(size))],
            connection_error(FRAME_SIZE_ERROR),
        )
        for size in (0, 6, 9)
    ),
    # 6.8 GOAWAY
    Case(
        "6.8",
        "GOAWAY on a stream",
        [open_call(1) + goaway(stream=1)],
        connection_error(PROTOCOL_ERROR),
    ),
    Case(
        "6.8",
        "GOAWAY of 7 octets",
        [frame(GOAWAY, 0, 0, bytes(7))],
        connection_error(FRAME_SIZE_ERROR),
    ),
    Case(
        "6.8",
        "calls in flight are answered after GOAWAY",
        [large_call(1, 1000) + goaway(debug=b"leaving")],
        lambda connection: (connection.finished(1), _assert_status(connection, 0)),
    ),
    # 6.9 WINDOW_UPDATE
    Case(
        "6.9", "a connection window by 0", [window_update(0, 0)], connection_error(PROTOCOL_ERROR)
    ),
    Case(
        "6.9",
        "a stream window by 0",
        [open_call(1) + window_update(1, 0)],
        stream_error(PROTOCOL_ERROR),
    ),
    *(
        Case(
            "6.9",
            f"WINDOW_UPDATE of {size} octets on stream {stream}",
            [open_call(1) + frame(WINDOW_UPDATE, 0, stream, bytes(size - 1) + b"\1")],
            connection_error(FRAME_SIZE_ERROR),
        )
        for size in (3, 5)
        for stream in (0, 1)
    ),
    Case(
        "6.9",
        "the reserved bit of the increment",
        [frame(WINDOW_UPDATE, 0, 0, u32(0x80000001))],
        ignored,
    ),
    Case(
        "6.9.1",
        "a connection window above the largest",
        [window_update(0, WINDOW_MAX)],
        connection_error(FLOW_CONTROL_ERROR),
    ),
    Case(
        "6.9.1",
        "a connection window above the largest in steps",
        [window_update(0, 2**30) + window_update(0, 2**30)],
        connection_error(FLOW_CONTROL_ERROR),
    ),
    Case(
        "6.9.1",
        "a stream window above the largest",
        [open_call(1) + window_update(1, WINDOW_MAX)],
        stream_error(FLOW_CONTROL_ERROR),
    ),
    Case(
        "6.9.1",
        "a connection window as large as it can be",
        [window_update(0, WINDOW_MAX - 65_535) + call(1)],
        answered(),
    ),
    Case(
        "6.9.2",
        "SETTINGS that move a stream window above the largest",
        [
            open_call(1)
            + window_update(1, WINDOW_MAX - 65_535)
            + settings((INITIAL_WINDOW_SIZE, 65_536))
        ],
        connection_error(FLOW_CONTROL_ERROR),
    ),
    # 6.10 CONTINUATION
    Case(
        "6.10",
        "a block in three frames, one of them empty",
        [
            headers(1, CALL_BLOCK[:10], 0)
            + continuation(1, b"", 0)
            + continuation(1, CALL_BLOCK[10:])
            + data(1, BODY, END_STREAM)
        ],
        answered(),
    ),
    Case(
        "6.10",
        "a block cut within a field and within a number",
        [
            b"".join(
                [
                    headers(1, CALL_BLOCK[:1], 0),
                    *(continuation(1, CALL_BLOCK[at : at + 24], 0) for at in range(1, 145, 24)),
                    continuation(1, CALL_BLOCK[145:]),
                    data(1, BODY, END_STREAM),
                ]
            )
        ],
        answered(),
    ),
    Case(
        "6.10",
        "CONTINUATION on stream 0",
        [continuation(0, CALL_BLOCK)],
        connection_error(PROTOCOL_ERROR),
    ),
    Case(
        "6.10",
        "CONTINUATION after the end of the block",
        [headers(1) + continuation(1, CALL_BLOCK)],
        connection_error(PROTOCOL_ERROR),
    ),
    Case(
        "6.10",
        "CONTINUATION after CONTINUATION that ended the block",
        [headers(1, CALL_BLOCK[:10], 0) + continuation(1, CALL_BLOCK[10:]) + continuation(1, b"")],
        connection_error(PROTOCOL_ERROR),
    ),
    Case(
        "6.10",
        "CONTINUATION after DATA",
        [open_call(1) + data(1, b"") + continuation(1, CALL_BLOCK)],
        connection_error(PROTOCOL_ERROR),
    ),
    # 7 error codes
    Case("7", "RST_STREAM with an unknown code", [open_call(1) + reset(1, 0xDEADBEEF)], ignored),
    Case(
        "7",
        "GOAWAY with an unknown code",
        [large_call(1, 10) + goaway(code=0xDEADBEEF)],
        lambda connection: (connection.finished(1), _assert_status(connection, 0)),
    ),
]


def _assert_status(connection, fails):
    """A call that ended with a gRPC status, 0 or (`fails`) another one."""
    status = connection.seen.field(1, "grpc-status")
    assert status is not None and (status != "0") == bool(fails), str(connection.seen)
