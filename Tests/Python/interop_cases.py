"""The interop cases as a client of Google's Python runtime runs them."""

import threading
import time
from dataclasses import dataclass

import grpc
from interop_servers import zeros
from google.protobuf import duration_pb2
from interop_stubs import (
    INITIAL_KEY,
    TRAILING_KEY,
    empty_pb2,
    load_report,
    messages_pb2,
    orca_pb2,
    orca_pb2_grpc,
    test_pb2_grpc,
)

CALL_SECONDS_MAX = 60
LARGE_UP, LARGE_DOWN = 271_828, 314_159
UP = (27_182, 8, 1_828, 45_904)
DOWN = (31_415, 9, 2_653, 58_979)
SPECIAL = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"
SOAK_CALLS = 10
STICKY_CALLS = 100
COMPRESSIONS = (grpc.Compression.Gzip, grpc.Compression.Deflate)
# Otherwise channels to the same address share their connections.
OWN_CONNECTION = (("grpc.use_local_subchannel_pool", 1),)


def run_case(name, address, authority=None):
    """Runs the case of that name; an assertion fails, or a call does, when something differs.

    `authority` is the certificate (PEM) to trust; without it the case runs in plaintext.
    """
    with open_channel(address, authority) as channel:
        stub = test_pb2_grpc.TestServiceStub(channel)
        globals()[f"case_{name}"](Peer(address, authority, channel, stub))


def open_channel(address, authority):
    if authority is None:
        return grpc.insecure_channel(address, options=OWN_CONNECTION)
    credentials = grpc.ssl_channel_credentials(authority)
    return grpc.secure_channel(address, credentials, options=OWN_CONNECTION)


@dataclass
class Peer:
    """The server under test, with a channel to it."""

    address: str
    authority: bytes | None
    channel: grpc.Channel
    stub: test_pb2_grpc.TestServiceStub


def simple_request(up=LARGE_UP, down=LARGE_DOWN):
    return messages_pb2.SimpleRequest(response_size=down, payload=zeros(up))


def output_request(up, *down):
    return messages_pb2.StreamingOutputCallRequest(
        payload=zeros(up),
        response_parameters=[messages_pb2.ResponseParameters(size=size) for size in down],
    )


def check_failure(code, details, call):
    try:
        call()
    except grpc.RpcError as error:
        assert error.code() == code
        assert details is None or error.details() == details
    else:
        raise AssertionError(f"the call succeeded, expected {code}")


def large_call(stub):
    response = stub.UnaryCall(simple_request(), timeout=CALL_SECONDS_MAX)
    assert response.payload.body == bytes(LARGE_DOWN)


def case_empty_unary(peer):
    response = peer.stub.EmptyCall(empty_pb2.Empty(), timeout=CALL_SECONDS_MAX)
    assert response == empty_pb2.Empty()


def case_large_unary(peer):
    large_call(peer.stub)


def case_concurrent_large_unary(peer):
    stub = peer.stub
    calls = [
        stub.UnaryCall.future(simple_request(), timeout=CALL_SECONDS_MAX) for _ in range(32)
    ]
    assert [len(call.result().payload.body) for call in calls] == [LARGE_DOWN] * 32


def case_client_streaming(peer):
    requests = (messages_pb2.StreamingInputCallRequest(payload=zeros(size)) for size in UP)
    response = peer.stub.StreamingInputCall(requests, timeout=CALL_SECONDS_MAX)
    assert response.aggregated_payload_size == 74_922


def case_server_streaming(peer):
    request = output_request(0, *DOWN)
    responses = peer.stub.StreamingOutputCall(request, timeout=CALL_SECONDS_MAX)
    assert [len(response.payload.body) for response in responses] == list(DOWN)


def case_ping_pong(peer):
    with Conversation(peer) as talk:
        for up, down in zip(UP, DOWN):
            talk.send(output_request(up, down))
            assert len(next(talk.responses).payload.body) == down
        talk.finish()
        assert list(talk.responses) == []


def case_empty_stream(peer):
    call = peer.stub.FullDuplexCall(iter(()), timeout=CALL_SECONDS_MAX)
    assert list(call) == []
    assert call.code() == grpc.StatusCode.OK


def case_client_compressed_unary(peer):
    claim = simple_request()
    claim.expect_compressed.value = True
    call = peer.stub.UnaryCall
    check_failure(
        grpc.StatusCode.INVALID_ARGUMENT, None, lambda: call(claim, timeout=CALL_SECONDS_MAX)
    )
    for compression in COMPRESSIONS:
        response = call(claim, compression=compression, timeout=CALL_SECONDS_MAX)
        assert response.payload.body == bytes(LARGE_DOWN)
    large_call(peer.stub)


def case_server_compressed_unary(peer):
    request = simple_request()
    for wish in (True, False):
        request.response_compressed.value = wish
        for compression in (None, *COMPRESSIONS):
            response = peer.stub.UnaryCall(
                request, compression=compression, timeout=CALL_SECONDS_MAX
            )
            assert response.payload.body == bytes(LARGE_DOWN)


def case_client_compressed_streaming(peer):
    def requests(claims):
        for size, claim in zip((27_182, 45_904), claims):
            request = messages_pb2.StreamingInputCallRequest(payload=zeros(size))
            request.expect_compressed.value = claim
            yield request

    call = peer.stub.StreamingInputCall
    check_failure(
        grpc.StatusCode.INVALID_ARGUMENT,
        None,
        lambda: call(requests([True]), timeout=CALL_SECONDS_MAX),
    )
    for compression in COMPRESSIONS:
        # All messages are compressed: this runtime cannot leave out single ones.
        response = call(
            requests([True, True]), compression=compression, timeout=CALL_SECONDS_MAX
        )
        assert response.aggregated_payload_size == 73_086


def case_server_compressed_streaming(peer):
    request = output_request(0, 31_415, 92_653)
    request.response_parameters[0].compressed.value = True
    request.response_parameters[1].compressed.value = False
    for compression in (None, *COMPRESSIONS):
        responses = peer.stub.StreamingOutputCall(
            request, compression=compression, timeout=CALL_SECONDS_MAX
        )
        assert [len(response.payload.body) for response in responses] == [31_415, 92_653]


def case_custom_metadata(peer):
    sent = ((INITIAL_KEY, "test_initial_metadata_value"), (TRAILING_KEY, b"\xab\xab\xab"))
    stub = peer.stub
    _, call = stub.UnaryCall.with_call(simple_request(), metadata=sent, timeout=CALL_SECONDS_MAX)
    assert sent[0] in [tuple(field) for field in call.initial_metadata()]
    assert sent[1] in [tuple(field) for field in call.trailing_metadata()]
    requests = iter([output_request(LARGE_UP, LARGE_DOWN)])
    call = stub.FullDuplexCall(requests, metadata=sent, timeout=CALL_SECONDS_MAX)
    assert [len(response.payload.body) for response in call] == [LARGE_DOWN]
    assert sent[0] in [tuple(field) for field in call.initial_metadata()]
    assert sent[1] in [tuple(field) for field in call.trailing_metadata()]


def case_status_code_and_message(peer):
    stub = peer.stub
    status = messages_pb2.EchoStatus(code=2, message="test status message")
    unary = messages_pb2.SimpleRequest(response_status=status)
    stream = messages_pb2.StreamingOutputCallRequest(response_status=status)
    for call in (
        lambda: stub.UnaryCall(unary, timeout=CALL_SECONDS_MAX),
        lambda: list(stub.FullDuplexCall(iter([stream]), timeout=CALL_SECONDS_MAX)),
    ):
        check_failure(grpc.StatusCode.UNKNOWN, "test status message", call)


def case_special_status_message(peer):
    status = messages_pb2.EchoStatus(code=2, message=SPECIAL)
    request = messages_pb2.SimpleRequest(response_status=status)
    check_failure(
        grpc.StatusCode.UNKNOWN,
        SPECIAL,
        lambda: peer.stub.UnaryCall(request, timeout=CALL_SECONDS_MAX),
    )


def case_unimplemented_method(peer):
    check_unimplemented(peer.stub)


def case_unimplemented_service(peer):
    check_unimplemented(test_pb2_grpc.UnimplementedServiceStub(peer.channel))


def check_unimplemented(stub):
    check_failure(
        grpc.StatusCode.UNIMPLEMENTED,
        None,
        lambda: stub.UnimplementedCall(empty_pb2.Empty(), timeout=CALL_SECONDS_MAX),
    )


def case_cancel_after_begin(peer):
    release = threading.Event()

    def requests():
        release.wait(CALL_SECONDS_MAX)
        return
        yield

    call = peer.stub.StreamingInputCall.future(requests(), timeout=CALL_SECONDS_MAX)
    call.cancel()
    assert call.cancelled()
    assert call.code() == grpc.StatusCode.CANCELLED
    release.set()


def case_cancel_after_first_response(peer):
    with Conversation(peer) as talk:
        talk.send(output_request(27_182, 31_415))
        assert len(next(talk.responses).payload.body) == 31_415
        talk.responses.cancel()
        check_failure(grpc.StatusCode.CANCELLED, None, lambda: next(talk.responses))


def case_timeout_on_sleeping_server(peer):
    with Conversation(peer, timeout=0.001) as talk:
        talk.send(output_request(27_182))
        check_failure(grpc.StatusCode.DEADLINE_EXCEEDED, None, lambda: next(talk.responses))


def case_pick_first_unary(peer):
    request = messages_pb2.SimpleRequest(fill_server_id=True)
    servers = {peer.stub.UnaryCall(request).server_id for _ in range(STICKY_CALLS)}
    assert len(servers) == 1
    assert "" not in servers


def case_orca_per_rpc(peer):
    """Google's core keeps the report for its load balancers: this client sees that the call ends
    well. What the report says is for our client to check.
    """
    asked = messages_pb2.TestOrcaReport(
        cpu_utilization=0.8210,
        memory_utilization=0.5847,
        request_cost={"cost": 3456.32},
        utilization={"util": 0.30499},
    )
    request = messages_pb2.SimpleRequest(orca_per_query_report=asked)
    _, call = peer.stub.UnaryCall.with_call(request, timeout=CALL_SECONDS_MAX)
    assert call.code() is grpc.StatusCode.OK


def case_orca_oob(peer):
    request = orca_pb2.OrcaLoadReportRequest(
        report_interval=duration_pb2.Duration(nanos=50_000_000)
    )
    reports = orca_pb2_grpc.OpenRcaServiceStub(peer.channel).StreamCoreMetrics(
        request, timeout=CALL_SECONDS_MAX
    )
    with Conversation(peer) as talk:
        for cpu, memory, util in ((0.8210, 0.5847, 0.30499), (0.29309, 0.2, 0.2039)):
            asked = messages_pb2.TestOrcaReport(
                cpu_utilization=cpu, memory_utilization=memory, utilization={"util": util}
            )
            told = output_request(0, 1)
            told.orca_oob_report.CopyFrom(asked)
            talk.send(told)
            assert len(next(talk.responses).payload.body) == 1
            assert any(report == load_report(asked) for report in reports)
        talk.finish()
        assert not list(talk.responses)
    reports.cancel()


def case_rpc_soak(peer):
    stub = peer.stub
    for _ in range(SOAK_CALLS):
        large_call(stub)


def case_channel_soak(peer):
    for _ in range(SOAK_CALLS):
        with open_channel(peer.address, peer.authority) as channel:
            large_call(test_pb2_grpc.TestServiceStub(channel))


def case_long_lived_channel(peer):
    stub = peer.stub
    for _ in range(SOAK_CALLS):
        large_call(stub)
        time.sleep(0.2)


class Conversation:
    """A full-duplex call whose requests are given one by one."""

    def __init__(self, peer, timeout=CALL_SECONDS_MAX):
        self._waiting = []
        self._ended = False
        self._changed = threading.Condition()
        self.responses = peer.stub.FullDuplexCall(self._requests(), timeout=timeout)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.finish()

    def send(self, request):
        with self._changed:
            self._waiting.append(request)
            self._changed.notify()

    def finish(self):
        with self._changed:
            self._ended = True
            self._changed.notify()

    def _requests(self):
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._ended)
                if not self._waiting:
                    return
                request = self._waiting.pop(0)
            yield request
