"""Calls of the accounting contract by name, and accounts with something in them to call about."""

import uuid
from datetime import datetime, timedelta, timezone

from calls import refused
from farebox_client import CALL_SECONDS_MAX, bearer
from google.protobuf.message_factory import GetMessageClass


def contract(world, service="accounting"):
    """The descriptor of one service."""
    (descriptor,) = getattr(world.client, service).DESCRIPTOR.services_by_name.values()
    return descriptor


def message(world, rpc, fields, service="accounting"):
    """The request of a method with these fields."""
    return GetMessageClass(contract(world, service).methods_by_name[rpc].input_type)(**fields)


def call(world, rpc, person=None, service="accounting", **fields):
    """What a method answers to somebody, or to nobody; a call object where it streams."""
    stub = getattr(getattr(world.client, f"{service}_stub"), rpc)
    options = bearer(person.token) if person else {"timeout": CALL_SECONDS_MAX}
    return stub(message(world, rpc, fields, service), **options)


def refusal(world, rpc, person=None, service="accounting", **fields):
    """Why a method refuses somebody; fails the test when it answers."""
    streams = contract(world, service).methods_by_name[rpc].server_streaming

    def ask():
        answer = call(world, rpc, person, service, **fields)
        return list(answer) if streams else answer

    return refused(ask)


def mutates(world, rpc):
    """Whether a method takes an idempotency key."""
    return "idempotency_key" in contract(world).methods_by_name[rpc].input_type.fields_by_name


def without_replay(answer):
    """The answer as if it were the first one, in batches too."""
    copy = type(answer)()
    copy.CopyFrom(answer)
    for part in [copy, *(one.charged for one in getattr(copy, "results", ()))]:
        if "replayed" in part.DESCRIPTOR.fields_by_name and part.replayed:
            part.replayed = False
    return copy


def in_hours(hours):
    """An instant as seconds from now on, in whole seconds."""
    moment = datetime.now(timezone.utc) + timedelta(hours=hours)
    return {"seconds": int(moment.timestamp())}


def pins(record):
    """Which allocations paid, in order."""
    return [(pin.allocation_id, pin.amount_micros) for pin in record.pins]


class Scene:
    """An account that no other test knows, without a user; calls about it are an administrator's
    unless another caller is named.
    """

    def __init__(self, world):
        self.world = world
        self.account = f"scene-{uuid.uuid4().hex[:16]}"

    def call(self, rpc, by=None, **fields):
        return call(self.world, rpc, by or self.world.admin, **self.complete(rpc, fields))

    def refusal(self, rpc, by=None, **fields):
        return refusal(self.world, rpc, by or self.world.admin, **self.complete(rpc, fields))

    def reason(self, rpc, **fields):
        """Status and reason of a refusal, for comparing at one glance."""
        refusal = self.refusal(rpc, **fields)
        return refusal.code, refusal.reason

    def message(self, rpc, **fields):
        return message(self.world, rpc, self.complete(rpc, fields))

    def balance(self):
        """Available, held and owed micro-credits."""
        balance = self.call("GetBalance").balance
        assert balance.total_micros == balance.available_micros + balance.held_micros
        return balance.available_micros, balance.held_micros, balance.debt_micros

    def allocate(self, micros, **fields):
        return self.call("AllocateCredits", credit_micros=micros, **fields).allocation

    def hold(self, micros, **fields):
        return self.call("OpenHold", credit_micros=micros, **fields).hold

    def deduct(self, micros, **fields):
        return self.call("DeductCredits", credit_micros=micros, **fields).usage

    def put_price(self, **rates):
        """A model that only this test knows, at this price."""
        model = f"model-{uuid.uuid4().hex[:16]}"
        return self.call("PutPrice", price={"model": model, **rates}).price

    def overdraft(self, micros):
        self.call("SetAccountState", overdraft_limit_micros=micros)

    def complete(self, rpc, fields):
        """Adds a fresh key and the account, where the request has them and they are not given."""
        known = contract(self.world).methods_by_name[rpc].input_type.fields_by_name
        if "idempotency_key" in known:
            fields = {"idempotency_key": uuid.uuid4().hex, **fields}
        if "account_id" in known and not fields.get("all_accounts"):
            fields = {"account_id": self.account, **fields}
        return fields
