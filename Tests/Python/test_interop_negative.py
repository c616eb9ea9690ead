"""gRPC's negative HTTP/2 interop cases: our client against servers that are unkind to it."""

import pytest
import unkind_http2
from interop_client import our_client

# Case, server, connections that the client makes, calls that the server sees.
CASES = [
    ("goaway", "SaysGoodbye", 2, 2),
    ("rst_after_header", "ResetsAfterHeaders", 1, 1),
    ("rst_during_data", "ResetsDuringData", 1, 1),
    ("rst_after_data", "ResetsAfterData", 1, 1),
    ("ping", "Pings", 1, 1),
    ("max_streams", "OneStream", 1, 11),
    ("data_frame_padding", "PaddedFrames", 1, 1),
    ("no_df_padding_sanity_test", "SmallFrames", 1, 1),
]


@pytest.mark.parametrize(("case", "server", "connections", "calls"), CASES)
def test_our_client_copes(case, server, connections, calls):
    with getattr(unkind_http2, server)() as unkind:
        done = our_client(unkind.address, case)
        for connection in unkind.connections:
            assert connection.ended.wait(60), "the client left a connection open"
    assert (done.returncode, done.stdout) == (0, f"{case}: passed\n"), done.stdout + done.stderr
    assert unkind.errors == []
    assert len(unkind.connections) == connections
    assert sum(connection.streams_seen for connection in unkind.connections) == calls
    for connection in unkind.connections:
        assert connection.pings_answered == connection.pings_sent


@pytest.mark.parametrize("case", ["rst_after_header", "rst_during_data", "rst_after_data"])
def test_a_reset_that_does_not_come_is_noticed(case):
    with unkind_http2.UnkindServer() as kind:
        done = our_client(kind.address, case)
    assert done.returncode == 1
    assert done.stdout == f"{case}: FAILED: UnaryCall succeeded, expected a failure\n"


def test_a_break_in_the_middle_is_noticed_where_none_is_due():
    with unkind_http2.ResetsAfterData() as unkind:
        done = our_client(unkind.address, "ping")
    assert done.returncode == 1
    assert done.stdout.startswith("ping: FAILED: ")
