"""HTTP/2 frames and header blocks by the byte (RFC 9113 section 4, RFC 7541 section 6)."""

from collections import namedtuple

from interop_stubs import messages_pb2

Frame = namedtuple("Frame", "type flags stream payload")

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS = range(5)
PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(5, 10)
END_STREAM = ACK = 0x01
END_HEADERS, PADDED, WITH_PRIORITY = 0x04, 0x08, 0x20

NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR = range(4)
SETTINGS_TIMEOUT, STREAM_CLOSED, FRAME_SIZE_ERROR, REFUSED_STREAM = range(4, 8)
CANCEL, COMPRESSION_ERROR, CONNECT_ERROR, ENHANCE_YOUR_CALM = range(8, 12)
ERROR_NAMES = {
    value: name
    for name, value in list(globals().items())
    if name.endswith(("_ERROR", "_TIMEOUT", "_CLOSED", "_STREAM", "CANCEL", "_CALM"))
    and name not in ("RST_STREAM", "END_STREAM")
}

HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_CONCURRENT_STREAMS = 1, 2, 3
INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE, MAX_HEADER_LIST_SIZE = 4, 5, 6

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
FRAME_SIZE = 2**14
WINDOW_MAX = 2**31 - 1

# Methods of the interop server: one that answers at once, one that takes its time with a request
# that has ended, one whose request goes on for as long as the client likes.
EMPTY_CALL = b"/grpc.testing.TestService/EmptyCall"
SLOW_CALL = b"/grpc.testing.TestService/StreamingOutputCall"
OPEN_CALL = b"/grpc.testing.TestService/FullDuplexCall"
UNARY_CALL = b"/grpc.testing.TestService/UnaryCall"


def u32(value):
    return value.to_bytes(4, "big")


def frame(kind, flags=0, stream=0, payload=b"", length=None):
    """One frame; `length` may lie about the payload."""
    size = len(payload) if length is None else length
    return size.to_bytes(3, "big") + bytes([kind, flags]) + u32(stream) + payload


def data(stream, payload=b"", flags=0):
    return frame(DATA, flags, stream, payload)


def settings(*pairs, flags=0, stream=0):
    """A SETTINGS frame with these (identifier, value) pairs."""
    payload = b"".join(name.to_bytes(2, "big") + u32(value) for name, value in pairs)
    return frame(SETTINGS, flags, stream, payload)


def ping(payload=b"\0" * 8, flags=0, stream=0):
    return frame(PING, flags, stream, payload)


def reset(stream, code=CANCEL):
    return frame(RST_STREAM, 0, stream, u32(code))


def window_update(stream, increment):
    return frame(WINDOW_UPDATE, 0, stream, u32(increment))


def priority(stream, depends_on=0, weight=15):
    return frame(PRIORITY, 0, stream, u32(depends_on) + bytes([weight]))


def goaway(last=0, code=NO_ERROR, debug=b"", stream=0):
    return frame(GOAWAY, 0, stream, u32(last) + u32(code) + debug)


def continuation(stream, block, flags=END_HEADERS):
    return frame(CONTINUATION, flags, stream, block)


# Header blocks


def integer(value, bits, first=0):
    """An integer with a prefix of so many bits (RFC 7541 section 5.1)."""
    top = (1 << bits) - 1
    if value < top:
        return bytes([first | value])
    out, rest = bytearray([first | top]), value - top
    while rest > 127:
        out.append(rest & 127 | 128)
        rest >>= 7
    return bytes(out) + bytes([rest])


def text(value):
    """A string without Huffman coding (RFC 7541 section 5.2)."""
    return integer(len(value), 7) + value


WITHOUT_INDEXING, INCREMENTAL, NEVER_INDEXED = (0x00, 4), (0x40, 6), (0x10, 4)


def literal(name, value, kind=WITHOUT_INDEXING):
    """A field with its name, bytes or an index of the tables (RFC 7541 section 6.2)."""
    first, bits = kind
    if isinstance(name, int):
        return integer(name, bits, first) + text(value)
    return bytes([first]) + text(name) + text(value)


def indexed(index):
    return integer(index, 7, 0x80)


def table_size(size):
    return integer(size, 5, 0x20)


def fields(path=EMPTY_CALL, scheme=b"http", without=(), **changes):
    """The fields of a proper call in order; keyword `_` stands for `-`."""
    proper = [
        (b":method", b"POST"),
        (b":scheme", scheme),
        (b":path", path),
        (b":authority", b"127.0.0.1"),
        (b"te", b"trailers"),
        (b"content-type", b"application/grpc"),
    ]
    proper = [field for field in proper if field[0] not in without]
    return proper + [(name.replace("_", "-").encode(), value) for name, value in changes.items()]


def block(*parts, kind=WITHOUT_INDEXING):
    """A header block of fields (name, value) and of ready bytes."""
    return b"".join(part if isinstance(part, bytes) else literal(*part, kind) for part in parts)


def headers(stream, header_block=None, flags=END_HEADERS):
    """HEADERS of a proper call, or with this block."""
    if header_block is None:
        header_block = block(*fields())
    return frame(HEADERS, flags, stream, header_block)


def message(payload=b"", flag=0, length=None):
    """A gRPC message; flag and length may lie."""
    size = len(payload) if length is None else length
    return bytes([flag]) + u32(size) + payload


BODY = message()


def call(stream, header_block=None, body=BODY):
    """A whole unary call."""
    return headers(stream, header_block) + data(stream, body, END_STREAM)


def slow_call(stream):
    """A call whose request has ended and whose answer takes a minute."""
    request = messages_pb2.StreamingOutputCallRequest(
        response_parameters=[messages_pb2.ResponseParameters(size=1, interval_us=60_000_000)]
    )
    return call(stream, block(*fields(SLOW_CALL)), message(request.SerializeToString()))


def open_call(stream):
    """A call whose request goes on."""
    return headers(stream, block(*fields(OPEN_CALL)))


def large_call(stream, size):
    """A call that is answered with so many bytes."""
    request = messages_pb2.SimpleRequest(response_size=size)
    return call(stream, block(*fields(UNARY_CALL)), message(request.SerializeToString()))
