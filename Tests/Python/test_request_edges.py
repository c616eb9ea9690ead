"""Every number, enum and required field of every request at its edges (G4, G5, G6), ids (P4), and
fields that no contract knows (P3).

The fields come from the descriptors: a new one is covered, or lacks a row here, as soon as it is
there.
"""

import os
import random
import unicodedata

import grpc
import pytest
from calls import call_raw
from farebox_client import bearer
from google.protobuf.descriptor import FieldDescriptor as Field
from refusal import Refusal

IS_LONG = os.environ.get("FAREBOX_LONG", "") not in ("", "0")
BITS = {Field.TYPE_INT64: 63, Field.TYPE_INT32: 31}
FLOATING = (Field.TYPE_DOUBLE, Field.TYPE_FLOAT)
# An honest refusal. What is missing here would be a defect: INTERNAL, UNKNOWN, UNAVAILABLE.
HONEST = {"OK", "INVALID_ARGUMENT", "FAILED_PRECONDITION", "NOT_FOUND", "OUT_OF_RANGE"}
HONEST |= {"ALREADY_EXISTS", "RESOURCE_EXHAUSTED", "UNAUTHENTICATED"}
# Streams that go on for ever: no answer in so long is an answer.
WATCHES, WATCH_SECONDS = ("WatchBalance",), 0.2
# What programs call and people do not.
OF_SERVICES = ("RecordUsage",)
SOMEBODY = {"idempotency_key": "k", "account_id": "somebody"}
USAGE = {"model": "counter-1", "output_tokens": 1}

# A request that breaks no rule by itself, and the fields (or the oneof) that it cannot do without.
ROWS = {
    "Login": ({"username": "nobody", "password": "p" * 12}, ["username", "password"]),
    "GetKeys": ({}, []),
    "WhoAmI": ({}, []),
    "CreateUser": (
        {"username": "edge", "password": "p" * 16, "roles": [1]},
        ["username", "password"],
    ),
    "AllocateCredits": (
        {**SOMEBODY, "credits": 1},
        ["idempotency_key", "account_id", "amount"],
    ),
    "AdjustAllocation": (
        {"idempotency_key": "k", "allocation_id": "a9", "priority": 1},
        ["idempotency_key", "allocation_id"],
    ),
    "VoidAllocation": (
        {"idempotency_key": "k", "allocation_id": "a9"},
        ["idempotency_key", "allocation_id"],
    ),
    "GetBalance": ({"account_id": "somebody"}, []),
    "CheckCredits": ({"account_id": "somebody", "credits": 1}, ["amount"]),
    "QuoteUsage": ({"usage": USAGE}, ["usage"]),
    "DeductCredits": ({**SOMEBODY, "credits": 1}, ["idempotency_key", "account_id", "amount"]),
    "RecordUsage": ({"items": [{**SOMEBODY, "credits": 1}]}, ["items"]),
    "RefundUsage": (
        {"idempotency_key": "k", "usage_id": "u9"},
        ["idempotency_key", "usage_id"],
    ),
    "OpenHold": ({**SOMEBODY, "credits": 1}, ["idempotency_key", "account_id", "amount"]),
    "ExtendHold": (
        {"idempotency_key": "k", "hold_id": "h9", "used_micros": 1},
        ["idempotency_key", "hold_id", "used"],
    ),
    "SettleHold": (
        {"idempotency_key": "k", "hold_id": "h9", "credit_micros": 1},
        ["idempotency_key", "hold_id"],
    ),
    "ReleaseHold": ({"idempotency_key": "k", "hold_id": "h9"}, ["idempotency_key", "hold_id"]),
    "ForceRelease": ({"idempotency_key": "k", "hold_id": "h9"}, ["idempotency_key", "hold_id"]),
    "GetHold": ({"hold_id": "h9"}, ["hold_id"]),
    "ListHolds": ({"account_id": "somebody"}, []),
    "SetAccountState": ({**SOMEBODY, "state": 1}, ["idempotency_key", "account_id"]),
    "PutPrice": (
        {"idempotency_key": "k", "price": {"model": "edge", "output_micros_per_million": 1}},
        ["idempotency_key", "price"],
    ),
    "ListPrices": ({}, []),
    "SetBudget": (
        {**SOMEBODY, "limit_micros": 1, "rolling": {"seconds": 3600}, "mode": 1},
        ["idempotency_key", "account_id"],
    ),
    "ListBudgets": ({"account_id": "somebody"}, []),
    "SetBalanceAlerts": (SOMEBODY, ["idempotency_key", "account_id"]),
    "GetBalanceAlerts": ({"account_id": "somebody"}, []),
    "PutWebhook": (
        {"idempotency_key": "k", "url": "https://receiver.invalid/hook"},
        ["idempotency_key", "url"],
    ),
    "DeleteWebhook": (
        {"idempotency_key": "k", "webhook_id": "w9"},
        ["idempotency_key", "webhook_id"],
    ),
    "ListWebhooks": ({}, []),
    "ListDeliveries": ({}, []),
    "RedeliverEvent": (
        {"idempotency_key": "k", "event_id": "e9", "webhook_id": "w9"},
        ["idempotency_key", "event_id", "webhook_id"],
    ),
    "ListUsage": ({"account_id": "somebody"}, []),
    "ExportUsage": ({"account_id": "somebody", "format": 1}, ["format"]),
    "ListJournal": ({"account_id": "somebody"}, []),
    "WatchBalance": ({"account_id": "somebody"}, []),
    "ExplainDecision": ({"decision_id": "1"}, ["decision_id"]),
    "VerifyLedger": ({"from_seq": 1, "to_seq": 1}, []),
    "BackupJournal": ({}, []),
    "Chat": ({"prompt": "hello"}, ["prompt"]),
    "ListModels": ({}, []),
}


def contracts(client):
    return {"auth": client.auth, "accounting": client.accounting, "chat": client.chat}


def methods(client):
    """(service, method descriptor, request class) of everything that can be called."""
    for name, contract in contracts(client).items():
        (service,) = contract.DESCRIPTOR.services_by_name.values()
        for method in service.methods:
            yield name, method, method.input_type._concrete_class


class Caller:
    """Calls any method as one who may, each time under another key."""

    def __init__(self, world):
        self.world, self.calls = world, 0
        self.stubs = {
            "auth": world.client.auth_stub,
            "accounting": world.client.accounting_stub,
            "chat": world.client.chat_stub,
        }

    def refusal(self, service, method, request):
        """None when the call is answered."""
        self.calls += 1
        if getattr(request, "idempotency_key", ""):
            request.idempotency_key = f"{method.name}-{self.calls}"
        if method.name == "CreateUser" and request.username:
            request.username = f"edge-{self.calls}"
        seconds = WATCH_SECONDS if method.name in WATCHES else 15
        person = self.world.service if method.name in OF_SERVICES else self.world.admin
        options = bearer(person.token, seconds)
        call = getattr(self.stubs[service], method.name)(request, **options)
        try:
            if method.server_streaming:
                try:
                    next(call, None)
                finally:
                    call.cancel()
        except grpc.RpcError as error:
            late = error.code() == grpc.StatusCode.DEADLINE_EXCEEDED
            return None if late and method.name in WATCHES else Refusal.of(error)
        return None

    def answer(self, service, method, request):
        try:
            return self.refusal(service, method, request)
        except grpc.RpcError as error:
            return Refusal.of(error)


def leaves(descriptor, kinds, path=()):
    """The paths to fields of these kinds, through singular messages and into lists."""
    for field in descriptor.fields:
        if field.type in kinds:
            yield (*path, field)
        elif field.message_type and len(path) < 2 and not field.is_repeated:
            yield from leaves(field.message_type, kinds, (*path, field))


def place(message, path, value):
    for field in path[:-1]:
        message = getattr(message, field.name)
    if path[-1].is_repeated:
        getattr(message, path[-1].name).append(value)
    else:
        setattr(message, path[-1].name, value)


def described(method, path, value):
    return f"{method.name} {'.'.join(field.name for field in path)} = {value}"


def is_instant(path):
    """A time may be before 1970, and a sequence number is looked for and not found."""
    parent = path[-2].message_type.full_name if len(path) > 1 else ""
    return parent.endswith("protobuf.Timestamp") and path[-1].name == "seconds"


def test_every_method_has_a_row(world):
    assert {method.name for _, method, _ in methods(world.client)} == set(ROWS)


def test_no_request_and_no_answer_has_floating_point(world):
    """An amount cannot be NaN, infinite or rounded where there is no such type."""
    seen = set()

    def walk(descriptor):
        if descriptor.full_name in seen:
            return
        seen.add(descriptor.full_name)
        for field in descriptor.fields:
            assert field.type not in FLOATING, field.full_name
            if field.message_type:
                walk(field.message_type)

    for _, method, _ in methods(world.client):
        walk(method.input_type)
        walk(method.output_type)
    assert len(seen) > 80


def test_numbers_at_their_edges(unharmed):
    caller, count = Caller(unharmed), 0
    for service, method, request_type in methods(unharmed.client):
        base = ROWS[method.name][0]
        for path in leaves(method.input_type, BITS):
            top = 2 ** BITS[path[-1].type]
            for value in (0, 1, -1, 2**31 - 1, top - 1, -top):
                request = request_type(**base)
                place(request, path, value)
                refusal = caller.answer(service, method, request)
                code = refusal.code if refusal else "OK"
                name = described(method, path, value)
                assert code in HONEST, f"{name}: {refusal}"
                if value in (-top, -1) and not is_instant(path):
                    assert code == "INVALID_ARGUMENT", f"{name}: {refusal}"
                if code == "INVALID_ARGUMENT":
                    assert refusal.fields, f"{name}: no field is named"
                count += 1
    assert count > 250


def test_enums_that_are_not_there(unharmed):
    caller, count = Caller(unharmed), 0
    for service, method, request_type in methods(unharmed.client):
        for path in leaves(method.input_type, (Field.TYPE_ENUM,)):
            for value in (99, -1, 2**31 - 1, -(2**31)):
                request = request_type(**ROWS[method.name][0])
                place(request, path, value)
                refusal = caller.answer(service, method, request)
                name = described(method, path, value)
                assert refusal and refusal.code == "INVALID_ARGUMENT", f"{name}: {refusal}"
                count += 1
    assert count > 40


def test_required_fields_one_by_one(unharmed):
    caller = Caller(unharmed)
    for service, method, request_type in methods(unharmed.client):
        base, required = ROWS[method.name]
        refusal = caller.answer(service, method, request_type(**base))
        code = refusal.code if refusal else "OK"
        assert code in HONEST - {"INVALID_ARGUMENT"}, f"{method.name} {base}: {refusal}"
        oneofs = method.input_type.oneofs_by_name
        for name in required:
            request = request_type(**base)
            if name in oneofs:
                request.ClearField(request.WhichOneof(name))
            else:
                request.ClearField(name)
            refusal = caller.answer(service, method, request)
            without = f"{method.name} without {name}: {refusal}"
            assert refusal and refusal.code == "INVALID_ARGUMENT", without
            assert any(name in named for named in refusal.fields), without


# G6: what counts is the decoded request


def varint(value):
    return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + varint(value >> 7)


def record(number, value):
    """A field's bytes: a number as varint, bytes by their length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def test_a_key_knows_its_request_however_it_is_spelled(unharmed):
    """Other orders of fields, earlier values that later ones replace, another member of the oneof
    before the one that holds, long forms of numbers: the same request. Another value is another.
    """
    client, person = unharmed.client, unharmed.newcomer()
    fields = client.accounting.AllocateCreditsRequest.DESCRIPTOR.fields_by_name
    number = {name: field.number for name, field in fields.items()}
    key, account = f"spelled {person.name}".encode(), person.account.encode()
    parts = [
        record(number["idempotency_key"], key),
        record(number["account_id"], account),
        record(number["credits"], 7),
        record(number["notes"], b"n"),
    ]
    plain = b"".join(parts)
    long_seven = varint(number["credits"] << 3) + b"\x87\x80\x80\x00"
    spellings = [
        plain,
        b"".join(reversed(parts)),
        record(number["credits"], 9) + plain,
        record(number["account_id"], b"root") + record(number["notes"], b"other") + plain,
        record(number["credit_micros"], 5) + plain,
        parts[0] + parts[1] + long_seven + parts[3],
        plain + record(number["priority"] + 1000, b"a field that nobody knows"),
    ]
    method = client.channels["accounting"].unary_unary(
        "/farebox.accounting.v1.AccountingService/AllocateCredits"
    )
    call = lambda octets: method(octets, **bearer(unharmed.admin.token))
    answers = [client.accounting.AllocateCreditsResponse.FromString(call(s)) for s in spellings]
    assert len({answer.allocation.allocation_id for answer in answers}) == 1
    with pytest.raises(grpc.RpcError) as caught:
        call(b"".join([parts[0], parts[1], record(number["credits"], 8), parts[3]]))
    assert Refusal.of(caught.value).reason == "IDEMPOTENCY_MISMATCH"
    assert client.balance(person.token, person.account).balance.available_micros == 7 * 10**6


# P3: unknown fields


def test_unknown_fields_are_bounded_and_never_sent_back(unharmed):
    client = unharmed.client
    marker = b"a-field-that-nobody-knows"
    method = client.channels["accounting"].unary_unary(
        "/farebox.accounting.v1.AccountingService/CheckCredits"
    )
    lawful = client.accounting.CheckCreditsRequest(
        account_id=unharmed.user.account, credits=1
    ).SerializeToString()
    answer = method(lawful + record(3000, marker) * 100, **bearer(unharmed.user.token))
    assert marker not in answer
    refusal = call_raw(unharmed, lawful + record(3000, 1) * 1025, token=unharmed.user.token)
    assert refusal.code == "RESOURCE_EXHAUSTED"


# P4: one id for each sequence of bytes


def test_keys_that_look_alike_are_different_keys(unharmed):
    """Canonically equivalent texts are equal strings in Swift, and other bytes on the wire."""
    client, person = unharmed.client, unharmed.newcomer()
    composed = f"{person.name}-\u00e9"
    keys = [composed, unicodedata.normalize("NFD", composed), composed + "\0", composed + "\u200d"]
    assert len({key.encode() for key in keys}) == len(keys)
    for key in keys * 2:
        client.allocate(unharmed.admin.token, person.account, key=key, credits=1)
    available = client.balance(person.token, person.account).balance.available_micros
    assert available == len(keys) * 10**6


def test_no_two_ids_on_the_wire_are_one_account(unharmed):
    """Pairs that differ in a byte, a case, a blank or a form of Unicode: where both are accepted
    they are two accounts, and what is no id is refused by name.
    """
    client, token = unharmed.client, unharmed.admin.token
    person = unharmed.newcomer(credits=1)
    dice = random.Random(7)
    lawful = "abcXYZ019_.:-"
    for _ in range(20_000 if IS_LONG else 500):
        twin = list(person.account)
        at = dice.randrange(len(twin) + 1)
        kind = dice.randrange(3)
        extra = dice.choice(lawful + " \0\t/%\u00e9\u0301\u212a\uff41")
        if kind == 0 and at < len(twin):
            twin[at] = extra
        elif kind == 1 and at < len(twin):
            twin[at] = twin[at].swapcase()
        else:
            twin.insert(at, extra)
        name = "".join(twin)
        if name == person.account:
            continue
        try:
            balance = client.balance(token, name).balance
            assert name.isascii() and all(one.isalnum() or one in "_.:-" for one in name), name
            assert balance.available_micros == 0, name
        except grpc.RpcError as error:
            refusal = Refusal.of(error)
            assert refusal.code in ("INVALID_ARGUMENT", "NOT_FOUND"), f"{name!r}: {refusal}"
