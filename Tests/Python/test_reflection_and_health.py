"""Foreign clients find, describe and call everything: grpcio's reflection and `buf curl`."""

import json
import subprocess
import sys
from pathlib import Path

import grpc
import pytest
from farebox_client import bearer
from google.protobuf import descriptor_pool, json_format, message_factory
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

BUF = Path(sys.executable).parent / "buf"
EVERYWHERE = {
    "farebox.version.v1.VersionService",
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
}
OWN = {
    "auth": "farebox.auth.v1.AuthService",
    "accounting": "farebox.accounting.v1.AccountingService",
    "chat": "farebox.chat.v1.ChatService",
}
# What an empty request of an administrator is answered with.
ANSWERED = ("OK", "INVALID_ARGUMENT")
FOR_SERVICES_ONLY = {"RecordUsage"}


@pytest.mark.parametrize("service", OWN)
def test_every_listener_lists_its_services(world, service):
    database = ProtoReflectionDescriptorDatabase(world.client.channels[service])
    assert set(database.get_services()) == EVERYWHERE | {OWN[service]}


@pytest.mark.parametrize("service", OWN)
def test_every_rpc_can_be_described_and_called_from_reflection_alone(world, service):
    """An empty request must be answered, or refused for what it lacks, but never unknown."""
    channel = world.client.channels[service]
    pool = descriptor_pool.DescriptorPool(ProtoReflectionDescriptorDatabase(channel))
    for name in (OWN[service], "farebox.version.v1.VersionService"):
        contract = pool.FindServiceByName(name)
        assert contract.methods
        for method in contract.methods:
            code = _call_empty(channel, method, world.admin.token)
            lawful = ("PERMISSION_DENIED",) if method.name in FOR_SERVICES_ONLY else ANSWERED
            assert code in lawful, f"{method.full_name}: {code}"


def _call_empty(channel, method, token):
    answer_type = message_factory.GetMessageClass(method.output_type)
    path = f"/{method.containing_service.full_name}/{method.name}"
    kind = channel.unary_stream if method.server_streaming else channel.unary_unary
    call = kind(path, response_deserializer=answer_type.FromString)
    try:
        answer = call(b"", **bearer(token))
        if method.server_streaming:
            next(answer, None)  # one is enough: a watch has no end
            answer.cancel()
        else:
            json_format.MessageToJson(answer)
        return "OK"
    except grpc.RpcError as error:
        return error.code().name


@pytest.mark.parametrize("service", OWN)
def test_unknown_symbols_are_told_inside_the_answer_and_the_stream_goes_on(world, service):
    stub = reflection_pb2_grpc.ServerReflectionStub(world.client.channels[service])
    questions = [
        reflection_pb2.ServerReflectionRequest(file_containing_symbol="no.such.Thing"),
        reflection_pb2.ServerReflectionRequest(file_by_filename="no/such/file.proto"),
        reflection_pb2.ServerReflectionRequest(list_services=""),
    ]
    answers = list(stub.ServerReflectionInfo(iter(questions), timeout=15))
    assert [answer.error_response.error_code for answer in answers[:2]] == [5, 5]
    assert len(answers[2].list_services_response.service) == 5


@pytest.mark.parametrize("service", OWN)
def test_health_knows_the_whole_server_its_services_and_nothing_else(world, service):
    stub = health_pb2_grpc.HealthStub(world.client.channels[service])
    serving = health_pb2.HealthCheckResponse.SERVING
    for name in ("", OWN[service]):
        request = health_pb2.HealthCheckRequest(service=name)
        assert stub.Check(request, timeout=15).status == serving
        watch = stub.Watch(request, timeout=15)
        assert next(watch).status == serving
        watch.cancel()
    with pytest.raises(grpc.RpcError) as caught:
        stub.Check(health_pb2.HealthCheckRequest(service="no.such.Service"), timeout=15)
    assert caught.value.code() == grpc.StatusCode.NOT_FOUND
    watch = stub.Watch(health_pb2.HealthCheckRequest(service="no.such.Service"), timeout=15)
    assert next(watch).status == health_pb2.HealthCheckResponse.SERVICE_UNKNOWN
    watch.cancel()


def buf_curl(address, path="", *options, data=None, token=None):
    command = [str(BUF), "curl", "--protocol", "grpc", "--http2-prior-knowledge", *options]
    if token:
        command += ["--header", f"authorization: Bearer {token}"]
    if data is not None:
        command += ["--data", json.dumps(data)]
    return subprocess.run(
        [*command, f"http://{address}{path}"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("version", ["grpc-v1", "grpc-v1alpha"])
@pytest.mark.parametrize("service", OWN)
def test_buf_curl_lists_every_method(world, service, version):
    options = ("--list-methods", "--reflect-protocol", version)
    done = buf_curl(world.addresses[service], "", *options)
    assert done.returncode == 0, done.stderr
    listed = set(done.stdout.split())
    methods = world.client.methods(service)
    assert methods
    assert {f"{OWN[service]}/{name}" for name in methods} <= listed


def test_buf_curl_calls_and_reads_a_stream(world):
    person = world.newcomer(credits=10)
    check = "/farebox.accounting.v1.AccountingService/CheckCredits"
    done = buf_curl(world.addresses["accounting"], check, data={"credits": "3"}, token=person.token)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["sufficient"] is True
    done = buf_curl(world.addresses["accounting"], check, data={"credits": "0"}, token=person.token)
    assert done.returncode == 3 << 3, done.stderr  # buf's exit code for INVALID_ARGUMENT
    done = buf_curl(
        world.addresses["chat"],
        "/farebox.chat.v1.ChatService/Chat",
        data={"prompt": "one two three"},
        token=person.token,
    )
    assert done.returncode == 0, done.stderr
    assert "END_REASON_COMPLETE" in done.stdout
