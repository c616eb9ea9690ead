"""Flow control (RFC 9113 sections 5.2 and 6.9) to the octet, in both directions."""

import contextlib
import time

import pytest
from frames import (
    CANCEL,
    DATA,
    END_STREAM,
    FRAME_SIZE,
    INITIAL_WINDOW_SIZE,
    SETTINGS,
    WINDOW_MAX,
    WINDOW_UPDATE,
    block,
    data,
    fields,
    headers,
    large_call,
    message,
    settings,
    window_update,
)
from interop_stubs import messages_pb2
from targets import IS_LONG, start

DEFAULT_WINDOW = 65_535
LARGE = 200_000
UPLOAD_CALL = b"/grpc.testing.TestService/StreamingInputCall"
STALL_SECONDS_MAX = 90


@pytest.fixture(scope="module")
def target(tmp_path_factory, farebox_binary):
    with start("interop", tmp_path_factory.mktemp("windows"), farebox_binary) as target:
        yield target


def taken(seen, *streams):
    return sum(len(seen.body.get(stream, b"")) for stream in streams or (1,))


def exactly(connection, count, *streams):
    """So many octets of answers come, and not one more."""
    connection.until(lambda seen: taken(seen, *streams) >= count)
    assert connection.probe(), str(connection.seen)
    assert taken(connection.seen, *streams) == count


def test_a_window_of_nothing_and_what_opens_it(target):
    with target.connect((INITIAL_WINDOW_SIZE, 0)) as connection:
        connection.send(large_call(1, LARGE))
        connection.until(lambda seen: 1 in seen.headers)
        exactly(connection, 0)
        connection.send(window_update(1, 5))
        exactly(connection, 5)
        connection.send(window_update(1, 1) + window_update(1, 2))
        exactly(connection, 8)
        connection.send(settings((INITIAL_WINDOW_SIZE, 1_000)))
        exactly(connection, 1_008)


def test_a_window_below_nothing(target):
    with target.connect((INITIAL_WINDOW_SIZE, 1_000)) as connection:
        connection.send(large_call(1, LARGE))
        exactly(connection, 1_000)
        # 990 octets are owed now.
        connection.send(settings((INITIAL_WINDOW_SIZE, 10)) + window_update(1, 990))
        connection.send(window_update(1, 1))
        exactly(connection, 1_001)
        connection.send(settings((INITIAL_WINDOW_SIZE, 0)) + window_update(1, 10))
        connection.send(settings((INITIAL_WINDOW_SIZE, 3)))
        exactly(connection, 1_004)


def test_settings_do_not_touch_the_window_of_the_connection(target):
    with target.connect((INITIAL_WINDOW_SIZE, WINDOW_MAX)) as connection:
        connection.send(large_call(1, LARGE) + large_call(3, LARGE))
        exactly(connection, DEFAULT_WINDOW, 1, 3)
        connection.send(settings((INITIAL_WINDOW_SIZE, 10)))
        connection.send(window_update(0, 7))
        connection.send(settings((INITIAL_WINDOW_SIZE, WINDOW_MAX)))
        exactly(connection, DEFAULT_WINDOW + 7, 1, 3)


def test_frames_are_no_larger_than_allowed(target):
    with target.connect((INITIAL_WINDOW_SIZE, WINDOW_MAX)) as connection:
        connection.send(window_update(0, 10**6) + large_call(1, LARGE))
        connection.finished(1)
        sizes = [len(one.payload) for one in connection.seen.frames]
        assert max(sizes) <= FRAME_SIZE
        assert taken(connection.seen) > LARGE
        assert connection.seen.field(1, "grpc-status") == "0"


def test_an_upload_is_credited_as_it_is_read_and_never_more(target):
    """A client that obeys every window sends a megabyte."""
    payload = messages_pb2.StreamingInputCallRequest(
        payload=messages_pb2.Payload(body=bytes(50_000))
    )
    octets = message(payload.SerializeToString()) * 20
    with target.connect() as connection:
        told = next(one for one in connection.seen.frames if one.type == SETTINGS)
        pairs = [told.payload[at : at + 6] for at in range(0, len(told.payload), 6)]
        announced = {
            int.from_bytes(one[:2], "big"): int.from_bytes(one[2:], "big") for one in pairs
        }
        window = announced.get(INITIAL_WINDOW_SIZE, DEFAULT_WINDOW)
        connection.send(headers(1, block(*fields(UPLOAD_CALL))))

        def credit(stream):
            return sum(
                int.from_bytes(one.payload, "big")
                for one in connection.seen.frames
                if one.type == WINDOW_UPDATE and one.stream == stream
            )

        sent = 0
        while sent < len(octets):
            room = min(window + credit(1), DEFAULT_WINDOW + credit(0)) - sent
            assert credit(1) <= sent, "credit for what was not sent"
            if room == 0:
                connection.read()
                continue
            part = octets[sent : sent + min(room, FRAME_SIZE)]
            sent += len(part)
            connection.send(data(1, part, END_STREAM if sent == len(octets) else 0))
        connection.finished(1)
        seen = connection.seen
        assert seen.field(1, "grpc-status") == "0", str(seen)
        answer = messages_pb2.StreamingInputCallResponse.FromString(seen.body[1][5:])
        assert answer.aggregated_payload_size == 20 * 50_000
        assert not [one for one in seen.frames if one.type == DATA and one.stream != 1]


@pytest.mark.skipif(not IS_LONG, reason="takes as long as a reader may stall")
def test_a_reader_who_stalls_loses_the_answer(target):
    """H7: window updates of an octet do not help."""
    with target.connect((INITIAL_WINDOW_SIZE, 0)) as connection:
        connection.send(large_call(1, LARGE))
        connection.until(lambda seen: 1 in seen.headers)
        for _ in range(STALL_SECONDS_MAX):
            connection.send(window_update(1, 1))
            time.sleep(1)
            with contextlib.suppress(TimeoutError):
                while connection.read(0.01) is not None:
                    pass
            if 1 in connection.seen.resets:
                break
        assert connection.seen.resets.get(1) == CANCEL, str(connection.seen)
        assert connection.probe()
