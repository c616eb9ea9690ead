"""Protobuf that expands, nests and repeats (G7, P1 to P3), at every service and with its figures."""

import grpc
import pytest
from conftest import ADMIN, data_with_users, log_in
from farebox_client import FareboxClient, bearer
from farebox_process import FareboxProcess, free_addresses
from targets import IS_LONG, MIB, HonestClient, Target, bounded_memory

CHECK = "/farebox.accounting.v1.AccountingService/CheckCredits"
BATCH = "/farebox.accounting.v1.AccountingService/RecordUsage"
MESSAGE_BYTES_MAX, LARGE_MESSAGE_BYTES_MAX = 64 * 1024, MIB
# The budget of a decode is 32 times the message and 64 KiB.
PEAK_OF_A_DECODE = 32 * LARGE_MESSAGE_BYTES_MAX + MIB
ROUNDS = 200 if IS_LONG else 10
REFUSED = {"RESOURCE_EXHAUSTED", "INTERNAL", "INVALID_ARGUMENT"}


def varint(value):
    return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + varint(value >> 7)


def record(number, payload):
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def nested(depth, number, inner=b""):
    """Messages inside each other, built from the inside, as far as the size goes."""
    for _ in range(depth):
        inner = record(number, inner)
        if len(inner) > MESSAGE_BYTES_MAX - 16:
            break
    return inner


BOMBS = {
    # `items` of RecordUsage and its `usage`; field 7 of CheckCredits is not there.
    "empty messages": (BATCH, record(1, b"") * (LARGE_MESSAGE_BYTES_MAX // 2 - 1)),
    "empty messages inside": (BATCH, record(1, record(5, b"") * 20) * 20_000),
    "unknown fields": (BATCH, b"\xf8\x3f\x00" * (LARGE_MESSAGE_BYTES_MAX // 3 - 1)),
    "the same scalar": (CHECK, b"\x10\x01" * (MESSAGE_BYTES_MAX // 2 - 1)),
    "one string again and again": (CHECK, record(1, b"a" * 60) * 1_000),
    "messages that merge": (CHECK, record(6, b"\x10\x01") * 16_000),
    "depth in an unknown field": (CHECK, nested(12_000, 100)),
    "depth in a known field": (CHECK, nested(12_000, 6)),
    "depth in a batch": (BATCH, nested(12_000, 1)),
    "a length of 4 GiB": (CHECK, b"\x0a\xff\xff\xff\xff\x0f"),
    "a group without end": (CHECK, b"\x0b" * 60_000),
    "field 0 in the long form": (CHECK, b"\x85\x00" * 100),
}


@pytest.fixture(scope="module")
def target(tmp_path_factory, farebox_binary):
    data = data_with_users(tmp_path_factory.mktemp("protobuf"))
    with FareboxProcess(farebox_binary, data, free_addresses()) as server:
        target = Target(server, server.addresses["accounting"])
        target.client = FareboxClient(server.addresses)
        target.admin = log_in(target.client, *ADMIN)
        target.client.create_user(target.admin.token, "meter", "meter-password-1", "ROLE_SERVICE")
        target.meter = log_in(target.client, "meter", "meter-password-1")
        yield target
        target.client.close()
        assert server.is_running(), server.log()[-2000:]


@pytest.mark.parametrize("kind", BOMBS)
def test_bombs_stay_within_their_budget(target, kind):
    path, octets = BOMBS[kind]
    person = target.meter if path == BATCH else target.admin
    method = target.client.channels["accounting"].unary_unary(path)
    with HonestClient(target), bounded_memory(target, 32 * MIB):
        target.forget_peak()
        before = target.memory()
        for _ in range(ROUNDS):
            try:
                method(octets, **bearer(person.token))
            except grpc.RpcError as error:
                assert error.code().name in REFUSED, error
        assert target.peak_memory() - before < 2 * PEAK_OF_A_DECODE
