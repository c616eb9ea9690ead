"""RFC 9113 section 8: requests in frames, their fields, and what makes them malformed."""

from frames import (
    BODY,
    END_HEADERS,
    END_STREAM,
    PROTOCOL_ERROR,
    block,
    call,
    data,
    fields,
    headers,
    open_call,
)
from verdicts import Case, answered, stream_error

TRAILERS = END_HEADERS | END_STREAM
MALFORMED = stream_error(PROTOCOL_ERROR)


def request(*parts):
    return [call(1, block(*parts))]


def with_field(name, value):
    return request(*fields(), (name, value))


def replaced(name, value):
    """The fields of a call, one of them with another value."""
    return request(*((one, value if one == name else old) for one, old in fields()))


def doubled(name):
    return request(
        *(field for one in fields() for field in ([one, one] if one[0] == name else [one]))
    )


CASES = [
    # 8.1: framing
    Case(
        "8.1",
        "a request with trailers",
        [headers(1) + data(1, BODY) + headers(1, block((b"x-t", b"1")), TRAILERS)],
        answered(),
    ),
    Case(
        "8.1",
        "trailers that do not end the stream",
        [headers(1) + data(1, BODY) + headers(1, block((b"x-t", b"1")))],
        MALFORMED,
    ),
    Case(
        "8.1",
        "a second block before any DATA that does not end the stream",
        [open_call(1) + headers(1)],
        MALFORMED,
    ),
    Case(
        "8.1",
        "pseudo-header fields in trailers",
        [open_call(1) + headers(1, block((b":method", b"POST")), TRAILERS)],
        MALFORMED,
    ),
    Case(
        "8.1",
        "a connection-specific field in trailers",
        [open_call(1) + headers(1, block((b"connection", b"close")), TRAILERS)],
        MALFORMED,
    ),
    Case(
        "8.1",
        "upper case in trailers",
        [open_call(1) + headers(1, block((b"X-T", b"1")), TRAILERS)],
        MALFORMED,
    ),
    # 8.1.1: malformed messages
    Case(
        "8.1.1",
        "a content-length that is true",
        [call(1, block(*fields(content_length=b"5")))],
        answered(),
    ),
    Case(
        "8.1.1",
        "a content-length that is too small",
        [call(1, block(*fields(content_length=b"4")))],
        MALFORMED,
    ),
    Case(
        "8.1.1",
        "a content-length that is too large",
        [call(1, block(*fields(content_length=b"6")))],
        MALFORMED,
    ),
    Case(
        "8.1.1",
        "a content-length that is too small for several frames together",
        [
            headers(1, block(*fields(content_length=b"4")))
            + data(1, BODY[:3])
            + data(1, BODY[3:], END_STREAM)
        ],
        MALFORMED,
    ),
    Case(
        "8.1.1",
        "a content-length without content",
        [headers(1, block(*fields(content_length=b"1")), TRAILERS)],
        MALFORMED,
    ),
    *(
        Case(
            "8.1.1",
            f"the content-length {value!r}",
            with_field(b"content-length", value),
            MALFORMED,
        )
        for value in (b"five", b"-5", b"5,5", b"99999999999999999999", b"")
    ),
    Case(
        "8.1.1",
        "two content-lengths",
        request(*fields(content_length=b"5"), (b"content-length", b"5")),
        MALFORMED,
    ),
    # 8.2.1: names and values
    *(
        Case("8.2.1", f"the field name {name!r}", with_field(name, b"1"), MALFORMED)
        for name in (
            b"X-Upper",
            b"tE",
            b"x y",
            b"x\0y",
            b"x\x7f",
            b"x:y",
            b"x\ry",
            b"x\ny",
            b"\xc3\xa4",
            b"",
            b'x"y',
        )
    ),
    *(
        Case("8.2.1", f"the field value {value!r}", with_field(b"x-v", value), MALFORMED)
        for value in (b"a\0b", b"a\nb", b"a\rb", b"a\r\nx: y", b"\0", b"\n")
    ),
    *(
        Case("8.2.1", f"the lawful field value {value!r}", with_field(b"x-v", value), answered())
        for value in (b"", b"a b\tc", b"~!@#$%^&*()", b"x" * 4000)
    ),
    # 8.2.2: connection-specific fields
    *(
        Case("8.2.2", f"{name.decode()}: {value.decode()}", with_field(name, value), MALFORMED)
        for name, value in (
            (b"connection", b"keep-alive"),
            (b"connection", b"close"),
            (b"proxy-connection", b"keep-alive"),
            (b"keep-alive", b"timeout=5"),
            (b"transfer-encoding", b"chunked"),
            (b"upgrade", b"h2c"),
        )
    ),
    Case("8.2.2", "te that is not trailers", replaced(b"te", b"gzip"), MALFORMED),
    Case("8.2.2", "te with trailers and more", replaced(b"te", b"trailers, deflate"), MALFORMED),
    # 8.2.3: cookies
    Case(
        "8.2.3",
        "a cookie in several fields",
        request(*fields(), (b"cookie", b"a=1"), (b"cookie", b"b=2")),
        answered(),
    ),
    # 8.3: pseudo-header fields
    Case("8.3", "an unknown pseudo-header field", request((b":test", b"1"), *fields()), MALFORMED),
    Case(
        "8.3",
        "the pseudo-header field of responses",
        request((b":status", b"200"), *fields()),
        MALFORMED,
    ),
    Case(
        "8.3",
        "a pseudo-header field after the others",
        request(*fields(without=(b":path",)), (b":path", b"/grpc.testing.TestService/EmptyCall")),
        MALFORMED,
    ),
    Case(
        "8.3", "a pseudo-header field after a field", request((b"x-a", b"1"), *fields()), MALFORMED
    ),
    *(
        Case("8.3", f"{name.decode()} twice", doubled(name), MALFORMED)
        for name in (b":method", b":scheme", b":path", b":authority")
    ),
    # 8.3.1: requests
    *(
        Case("8.3.1", f"no {name.decode()}", request(*fields(without=(name,))), MALFORMED)
        for name in (b":method", b":scheme", b":path")
    ),
    Case("8.3.1", "an empty path", replaced(b":path", b""), MALFORMED),
    Case(
        "8.3.1",
        "host in place of :authority",
        request(*fields(without=(b":authority",)), (b"host", b"127.0.0.1")),
        answered(),
    ),
    # 8.5: CONNECT
    Case("8.5", "CONNECT with a path", replaced(b":method", b"CONNECT"), MALFORMED),
    Case(
        "8.5",
        "CONNECT without authority",
        request((b":method", b"CONNECT"), (b"x", b"y")),
        MALFORMED,
    ),
]
