"""Prices, questions, charges and refunds, against costs that are computed here."""

import pytest
from money import CREDIT, affordable, cost
from rpc_coverage import covers
from scene import Scene, in_hours, pins

RATES = {
    "input_micros_per_million": 3_000_001,
    "output_micros_per_million": 15_000_007,
    "cached_input_micros_per_million": 300_003,
    "reasoning_micros_per_million": 7_000_001,
    "per_call_micros": 11,
    "minimum_micros": 100,
}
TOKENS = {
    "input_tokens": 1234,
    "output_tokens": 567,
    "cached_input_tokens": 89,
    "reasoning_tokens": 10,
}


@pytest.fixture
def scene(world):
    return Scene(world)


def is_price(price, rates):
    return all(getattr(price, name) == rate for name, rate in rates.items())


@covers("QuoteUsage")
def test_a_quote_is_the_exact_sum_rounded_up_once(scene):
    model = scene.put_price(**RATES).model
    answer = scene.call("QuoteUsage", usage={"model": model, **TOKENS})
    assert answer.cost_micros == cost(RATES, **TOKENS) == 12_315
    assert answer.price.model == model and is_price(answer.price, RATES)
    least = scene.call("QuoteUsage", usage={"model": model, "output_tokens": 1})
    assert least.cost_micros == 100
    free = scene.put_price().model
    answer = scene.call("QuoteUsage", by=scene.world.user, usage={"model": free, **TOKENS})
    assert answer.cost_micros == 1, "a priced call costs at least 1"


@covers("PutPrice", "ListPrices")
def test_versions_of_a_price_apply_from_their_instant_on_and_stay_readable(scene):
    first = scene.put_price(**RATES)
    model, later = first.model, in_hours(1)
    assert is_price(first, RATES)
    put = scene.call(
        "PutPrice",
        price={"model": model, "effective_from": later, "output_micros_per_million": 10**15},
    )
    second = put.price
    assert second.version > first.version
    assert second.effective_from.seconds == later["seconds"]
    usage = {"model": model, "output_tokens": 3}
    assert scene.call("QuoteUsage", usage=usage).price.version == first.version
    answer = scene.call("QuoteUsage", usage=usage, at_time=later)
    assert (answer.price.version, answer.cost_micros) == (second.version, 3 * 10**9)
    before = {"seconds": first.effective_from.seconds - 1}
    assert scene.reason("QuoteUsage", usage=usage, at_time=before) == (
        "NOT_FOUND",
        "UNKNOWN_MODEL",
    )

    everything = scene.call("ListPrices", model=model)
    assert [one.version for one in everything.prices] == [first.version, second.version]
    assert everything.prices[0] == first and everything.prices[1] == second
    assert everything.next_page_token == ""
    page = scene.call("ListPrices", model=model, page_size=1)
    assert list(page.prices) == [first]
    page = scene.call("ListPrices", model=model, page_size=1, page_token=page.next_page_token)
    assert list(page.prices) == [second]


@covers("CheckCredits")
def test_the_question_is_answered_with_what_is_missing_and_why(scene):
    ledger = scene.world.client.ledger
    unknown = scene.call("CheckCredits", credits=1)
    assert (unknown.sufficient, unknown.decision) == (False, ledger.DECISION_NO_ACCOUNT)
    assert unknown.shortfall_micros == CREDIT

    scene.allocate(10 * CREDIT)
    hold = scene.hold(4 * CREDIT)
    for amount, sufficient, decision, shortfall in (
        (6 * CREDIT, True, ledger.DECISION_SUFFICIENT, 0),
        (6 * CREDIT + 1, False, ledger.DECISION_HELD, 1),
        (10 * CREDIT, False, ledger.DECISION_HELD, 4 * CREDIT),
        (10 * CREDIT + 1, False, ledger.DECISION_INSUFFICIENT, 4 * CREDIT + 1),
    ):
        answer = scene.call("CheckCredits", by=scene.world.service, credit_micros=amount)
        assert (answer.sufficient, answer.decision) == (sufficient, decision), amount
        assert (answer.required_micros, answer.shortfall_micros) == (amount, shortfall)
        assert (answer.available_micros, answer.held_micros) == (6 * CREDIT, 4 * CREDIT)
        assert answer.account_id == scene.account
        assert answer.soonest_release.seconds - hold.expires_at.seconds in range(0, 6)
        assert not answer.HasField("max_affordable_tokens")

    model = scene.put_price(**RATES).model
    answer = scene.call("CheckCredits", usage={"model": model, **TOKENS})
    assert answer.sufficient and answer.required_micros == cost(RATES, **TOKENS)
    assert answer.max_affordable_tokens == affordable(RATES, 6 * CREDIT, **TOKENS)
    answer = scene.call("CheckCredits", usage={"model": "never-priced", "output_tokens": 1})
    assert answer.decision == ledger.DECISION_UNKNOWN_MODEL and not answer.sufficient
    empty = scene.world.client.accounting.CheckCreditsResponse()
    assert not empty.sufficient and empty.decision == ledger.DECISION_UNSPECIFIED


@covers("DeductCredits")
def test_a_charge_is_taken_in_spending_order_and_covered_as_the_policy_says(scene):
    model = scene.put_price(**RATES).model
    forever = scene.allocate(20_000)
    soon = scene.allocate(5_000, expires_at=in_hours(1))
    first = scene.allocate(3_000, priority=1)
    price = cost(RATES, **TOKENS)
    answer = scene.call(
        "DeductCredits",
        by=scene.world.service,
        usage={"model": model, **TOKENS},
        session_id="s-1",
        request_id="r-1",
        outcome="OUTCOME_COMPLETE",
    )
    charge = answer.usage
    assert charge.usage_id == f"u{charge.seq}" and charge.seq == answer.as_of_seq
    assert (charge.charged_micros, charge.uncollected_micros) == (price, 0)
    assert pins(charge) == [
        (first.allocation_id, 3_000),
        (soon.allocation_id, 5_000),
        (forever.allocation_id, price - 8_000),
    ]
    assert (charge.session_id, charge.request_id, charge.hold_id) == ("s-1", "r-1", "")
    assert charge.outcome == scene.world.client.ledger.OUTCOME_COMPLETE
    assert charge.event_time == charge.charged_at
    left = 28_000 - price
    assert answer.balance.available_micros == left

    for policy, charged in (("OVER_POLICY_CAP", left), ("OVER_POLICY_COVER", 0)):
        charge = scene.deduct(left + 7 if charged else 9, over_policy=policy)
        assert charge.charged_micros == charged
        assert charge.uncollected_micros == (7 if charged else 9)
    assert scene.balance() == (0, 0, 0)
    scene.overdraft(50)
    charge = scene.deduct(60)
    assert (charge.charged_micros, charge.uncollected_micros) == (50, 10)
    assert not charge.pins
    assert scene.balance() == (0, 0, 50)


@covers("DeductCredits")
def test_a_rejected_charge_carries_the_answer_to_the_question(scene):
    scene.allocate(10)
    refusal = scene.refusal("DeductCredits", credit_micros=11, over_policy="OVER_POLICY_REJECT")
    assert (refusal.code, refusal.reason) == ("FAILED_PRECONDITION", "INSUFFICIENT_CREDITS")
    answer = refusal.attached(scene.world.client.accounting.CheckCreditsResponse)
    assert (answer.required_micros, answer.available_micros, answer.shortfall_micros) == (11, 10, 1)
    assert scene.balance() == (10, 0, 0)


@covers("RecordUsage")
def test_a_batch_is_charged_item_by_item(scene):
    model = scene.put_price(**RATES).model
    scene.allocate(20_000)
    price = cost(RATES, **TOKENS)
    lawful = {"account_id": scene.account, "credit_micros": 5}
    items = [
        {**lawful, "idempotency_key": "one"},
        {
            "account_id": scene.account,
            "idempotency_key": "two",
            "usage": {"model": model, **TOKENS},
        },
        {
            "account_id": scene.account,
            "idempotency_key": "three",
            "usage": {"model": "never-priced", "output_tokens": 1},
        },
        {**lawful, "idempotency_key": "four", "credit_micros": 0},
        {**lawful, "idempotency_key": "one", "credit_micros": 6},
        {**lawful, "idempotency_key": "five", "account_id": "never-credited"},
    ]
    # Keys are for ever: this test may have run on the same data before.
    for item in items:
        item["idempotency_key"] += scene.account
    results = scene.call("RecordUsage", by=scene.world.service, items=items).results
    assert [one.WhichOneof("outcome") for one in results] == ["charged"] * 2 + ["refused"] * 4
    assert [one.charged.usage.charged_micros for one in results[:2]] == [5, price]
    assert results[1].charged.balance.available_micros == 20_000 - 5 - price
    assert [(one.refused.code, one.refused.reason, one.refused.field) for one in results[2:]] == [
        (9, "UNKNOWN_MODEL", ""),
        (3, "", "credit_micros"),
        (9, "IDEMPOTENCY_MISMATCH", ""),
        (9, "NO_ACCOUNT", ""),
    ]
    assert all(one.refused.message for one in results[2:])
    again = scene.call("RecordUsage", by=scene.world.service, items=items).results
    assert [one.charged.replayed for one in again[:2]] == [True, True]
    assert [one.charged.usage for one in again[:2]] == [one.charged.usage for one in results[:2]]
    assert list(again[2:]) == list(results[2:])
    assert scene.balance() == (20_000 - 5 - price, 0, 0)


@covers("RefundUsage")
def test_a_refund_goes_back_the_way_the_charge_came(scene):
    first, second = scene.allocate(100), scene.allocate(50)
    scene.overdraft(30)
    charge = scene.deduct(180)
    assert pins(charge) == [(first.allocation_id, 100), (second.allocation_id, 50)]
    assert scene.balance() == (0, 0, 30)

    part = scene.call("RefundUsage", usage_id=charge.usage_id, amount_micros=60, reason="slow")
    assert (part.refunded_micros, part.total_refunded_micros, part.debt_micros) == (60, 60, 30)
    assert [(pin.allocation_id, pin.amount_micros) for pin in part.returned] == [
        (second.allocation_id, 30)
    ]
    assert (part.expired_micros, part.voided_micros, len(part.new_allocations)) == (0, 0, 0)
    assert scene.balance() == (30, 0, 0)

    over = scene.refusal("RefundUsage", usage_id=charge.usage_id, amount_micros=121)
    assert (over.code, over.reason) == ("FAILED_PRECONDITION", "OVER_REFUND")
    scene.call("VoidAllocation", allocation_id=second.allocation_id)
    rest = scene.call("RefundUsage", usage_id=charge.usage_id)
    assert (rest.refunded_micros, rest.total_refunded_micros) == (120, 180)
    assert rest.voided_micros == 20, "lost with the allocation that was voided"
    assert [(pin.allocation_id, pin.amount_micros) for pin in rest.returned] == [
        (first.allocation_id, 100)
    ]
    assert scene.balance() == (100, 0, 0)
    listed = scene.call("ListUsage").usage
    assert [one.refunded_micros for one in listed] == [180]
    assert scene.reason("RefundUsage", usage_id=charge.usage_id)[1] == "OVER_REFUND"


@covers("RefundUsage")
def test_a_fault_of_the_service_is_made_good_for_seven_days(scene):
    grant = scene.allocate(100)
    charge = scene.deduct(40)
    scene.call("VoidAllocation", allocation_id=grant.allocation_id)
    answer = scene.call("RefundUsage", usage_id=charge.usage_id, service_fault=True)
    (made,) = answer.new_allocations
    assert (made.amount_micros, answer.voided_micros, len(answer.returned)) == (40, 0, 0)
    assert getattr(made, "class") == scene.world.client.ledger.ALLOCATION_CLASS_PROMO
    assert made.expires_at.seconds - made.allocated_at.seconds == 7 * 24 * 3600
    assert scene.balance() == (40, 0, 0)
