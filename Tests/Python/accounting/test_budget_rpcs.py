"""Budgets: what counts against them, and what they stop."""

from datetime import datetime, timedelta, timezone

import pytest
from money import CREDIT
from rpc_coverage import covers
from scene import Scene


@pytest.fixture
def scene(world):
    return Scene(world)


def state(budget):
    return budget.used_micros, budget.held_micros, budget.remaining_micros


@covers("SetBudget")
def test_a_budget_stops_what_would_exceed_it_and_says_so(scene):
    ledger = scene.world.client.ledger
    answer = scene.call("SetBudget", limit_micros=500)
    budget = answer.budget
    assert budget.budget_id == f"b{answer.as_of_seq}" and budget.account_id == scene.account
    assert (budget.limit_micros, state(budget)) == (500, (0, 0, 500))
    assert budget.WhichOneof("window") is None and not budget.HasField("resets_at")

    scene.allocate(CREDIT)
    scene.deduct(300)
    hold = scene.hold(150)
    question = scene.call("CheckCredits", credit_micros=51)
    assert (question.sufficient, question.decision) == (False, ledger.DECISION_BUDGET_EXCEEDED)
    assert (question.shortfall_micros, question.available_micros) == (1, CREDIT - 450)
    assert state(question.tightest_budget) == (300, 150, 50)
    assert scene.call("CheckCredits", credit_micros=50).sufficient

    for rpc, fields in (("OpenHold", {}), ("DeductCredits", {"over_policy": "OVER_POLICY_REJECT"})):
        refusal = scene.refusal(rpc, credit_micros=51, **fields)
        assert (refusal.code, refusal.reason) == ("FAILED_PRECONDITION", "BUDGET_EXCEEDED")
        attached = refusal.attached(scene.world.client.accounting.CheckCreditsResponse)
        assert attached.tightest_budget.budget_id == budget.budget_id
    charge = scene.deduct(70)
    assert (charge.charged_micros, charge.uncollected_micros) == (50, 20)
    scene.call("SettleHold", hold_id=hold.hold_id, credit_micros=100)

    # The hold gave 50 back; a higher limit keeps what was counted.
    answer = scene.call("SetBudget", budget_id=budget.budget_id, limit_micros=600)
    assert state(answer.budget) == (450, 0, 150)
    answer = scene.call("SetBudget", budget_id=budget.budget_id, limit_micros=0)
    assert state(answer.budget) == (450, 0, 0), "a limit below what counts is lawful"


@covers("SetBudget")
def test_only_the_work_of_its_scope_counts_and_observers_stop_nothing(scene):
    scene.allocate(1_000)
    session = scene.call("SetBudget", limit_micros=10, session_id="s-1").budget
    watched = scene.call("SetBudget", limit_micros=1, mode="BUDGET_MODE_OBSERVE").budget
    scene.deduct(100, session_id="s-2")
    charge = scene.deduct(100, session_id="s-1")
    assert (charge.charged_micros, charge.uncollected_micros) == (10, 90)
    budgets = {one.budget_id: state(one) for one in scene.call("ListBudgets").budgets}
    assert budgets == {session.budget_id: (10, 0, 0), watched.budget_id: (110, 0, 0)}


@covers("ListBudgets")
def test_budgets_are_listed_with_their_windows_until_they_are_taken_away(scene):
    scene.allocate(1_000)
    before = datetime.now(timezone.utc)
    day = scene.call("SetBudget", limit_micros=100, calendar={"period": "CALENDAR_PERIOD_DAY"})
    rolling = scene.call("SetBudget", limit_micros=200, rolling={"seconds": 3_600})
    scene.deduct(60)
    listed = scene.call("ListBudgets").budgets
    after = datetime.now(timezone.utc)
    assert [one.budget_id for one in listed] == [day.budget.budget_id, rolling.budget.budget_id]
    assert [state(one) for one in listed] == [(60, 0, 40), (60, 0, 140)]
    assert listed[0].calendar.zone == "UTC" and listed[1].rolling.seconds == 3_600
    midnights = [
        (moment + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        for moment in (before, after)
    ]
    assert listed[0].resets_at.seconds in [int(moment.timestamp()) for moment in midnights]
    assert not listed[1].HasField("resets_at")
    scene.call(
        "SetBudget",
        budget_id=day.budget.budget_id,
        limit_micros=100,
        mode="BUDGET_MODE_OFF",
        calendar={"period": "CALENDAR_PERIOD_DAY"},
    )
    listed = scene.call("ListBudgets").budgets
    assert [one.budget_id for one in listed] == [rolling.budget.budget_id]
