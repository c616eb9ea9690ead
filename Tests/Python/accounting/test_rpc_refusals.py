"""The first refusals of every method of accounting, in the order that the contract gives."""

import grpc
import pytest
from calls import refused
from farebox_client import bearer
from rpc_rows import CALLERS, LAWFUL, OTHER_BODY, UNKNOWN_IDS, WRONG_FIELDS, caller_of
from scene import Scene, call, contract, refusal, without_replay

ROLES = ("user", "admin", "service", "auditor")


@pytest.fixture
def scene(world):
    return Scene(world)


def lawful(scene, rpc):
    return scene.complete(rpc, LAWFUL[rpc](scene))


def changed(fields, changes):
    merged = {**fields, **changes}
    return {name: value for name, value in merged.items() if value is not None}


@pytest.mark.parametrize("rpc", CALLERS)
def test_a_stranger_is_told_nothing_else(world, rpc):
    """The request is empty, so that everything else is wrong as well."""
    seen = refusal(world, rpc)
    assert (seen.code, seen.reason) == ("UNAUTHENTICATED", "TOKEN_MISSING")
    assert seen.domain == "farebox" and not seen.fields


@pytest.mark.parametrize("rpc", CALLERS)
def test_a_caller_without_the_role_is_told_nothing_else(world, rpc):
    allowed = CALLERS[rpc].split()
    for role in ROLES:
        if role in allowed:
            continue
        is_own = role == "user" and "self" in allowed
        fields = {"account_id": "somebody-else"} if is_own else {}
        seen = refusal(world, rpc, getattr(world, role), **fields)
        reason = "ACCOUNT_FORBIDDEN" if is_own else "ROLE_REQUIRED"
        assert (seen.code, seen.reason) == ("PERMISSION_DENIED", reason), role
        assert not seen.fields


@pytest.mark.parametrize("rpc", [rpc for rpc, who in CALLERS.items() if "self" in who.split()])
def test_anothers_account_looks_like_one_that_never_was(world, rpc):
    other = world.newcomer(credits=1)
    seen = [
        refusal(world, rpc, world.user, account_id=account)
        for account in (other.account, "account-that-never-was")
    ]
    assert seen[0] == seen[1]
    assert seen[0].code == "PERMISSION_DENIED"


@pytest.mark.parametrize("rpc", ["ListUsage", "ExportUsage", "ListJournal"])
def test_a_user_does_not_see_all_accounts(world, rpc):
    seen = refusal(world, rpc, world.user, all_accounts=True)
    assert (seen.code, seen.reason) == ("PERMISSION_DENIED", "ACCOUNT_FORBIDDEN")


@pytest.mark.parametrize(
    ("rpc", "changes", "field"),
    [
        pytest.param(rpc, changes, field, id=f"{rpc}-{place}-{field}")
        for rpc, rows in WRONG_FIELDS.items()
        for place, (changes, field) in enumerate(rows)
    ],
)
def test_a_wrong_field_is_named(scene, rpc, changes, field):
    fields = changed(lawful(scene, rpc), changes)
    seen = refusal(scene.world, rpc, caller_of(scene.world, rpc), **fields)
    assert seen.code == "INVALID_ARGUMENT", str(seen)
    assert seen.fields == (field,)
    assert seen.message


@pytest.mark.parametrize(
    ("rpc", "changes", "reason"), [pytest.param(*row, id=row[0]) for row in UNKNOWN_IDS]
)
def test_what_was_never_given_out_is_not_found(scene, rpc, changes, reason):
    fields = changed(lawful(scene, rpc), changes)
    seen = refusal(scene.world, rpc, caller_of(scene.world, rpc), **fields)
    assert (seen.code, seen.reason) == ("NOT_FOUND", reason)


def test_the_budget_of_another_account_looks_like_none(scene):
    other = Scene(scene.world)
    budget = other.call("SetBudget", limit_micros=5).budget.budget_id
    seen = [
        scene.refusal("SetBudget", limit_micros=6, budget_id=one) for one in (budget, "b999999999")
    ]
    assert seen[0] == seen[1]
    assert other.call("ListBudgets").budgets[0].limit_micros == 5


@pytest.mark.parametrize("rpc", OTHER_BODY)
def test_a_key_stands_for_one_body(scene, rpc):
    """The answer again, apart from `replayed`; a wrong field before the mismatch, the mismatch
    before the state.
    """
    person, fields = caller_of(scene.world, rpc), lawful(scene, rpc)
    first = call(scene.world, rpc, person, **fields)
    again = call(scene.world, rpc, person, **fields)
    assert again.replayed and not first.replayed
    assert without_replay(again) == first

    wrong, field = next(row for row in WRONG_FIELDS[rpc] if "idempotency_key" not in row[0])
    seen = refusal(scene.world, rpc, person, **changed(fields, wrong))
    assert (seen.code, seen.fields) == ("INVALID_ARGUMENT", (field,))
    seen = refusal(scene.world, rpc, person, **changed(fields, OTHER_BODY[rpc]))
    assert (seen.code, seen.reason) == ("FAILED_PRECONDITION", "IDEMPOTENCY_MISMATCH")
    assert without_replay(call(scene.world, rpc, person, **fields)) == first


def test_keys_are_each_callers_own(scene):
    fields = {"idempotency_key": "shared " + scene.account, "credit_micros": 1}
    scene.allocate(10)
    for person in (scene.world.admin, scene.world.service):
        assert not scene.call("DeductCredits", by=person, **fields).replayed
    assert scene.balance() == (8, 0, 0)


def test_a_refusal_of_the_ledger_is_answered_again(scene):
    scene.allocate(10)
    fields = {"idempotency_key": "refused " + scene.account, "credit_micros": 11}
    first = scene.refusal("OpenHold", **fields)
    assert first.reason == "INSUFFICIENT_CREDITS"
    scene.allocate(10)
    assert scene.refusal("OpenHold", **fields) == first
    assert scene.balance() == (20, 0, 0)


@pytest.mark.parametrize(
    ("rpc", "fields", "reason"),
    [
        ("DeductCredits", {"credit_micros": 1}, "NO_ACCOUNT"),
        ("OpenHold", {"credit_micros": 1}, "NO_ACCOUNT"),
    ],
)
def test_an_account_that_never_received_credit_pays_for_nothing(scene, rpc, fields, reason):
    assert scene.reason(rpc, **fields) == ("FAILED_PRECONDITION", reason)


@pytest.mark.parametrize("rpc", ["DeductCredits", "OpenHold"])
def test_the_refusals_of_a_charge_come_in_their_order(scene, rpc):
    """Each cure uncovers the next refusal: standing, price, debt or credit, budget."""
    unpriced = {"usage": {"model": "never-priced", "output_tokens": 1}}
    dear = scene.put_price(output_micros_per_million=10**15).model
    overflow = {"usage": {"model": dear, "output_tokens": 10**12}}
    reject = {"over_policy": "OVER_POLICY_REJECT"} if rpc == "DeductCredits" else {}

    def reason(**fields):
        return scene.refusal(rpc, **reject, **fields).reason

    assert reason(**unpriced) == "NO_ACCOUNT"
    scene.overdraft(5)
    scene.call("SetBudget", limit_micros=1)
    scene.call("SetAccountState", state="ACCOUNT_STATE_CLOSED")
    assert reason(**unpriced) == "ACCOUNT_CLOSED"
    scene.call("SetAccountState", state="ACCOUNT_STATE_FROZEN")
    assert reason(**unpriced) == "ACCOUNT_FROZEN"
    scene.call("SetAccountState", state="ACCOUNT_STATE_ACTIVE")
    assert reason(**unpriced) == "UNKNOWN_MODEL"
    assert scene.refusal(rpc, **reject, **overflow).code == "OUT_OF_RANGE"
    assert reason(**overflow) == "COST_OVERFLOW"
    scene.deduct(1)
    scene.overdraft(0)
    if rpc == "OpenHold":
        assert reason(credit_micros=100) == "IN_DEBT"
    scene.allocate(11)
    assert scene.balance() == (10, 0, 0)
    assert reason(credit_micros=100) == "INSUFFICIENT_CREDITS"
    assert reason(credit_micros=10) == "BUDGET_EXCEEDED"


def test_the_refusals_of_a_grant_come_in_their_order(scene):
    scene.call("SetAccountState", state="ACCOUNT_STATE_CLOSED")
    past = scene.refusal("AllocateCredits", credits=1, expires_at={"seconds": 1})
    assert (past.code, past.fields) == ("INVALID_ARGUMENT", ("expires_at",))
    assert scene.reason("AllocateCredits", credits=1)[1] == "ACCOUNT_CLOSED"
    scene.call("SetAccountState", state="ACCOUNT_STATE_ACTIVE")
    scene.allocate(10**15)
    assert scene.reason("AllocateCredits", credit_micros=1) == ("OUT_OF_RANGE", "BALANCE_OVERFLOW")


def test_an_allocation_that_is_over_is_not_changed(scene):
    spent, voided = scene.allocate(5), scene.allocate(6)
    scene.deduct(5)
    scene.call("VoidAllocation", allocation_id=voided.allocation_id)
    ended = ("FAILED_PRECONDITION", "ALLOCATION_ENDED")
    for grant in (spent, voided):
        fields = {"allocation_id": grant.allocation_id}
        assert scene.reason("VoidAllocation", **fields) == ended
        assert scene.reason("AdjustAllocation", priority=1, **fields) == ended


def test_a_hold_takes_work_of_its_own_model_only(scene):
    scene.allocate(100)
    model, other = (scene.put_price(output_micros_per_million=10**6).model for _ in range(2))
    usage = {"model": model, "output_tokens": 10}
    hold = scene.call("OpenHold", usage=usage).hold.hold_id
    for rpc, field in (("SettleHold", "usage"), ("ExtendHold", "used_tokens")):
        seen = scene.refusal(rpc, hold_id=hold, **{field: {**usage, "model": other}})
        assert (seen.code, seen.fields) == ("INVALID_ARGUMENT", ("usage.model",))


def test_an_account_has_at_most_32_budgets(scene):
    for limit in range(32):
        scene.call("SetBudget", limit_micros=limit)
    assert scene.reason("SetBudget", limit_micros=1) == ("RESOURCE_EXHAUSTED", "TOO_MANY_BUDGETS")


def test_a_cursor_is_good_for_its_filters_only(scene):
    scene.allocate(10)
    for _ in range(2):
        scene.deduct(1, session_id="s-1")
    token = scene.call("ListUsage", page_size=1, session_id="s-1").next_page_token
    assert token
    for rpc, fields in (("ListUsage", {}), ("ListJournal", {}), ("ListHolds", {})):
        seen = scene.refusal(rpc, page_token=token, **fields)
        assert (seen.code, seen.fields) == ("INVALID_ARGUMENT", ("page_token",)), rpc


def test_one_account_has_at_most_100_watchers(scene):
    """Over two connections: each carries at most 100 calls."""
    scene.allocate(1)
    request, options = scene.message("WatchBalance"), bearer(scene.world.admin.token)
    alone = [("grpc.use_local_subchannel_pool", 1)]
    address = scene.world.addresses["accounting"]
    with (
        grpc.insecure_channel(address, alone) as one,
        grpc.insecure_channel(address, alone) as other,
    ):
        stubs = [type(scene.world.client.accounting_stub)(channel) for channel in (one, other)]
        watches = [stubs[number % 2].WatchBalance(request, **options) for number in range(100)]
        for watch in watches:
            next(watch)
        seen = refused(lambda: next(stubs[0].WatchBalance(request, **options)))
        assert (seen.code, seen.reason) == ("RESOURCE_EXHAUSTED", "TOO_MANY_WATCHERS")


@pytest.mark.parametrize("rpc", LAWFUL)
def test_the_lawful_rows_are_lawful(scene, rpc):
    """What the rows above change is accepted unchanged; else they would prove nothing."""
    answer = call(scene.world, rpc, caller_of(scene.world, rpc), **lawful(scene, rpc))
    if contract(scene.world).methods_by_name[rpc].server_streaming:
        assert next(answer) is not None
        answer.cancel()
