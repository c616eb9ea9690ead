"""Credit that is granted, changed and taken back, and the balance that comes of it."""

import pytest
from money import CREDIT
from rpc_coverage import covers
from scene import Scene, in_hours


@pytest.fixture
def scene(world):
    return Scene(world)


def shown(balance):
    return balance.available_micros, balance.held_micros, balance.debt_micros, balance.total_micros


@covers("AllocateCredits")
def test_a_grant_is_kept_as_asked_and_repays_debt_first(scene):
    model = scene.put_price(output_micros_per_million=1).model
    until = in_hours(2)
    asked = {"class": "ALLOCATION_CLASS_PROMO", "expires_at": until, "models": [model]}
    answer = scene.call("AllocateCredits", credits=7, priority=20, notes="welcome", **asked)
    granted = answer.allocation
    assert granted.allocation_id == f"a{answer.as_of_seq}"
    assert (granted.account_id, granted.amount_micros) == (scene.account, 7 * CREDIT)
    assert getattr(granted, "class") == scene.world.client.ledger.ALLOCATION_CLASS_PROMO
    assert (granted.priority, granted.notes, list(granted.models)) == (20, "welcome", [model])
    assert granted.expires_at.seconds == until["seconds"]
    assert granted.effective_at == granted.allocated_at
    assert granted.allocated_by == scene.world.admin.account
    assert granted.available_micros == 7 * CREDIT
    assert granted.held_micros == granted.spent_micros == granted.expired_micros == 0
    assert shown(answer.balance) == (7 * CREDIT, 0, 0, 7 * CREDIT)
    assert answer.debt_repaid_micros == 0

    # The grant is for one model only: an amount is all debt.
    scene.overdraft(5 * CREDIT)
    charged = scene.deduct(2 * CREDIT)
    assert (charged.charged_micros, charged.uncollected_micros) == (2 * CREDIT, 0)
    assert scene.balance() == (7 * CREDIT, 0, 2 * CREDIT)
    answer = scene.call("AllocateCredits", credit_micros=3 * CREDIT + 1)
    assert answer.debt_repaid_micros == 2 * CREDIT
    assert answer.allocation.available_micros == CREDIT + 1
    assert answer.allocation.spent_micros == 2 * CREDIT
    assert answer.allocation.priority == 100
    assert shown(answer.balance) == (8 * CREDIT + 1, 0, 0, 8 * CREDIT + 1)


@covers("AdjustAllocation")
def test_other_terms_change_what_is_spent_first_and_when_it_ends(scene):
    first, second = scene.allocate(5 * CREDIT), scene.allocate(6 * CREDIT)
    spent = [one.allocation_id for one in scene.call("GetBalance").active_allocations]
    assert spent == [first.allocation_id, second.allocation_id]
    until = in_hours(3)
    answer = scene.call(
        "AdjustAllocation", allocation_id=second.allocation_id, priority=1, expires_at=until
    )
    assert (answer.allocation.priority, answer.allocation.expires_at.seconds) == (
        1,
        until["seconds"],
    )
    assert answer.allocation.available_micros == 6 * CREDIT
    assert shown(answer.balance) == (11 * CREDIT, 0, 0, 11 * CREDIT)
    now = scene.call("GetBalance")
    spent = [one.allocation_id for one in now.active_allocations]
    assert spent == [second.allocation_id, first.allocation_id]
    assert now.next_expiry.seconds == until["seconds"]
    charge = scene.deduct(7 * CREDIT)
    assert [(pin.allocation_id, pin.amount_micros) for pin in charge.pins] == [
        (second.allocation_id, 6 * CREDIT),
        (first.allocation_id, CREDIT),
    ]
    answer = scene.call("AdjustAllocation", allocation_id=first.allocation_id, never_expires=True)
    assert not answer.allocation.HasField("expires_at")
    assert answer.allocation.priority == 100


@covers("VoidAllocation")
def test_what_is_taken_back_leaves_open_holds_what_is_theirs(scene):
    grant = scene.allocate(10 * CREDIT)
    hold = scene.hold(4 * CREDIT)
    answer = scene.call("VoidAllocation", allocation_id=grant.allocation_id, reason="a mistake")
    assert answer.voided_micros == 6 * CREDIT
    left = answer.allocation
    assert (left.available_micros, left.held_micros, left.voided_micros, left.voided) == (
        0,
        4 * CREDIT,
        6 * CREDIT,
        True,
    )
    assert shown(answer.balance) == (0, 4 * CREDIT, 0, 4 * CREDIT)
    settled = scene.call("SettleHold", hold_id=hold.hold_id, credit_micros=CREDIT)
    assert settled.usage.charged_micros == CREDIT
    assert settled.returned_micros == 0, "what the hold gives back is taken back too"
    assert shown(settled.balance) == (0, 0, 0, 0)


@covers("GetBalance")
def test_the_balance_now_and_at_past_instants(scene):
    assert scene.balance() == (0, 0, 0), "an account that never received credit"
    until = in_hours(1)
    first = scene.allocate(5 * CREDIT, expires_at=until)
    second = scene.allocate(3 * CREDIT)
    charge = scene.deduct(CREDIT)
    scene.hold(2 * CREDIT)
    now = scene.call("GetBalance")
    assert shown(now.balance) == (5 * CREDIT, 2 * CREDIT, 0, 7 * CREDIT)
    assert now.balance.account_id == scene.account
    parts = [
        (one.allocation_id, one.available_micros, one.held_micros, one.spent_micros)
        for one in now.active_allocations
    ]
    # The one that ends sooner is spent first.
    assert parts == [
        (first.allocation_id, 2 * CREDIT, 2 * CREDIT, CREDIT),
        (second.allocation_id, 3 * CREDIT, 0, 0),
    ]
    assert now.next_expiry.seconds == until["seconds"]
    for instant, available in (
        (first.allocated_at, 5 * CREDIT),
        (second.allocated_at, 8 * CREDIT),
        (charge.charged_at, 7 * CREDIT),
    ):
        past = scene.call("GetBalance", at_time=instant)
        assert shown(past.balance) == (available, 0, 0, available)
    before = scene.call("GetBalance", at_time={"seconds": first.allocated_at.seconds - 1})
    assert shown(before.balance) == (0, 0, 0, 0)
    assert not before.active_allocations


@covers("GetBalance")
def test_a_user_asks_for_the_own_balance_without_naming_it(world):
    person = world.newcomer(credits=9)
    own = Scene(world)
    own.account = ""
    answer = own.call("GetBalance", by=person)
    assert answer.balance.account_id == person.account
    assert answer.balance.available_micros == 9 * CREDIT


@covers("SetAccountState")
def test_frozen_and_closed_accounts_and_the_overdraft(scene):
    grant = scene.allocate(2 * CREDIT)
    hold = scene.hold(CREDIT)
    answer = scene.call(
        "SetAccountState", state="ACCOUNT_STATE_FROZEN", overdraft_limit_micros=3 * CREDIT
    )
    assert answer.state == scene.world.client.ledger.ACCOUNT_STATE_FROZEN
    assert answer.overdraft_limit_micros == 3 * CREDIT
    assert shown(answer.balance) == (CREDIT, CREDIT, 0, 2 * CREDIT)
    frozen = ("FAILED_PRECONDITION", "ACCOUNT_FROZEN")
    assert scene.reason("DeductCredits", credit_micros=1) == frozen
    assert scene.reason("OpenHold", credit_micros=1) == frozen
    scene.call("SettleHold", hold_id=hold.hold_id, credit_micros=CREDIT)
    scene.allocate(CREDIT)
    assert scene.balance() == (2 * CREDIT, 0, 0)

    answer = scene.call("SetAccountState", state="ACCOUNT_STATE_CLOSED")
    assert answer.overdraft_limit_micros == 3 * CREDIT, "what is left out stays as it is"
    closed = ("FAILED_PRECONDITION", "ACCOUNT_CLOSED")
    assert scene.reason("AllocateCredits", credits=1) == closed
    assert scene.reason("DeductCredits", credit_micros=1) == closed
    assert scene.reason("AdjustAllocation", allocation_id=grant.allocation_id, priority=1) == closed

    scene.call("SetAccountState", state="ACCOUNT_STATE_ACTIVE")
    charge = scene.deduct(6 * CREDIT)
    assert charge.charged_micros == 5 * CREDIT, "2 of credit and 3 of overdraft"
    assert charge.uncollected_micros == CREDIT
    assert scene.balance() == (0, 0, 3 * CREDIT)
