"""gRPC's interop tests: our client and Google's, each against our server and Google's."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import grpc
import interop_servers
import pytest
from farebox_process import binary_path
from grpc_health.v1 import health_pb2, health_pb2_grpc
from interop_cases import run_case
from interop_client import our_client
from interop_servers import InteropServer, grpcio_server
from interop_stubs import CASES, SCALING_CASES, messages_pb2, test_pb2_grpc


@pytest.fixture(scope="module")
def our_server(tmp_path_factory):
    with InteropServer(tmp_path_factory.mktemp("interop") / "server.log") as server:
        yield server
        assert server.is_running(), f"the server died: {server.log()[-2000:]}"


@pytest.fixture(scope="module")
def google_address():
    with grpcio_server() as address:
        yield address


@pytest.fixture(params=["ours", "google"])
def address(request, our_server, google_address):
    return our_server.address if request.param == "ours" else google_address


@pytest.mark.parametrize("case", CASES)
def test_our_client(address, case):
    done = our_client(address, case)
    assert (done.returncode, done.stdout) == (0, f"{case}: passed\n"), done.stdout + done.stderr


@pytest.mark.parametrize("case", CASES)
def test_google_client(address, case):
    run_case(case, address)


def test_all_runs_every_case_and_says_how_each_went(our_server):
    done = our_client(our_server.address, "all")
    assert done.stdout.splitlines() == [f"{case}: passed" for case in CASES]
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("fault", "case", "said"),
    [
        ("ShortPayloads", "large_unary", "payload bytes: expected 314159, found 314158"),
        ("OtherBytes", "large_unary", "payload is zeros: expected true, found false"),
        ("Wandering", "pick_first_unary", "server id: expected google-"),
        ("Understating", "orca_per_rpc", "the report: expected"),
        ("WrongSum", "client_streaming", "aggregated payload size: expected 74922, found 74923"),
        ("Reordering", "server_streaming", "bytes of each response"),
        ("Surplus", "ping_pong", "surplus response: expected nothing, found something"),
        ("Surplus", "empty_stream", "surplus response"),
        ("Forgetful", "custom_metadata", "trailing metadata of UnaryCall"),
        ("Trimming", "special_status_message", "status message of UnaryCall"),
        ("OtherCode", "status_code_and_message", "expected UNKNOWN, found INTERNAL"),
        ("Optimist", "status_code_and_message", "UnaryCall succeeded, expected UNKNOWN"),
        ("Optimist", "unimplemented_method", "succeeded, expected UNIMPLEMENTED"),
        ("Credulous", "client_compressed_unary", "the probe succeeded, expected INVALID_ARGUMENT"),
        ("Credulous", "client_compressed_streaming", "the probe succeeded"),
        ("Incompressible", "server_compressed_unary", "response is compressed: expected true"),
        ("Incompressible", "server_compressed_streaming", "response is compressed: expected true"),
        ("EveryThirdFails", "rpc_soak", "of 10 calls 3 failed"),
        ("EveryThirdFails", "channel_soak", "every third call fails"),
    ],
)
def test_our_client_notices_what_a_server_does_wrong(fault, case, said):
    with grpcio_server(getattr(interop_servers, fault)()) as address:
        done = our_client(address, case)
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stdout.startswith(f"{case}: FAILED: ")
    assert said in done.stdout


@pytest.mark.parametrize("case", SCALING_CASES)
@pytest.mark.parametrize(
    ("streams", "code", "said"),
    [
        (2, 0, "passed"),
        (1, 1, "FAILED: address of the second call: expected ipv4:127.0.0.1:"),
        (3, 1, "FAILED: the third call has the same: expected false, found true"),
    ],
)
def test_our_client_opens_another_connection_when_the_first_is_full(
    tmp_path, case, streams, code, said
):
    flags = ("--max-concurrent-streams", str(streams))
    with InteropServer(tmp_path / "server.log", *flags) as server:
        done = our_client(server.address, case, "--case-timeout", "20")
    assert done.stdout.startswith(f"{case}: {said}"), done.stdout + done.stderr
    assert done.returncode == code


def test_one_failed_case_fails_all_and_the_others_still_run():
    with grpcio_server(interop_servers.Forgetful()) as address:
        done = our_client(address, "all")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert [line.split(":")[0] for line in lines] == list(CASES)
    assert [line.split(":")[0] for line in lines if "FAILED" in line] == ["custom_metadata"]


def test_a_soak_case_tolerates_what_its_budget_allows():
    with grpcio_server(interop_servers.EveryThirdFails()) as address:
        assert our_client(address, "rpc_soak", "--soak-max-failures", "3").returncode == 0


@pytest.mark.parametrize(
    "flag", ["--max-connections-per-address", "--fruitless-burst", "--max-concurrent-streams"]
)
def test_a_server_that_would_admit_nothing_does_not_start(flag):
    server = [str(binary_path(name="grpc-interop")), "server", "--port", "0"]
    done = subprocess.run([*server, flag, "0"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 64 and f"{flag} is 1 at least" in done.stderr, done.stderr


def test_the_published_spellings_work_and_unknown_cases_are_refused(our_server):
    host, port = our_server.address.rsplit(":", 1)
    client = [str(binary_path(name="grpc-interop")), "client"]
    for arguments, code in (
        (["--server_host", host, "--server_port", port, "--test_case", "empty_unary"], 0),
        (["--port", port, "--test-case", "no_such_case"], 64),
        (["--port", "0"], 64),
    ):
        done = subprocess.run([*client, *arguments], capture_output=True, timeout=60)
        assert done.returncode == code, done.stderr


@pytest.mark.parametrize(
    ("request_fields", "code"),
    [
        ({"response_size": -1}, grpc.StatusCode.INVALID_ARGUMENT),
        ({"response_size": 2**31 - 1}, grpc.StatusCode.INVALID_ARGUMENT),
        ({"response_type": 7, "response_size": 1}, grpc.StatusCode.INVALID_ARGUMENT),
        ({"expect_compressed": {"value": True}}, grpc.StatusCode.INVALID_ARGUMENT),
        ({"response_status": {"code": 99}}, grpc.StatusCode.UNKNOWN),
    ],
)
def test_our_server_refuses_what_it_cannot_do(our_server, request_fields, code):
    with grpc.insecure_channel(our_server.address) as channel:
        stub = test_pb2_grpc.TestServiceStub(channel)
        with pytest.raises(grpc.RpcError) as caught:
            stub.UnaryCall(messages_pb2.SimpleRequest(**request_fields), timeout=60)
    assert caught.value.code() == code


def test_our_server_can_be_told_from_others(our_server, tmp_path):
    def identities(address, count):
        with grpc.insecure_channel(address) as channel:
            stub = test_pb2_grpc.TestServiceStub(channel)
            request = messages_pb2.SimpleRequest(fill_server_id=True)
            return {stub.UnaryCall(request, timeout=60).server_id for _ in range(count)}

    ours = identities(our_server.address, 3)
    assert len(ours) == 1 and "" not in ours
    with InteropServer(tmp_path / "server.log") as other:
        assert identities(other.address, 1) != ours


@pytest.mark.parametrize(
    ("method", "data", "answers"),
    [
        ("UnaryCall", {"responseSize": 3}, [{"payload": {"body": "AAAA"}}]),
        (
            "FullDuplexCall",
            {"responseParameters": [{"size": 1}, {"size": 2}]},
            [{"payload": {"body": "AA=="}}, {"payload": {"body": "AAA="}}],
        ),
    ],
)
def test_the_client_of_connect_go_finds_the_service_by_reflection(
    our_server, method, data, answers
):
    buf = Path(sys.executable).parent / "buf"
    command = [buf, "curl", "--protocol", "grpc", "--http2-prior-knowledge"]
    url = f"http://{our_server.address}/grpc.testing.TestService/{method}"
    done = subprocess.run(
        [*command, "-d", json.dumps(data), url],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    decoder, text, found = json.JSONDecoder(), done.stdout.strip(), []
    while text:
        value, end = decoder.raw_decode(text)
        found.append(value)
        text = text[end:].lstrip()
    assert found == answers


def test_half_duplex_answers_after_the_last_request(our_server):
    def requests():
        for size in (3, 1, 2):
            parameters = messages_pb2.ResponseParameters(size=size, interval_us=1000)
            yield messages_pb2.StreamingOutputCallRequest(response_parameters=[parameters])

    with grpc.insecure_channel(our_server.address) as channel:
        stub = test_pb2_grpc.TestServiceStub(channel)
        sizes = [len(answer.payload.body) for answer in stub.HalfDuplexCall(requests(), timeout=60)]
    assert sizes == [3, 1, 2]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_our_server_is_healthy_until_it_is_told_to_stop(tmp_path, number):
    with InteropServer(tmp_path / "server.log") as server:
        with grpc.insecure_channel(server.address) as channel:
            health = health_pb2_grpc.HealthStub(channel)
            for service in ("", "grpc.testing.TestService"):
                answer = health.Check(health_pb2.HealthCheckRequest(service=service), timeout=60)
                assert answer.status == health_pb2.HealthCheckResponse.SERVING
        assert server.stop(number) == 0
