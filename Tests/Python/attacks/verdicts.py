"""The answers that the RFCs name, as judgements about what a server made of some bytes.

A stream error may always be answered by ending the connection (RFC 9113 section 5.4.1), with the
same code.
"""

from collections import namedtuple

from frames import ERROR_NAMES, call

# One rule: its section, what is sent in words, the bytes (or steps) and the judge of the answer.
Case = namedtuple("Case", "section rule steps judge")
# The same without a handshake before it.
Opening = namedtuple("Opening", Case._fields)
FRESH_STREAM = 1001


def _end(connection):
    """Lets the server say what it has to say; whether it goes on serving."""
    if connection.probe():
        return True
    while connection.read() is not None:
        pass
    return False


def _names(codes):
    return [ERROR_NAMES[code] for code in codes]


def connection_error(*codes):
    """GOAWAY with one of the codes, and the end of the connection."""

    def judge(connection):
        alive, seen = _end(connection), connection.seen
        assert not alive, f"expected GOAWAY {_names(codes)}: {seen}"
        assert seen.goaway in codes, f"expected GOAWAY {_names(codes)}: {seen}"

    return judge


def stream_error(*codes, stream=1):
    """RST_STREAM with one of the codes while the connection goes on; or the same by GOAWAY."""

    def judge(connection):
        alive, seen = _end(connection), connection.seen
        if not alive:
            assert seen.goaway in codes, f"expected an error {_names(codes)}: {seen}"
            return
        assert seen.resets.get(stream) in codes, f"expected RST_STREAM {_names(codes)}: {seen}"
        assert list(seen.resets) == [stream], str(seen)
        _serves(connection)

    return judge


def ignored(connection):
    """Nothing happened, and the next call is served."""
    alive, seen = _end(connection), connection.seen
    assert alive and not seen.resets and seen.goaway is None, f"expected nothing: {seen}"
    _serves(connection)


def ignored_or(*codes):
    """Nothing happened, or an error of the stream or the connection: the RFC leaves it open."""

    def judge(connection):
        alive, seen = _end(connection), connection.seen
        told = set(seen.resets.values()) | ({seen.goaway} - {None})
        assert told <= set(codes), f"expected nothing or {_names(codes)}: {seen}"
        if alive:
            _serves(connection)

    return judge


def answered(*streams):
    """The calls were served."""

    def judge(connection):
        for stream in streams or (1,):
            _is_answered(connection, stream)
        assert connection.probe() and connection.seen.goaway is None, str(connection.seen)

    return judge


def hangs_up(connection):
    """The server ends the connection; it need not say why (RFC 9113 section 3.4)."""
    while connection.read() is not None:
        pass
    assert connection.seen.goaway in (None, 1), str(connection.seen)
    assert not connection.seen.headers


def _serves(connection):
    connection.send(call(FRESH_STREAM))
    _is_answered(connection, FRESH_STREAM)


def _is_answered(connection, stream):
    connection.finished(stream)
    seen = connection.seen
    assert seen.field(stream, ":status") == "200", str(seen)
    assert seen.field(stream, "grpc-status") == "0", str(seen)
