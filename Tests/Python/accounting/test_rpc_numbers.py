"""Every number of every request at the edges of its range: refused by name, or not for its own
sake; and every text that is an id.
"""

import uuid

import grpc
import pytest
from google.protobuf.descriptor import FieldDescriptor as Field
from refusal import Refusal
from rpc_rows import LAWFUL, caller_of
from scene import Scene, call, contract

AMOUNT, TOKENS, CREDITS = 10**15, 10**12, 10**9
INT32, INT64 = 2**31, 2**63
TIME = {"seconds": (-62_135_596_800, 253_402_300_799), "nanos": (0, 999_999_999)}
NUMERIC = {
    Field.TYPE_INT32: INT32,
    Field.TYPE_INT64: INT64,
}
TOKEN_CLASSES = ("input_tokens", "output_tokens", "cached_input_tokens", "reasoning_tokens")
RATES = (
    "input_micros_per_million",
    "output_micros_per_million",
    "cached_input_micros_per_million",
    "reasoning_micros_per_million",
    "per_call_micros",
    "minimum_micros",
)


def tokens(name, *without):
    """The counts of a usage; another one keeps it from being empty."""
    for one in TOKEN_CLASSES:
        other = "output_tokens" if one != "output_tokens" else "input_tokens"
        base = {**dict.fromkeys(without), name: {"model": "m", other: 1}}
        yield f"{name}.{one}", (0, TOKENS), base


def instants(*names, **base):
    for name in names:
        for part, span in TIME.items():
            yield f"{name}.{part}", span, {**base, name: {"seconds": 5}}


def duration(name, least, most):
    """Nanoseconds have the sign of the seconds: here they are above zero."""
    yield f"{name}.seconds", (least, most), {name: {}}
    yield f"{name}.nanos", (0, 999_999_999), {name: {"seconds": least}}


def amounts(*more):
    yield "credits", (1, CREDITS), {"credit_micros": None}
    yield "credit_micros", (1, AMOUNT), {}
    yield from more


PAGE = ("page_size", (0, 1000), {})
# The range of each number, and what else the request needs for it.
NUMBERS = {
    "AllocateCredits": [
        *amounts(),
        ("priority", (0, 255), {}),
        *instants("effective_at", "expires_at"),
    ],
    "AdjustAllocation": [("priority", (0, 255), {}), *instants("expires_at")],
    "GetBalance": [*instants("at_time")],
    "CheckCredits": [
        *amounts(("required_credits", (1, CREDITS), {"credit_micros": None})),
        *tokens("usage", "credit_micros"),
    ],
    "QuoteUsage": [*tokens("usage"), *instants("at_time")],
    "DeductCredits": [*amounts(*tokens("usage", "credit_micros")), *instants("event_time")],
    "RefundUsage": [("amount_micros", (1, AMOUNT), {})],
    "OpenHold": [
        *amounts(*tokens("usage", "credit_micros")),
        ("min_micros", (1, 12), {}),
        (
            "slice_tokens",
            (1, TOKENS),
            {"credit_micros": None, "usage": {"model": "m", "output_tokens": 1}},
        ),
        *duration("ttl", 5, 900),
    ],
    "ExtendHold": [
        ("used_micros", (0, AMOUNT), {"wanted_micros": None}),
        ("wanted_micros", (0, AMOUNT), {}),
        (
            "wanted_tokens",
            (0, TOKENS),
            {"used_micros": None, "wanted_micros": None, "used_tokens": {"model": "m"}},
        ),
        *tokens("used_tokens", "used_micros", "wanted_micros"),
        *duration("ttl", 5, 900),
    ],
    "SettleHold": [("credit_micros", (0, AMOUNT), {}), *tokens("usage", "credit_micros")],
    "ListHolds": [PAGE],
    "SetAccountState": [("overdraft_limit_micros", (0, AMOUNT), {})],
    "PutPrice": [
        ("price.version", (0, 0), {"price": {"model": "m"}}),
        *((f"price.{rate}", (0, AMOUNT), {"price": {"model": "m"}}) for rate in RATES),
        *(
            (f"price.effective_from.{part}", span, {"price": {"model": "m", "effective_from": {}}})
            for part, span in TIME.items()
        ),
    ],
    "ListPrices": [PAGE],
    "SetBudget": [
        ("limit_micros", (0, AMOUNT), {}),
        *duration("rolling", 60, 366 * 24 * 3600),
    ],
    "SetBalanceAlerts": [("threshold_micros", (0, AMOUNT), {})],
    "ListDeliveries": [PAGE],
    "ListUsage": [PAGE, *instants("from_time", "to_time")],
    "ExportUsage": [*instants("from_time", "to_time")],
    "ListJournal": [PAGE, *instants("from_time", "to_time")],
    "WatchBalance": [("from_seq", (0, None), {})],
    "VerifyLedger": [("from_seq", (0, None), {"to_seq": None}), ("to_seq", (0, None), {})],
}
# Instants that are lawful but come too late or too early are refused by name as well.
BOUND_TO_NOW = ("expires_at", "at_time", "event_time", "to_time")


def leaves(message, path=()):
    """Every number of a message, by its dotted name; batches hold requests of their own."""
    for field in message.fields:
        name = (*path, field.name)
        if field.message_type is not None and not field.is_repeated:
            yield from leaves(field.message_type, name)
        elif field.type in NUMERIC:
            yield ".".join(name), field


def with_value(fields, path, value):
    """The fields with one of them, by its dotted name, changed."""
    first, _, rest = path.partition(".")
    inner = with_value(fields.get(first) or {}, rest, value) if rest else value
    return {name: one for name, one in {**fields, first: inner}.items() if one is not None}


def ask(scene, rpc, fields):
    """Why a method refuses; None when it answers."""
    try:
        answer = call(scene.world, rpc, caller_of(scene.world, rpc), **fields)
        if contract(scene.world).methods_by_name[rpc].server_streaming:
            next(answer)
            answer.cancel()
    except grpc.RpcError as error:
        return Refusal.of(error)
    return None


def edges(least, most, limit):
    """Unlawful and lawful values; the lawful ones last, since they may change the state."""
    top = limit - 1 if most is None else most
    values = {least - 1, -1, -limit, limit - 1, top + 1, 0, 1, least, top}
    values = sorted(value for value in values if -limit <= value < limit)
    is_lawful = {value: least <= value <= top for value in values}
    return sorted(values, key=lambda value: is_lawful[value]), is_lawful


@pytest.mark.parametrize(
    ("rpc", "path", "span", "base"),
    [
        pytest.param(rpc, *row, id=f"{rpc}-{row[0]}")
        for rpc, rows in NUMBERS.items()
        for row in rows
    ],
)
def test_a_number_is_refused_by_name_or_not_for_its_own_sake(world, rpc, path, span, base):
    scene = Scene(world)
    lawful = scene.complete(rpc, {**LAWFUL[rpc](scene), **base})
    method = contract(world).methods_by_name[rpc]
    field = dict(leaves(method.input_type))[path]
    limit = NUMERIC[field.type]
    named = path.removesuffix(".seconds").removesuffix(".nanos")
    values, is_lawful = edges(*span, limit)
    before = scene.call("ListJournal").entries
    for value in values:
        fields = with_value(lawful, path, [value] if field.is_repeated else value)
        if "idempotency_key" in fields:
            fields["idempotency_key"] = uuid.uuid4().hex
        refusal = ask(scene, rpc, fields)
        told = (path, value, str(refusal))
        if not is_lawful[value]:
            assert refusal is not None and refusal.code == "INVALID_ARGUMENT", told
            assert refusal.fields == (named,), told
            assert scene.call("ListJournal").entries == before, "something happened"
        elif span[1] is not None and named not in BOUND_TO_NOW:
            assert refusal is None or named not in refusal.fields, told


def test_every_number_has_its_range(world):
    for method in contract(world).methods:
        numbers = {path for path, _ in leaves(method.input_type)}
        listed = {path for path, _, _ in NUMBERS.get(method.name, [])}
        assert numbers == listed, method.name


# Texts that are ids


BAD_IDS = ["a" * 65, "with blank", "nul\0", "ümlaut", "a/b", "a\nb", "\u202e", "'; drop table--"]
ID_FIELDS = ("account_id", "session_id", "request_id", "model", "models")
LEDGER_IDS = ("hold_id", "allocation_id", "usage_id", "budget_id", "decision_id")
OTHER_IDS = ("event_id", "webhook_id")


def texts(message, path=()):
    for field in message.fields:
        if field.message_type is not None and not field.is_repeated:
            yield from texts(field.message_type, (*path, field.name))
        elif field.name in (*ID_FIELDS, *LEDGER_IDS, *OTHER_IDS):
            yield ".".join((*path, field.name)), field.is_repeated


def test_bad_ids_are_refused_by_name(world):
    seen = 0
    for method in contract(world).methods:
        for path, is_repeated in texts(method.input_type):
            scene = Scene(world)
            fields = scene.complete(method.name, LAWFUL[method.name](scene))
            if ".model" in path:
                # A usage in place of the amount; it needs a count.
                usage = path.partition(".")[0]
                if usage != "price":
                    base = {"credit_micros": None, "used_micros": None, "wanted_micros": None}
                    fields = {**fields, **base, usage: {"output_tokens": 1}}
            for text in BAD_IDS:
                changed = with_value(fields, path, [text] if is_repeated else text)
                refusal = ask(scene, method.name, changed)
                told = (method.name, path, text, str(refusal))
                assert refusal is not None and refusal.code == "INVALID_ARGUMENT", told
                assert refusal.fields == (path,), told
                seen += 1
    assert seen > 200
