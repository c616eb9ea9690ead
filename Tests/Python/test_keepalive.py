"""The life of connections against Google's client: pings that come too often, and a stop."""

import signal

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from interop_servers import STOP_SECONDS_MAX, InteropServer
from interop_stubs import messages_pb2, test_pb2_grpc

# Three pings a second, with or without calls: far more than servers permit.
PINGING = (
    ("grpc.keepalive_time_ms", 300),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.use_local_subchannel_pool", 1),
)
CALL_SECONDS_MAX = 30


@pytest.fixture
def server(tmp_path):
    with InteropServer(tmp_path / "server.log") as server:
        yield server


def watch(channel):
    return health_pb2_grpc.HealthStub(channel).Watch(
        health_pb2.HealthCheckRequest(), timeout=CALL_SECONDS_MAX
    )


def test_a_client_that_pings_too_often_is_told_so(server):
    with grpc.insecure_channel(server.address, options=PINGING) as channel:
        with pytest.raises(grpc.RpcError) as failure:
            for answer in watch(channel):
                assert answer.status == health_pb2.HealthCheckResponse.SERVING
    assert failure.value.code() == grpc.StatusCode.UNAVAILABLE
    assert "too_many_pings" in failure.value.details()


def test_pings_between_answers_are_welcome(server):
    # An answer each 20 ms for three seconds: there is one between any two pings, and on a busy
    # machine still one among any four, which is what counts.
    request = messages_pb2.StreamingOutputCallRequest(
        response_parameters=[
            messages_pb2.ResponseParameters(size=1, interval_us=20_000) for _ in range(150)
        ]
    )
    with grpc.insecure_channel(server.address, options=PINGING) as channel:
        stub = test_pb2_grpc.TestServiceStub(channel)
        answers = list(stub.StreamingOutputCall(request, timeout=CALL_SECONDS_MAX))
    assert len(answers) == 150


def test_a_stop_tells_watchers_first(server):
    with grpc.insecure_channel(server.address) as channel:
        answers = watch(channel)
        assert next(answers).status == health_pb2.HealthCheckResponse.SERVING
        server.process.send_signal(signal.SIGTERM)
        assert next(answers).status == health_pb2.HealthCheckResponse.NOT_SERVING
        answers.cancel()
        assert server.process.wait(STOP_SECONDS_MAX) == 0
