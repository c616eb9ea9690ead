"""Holds from their opening to their one end, with grants and charges computed here."""

import pytest
from money import affordable, cost, renewal
from rpc_coverage import covers
from scene import Scene, pins

RATES = {
    "input_micros_per_million": 3_000_001,
    "output_micros_per_million": 15_000_007,
    "per_call_micros": 11,
}
INPUT = 2


@pytest.fixture
def scene(world):
    return Scene(world)


@pytest.fixture
def model(scene):
    return scene.put_price(**RATES).model


def price(output):
    return cost(RATES, input_tokens=INPUT, output_tokens=output)


def work(model, output):
    return {"model": model, "input_tokens": INPUT, "output_tokens": output}


def state(scene, name):
    return scene.world.client.ledger.HoldState.Value(f"HOLD_STATE_{name}")


@covers("OpenHold")
def test_a_hold_sets_the_estimate_aside(scene, model):
    first, second = scene.allocate(5_000), scene.allocate(10_000)
    answer = scene.call(
        "OpenHold", by=scene.world.service, usage=work(model, 400), session_id="s-2"
    )
    hold, granted = answer.hold, price(400)
    assert hold.hold_id == f"h{answer.as_of_seq}" and hold.account_id == scene.account
    assert (hold.state, hold.granted_micros) == (state(scene, "OPEN"), granted)
    assert pins(hold) == [(first.allocation_id, 5_000), (second.allocation_id, granted - 5_000)]
    assert (hold.model, hold.session_id, hold.reported_micros) == (model, "s-2", 0)
    assert hold.price_version > 0
    assert answer.expires_in.seconds == 60
    assert hold.expires_at.seconds - hold.opened_at.seconds == 60
    assert hold.max_until.seconds - hold.opened_at.seconds == 24 * 3600
    assert not hold.HasField("ended_at")
    tokens = affordable(RATES, granted, input_tokens=INPUT)
    assert answer.granted_tokens == tokens == 400
    assert answer.renew_at_tokens == renewal(0, tokens)
    assert answer.renew_at_micros == renewal(0, granted)
    assert not answer.final_slice
    assert scene.balance() == (15_000 - granted, granted, 0)


@covers("OpenHold")
def test_a_smaller_grant_is_taken_only_down_to_the_minimum(scene):
    scene.allocate(1_000)
    refusal = scene.refusal("OpenHold", credit_micros=1_500, min_micros=1_001)
    assert (refusal.code, refusal.reason) == ("FAILED_PRECONDITION", "INSUFFICIENT_CREDITS")
    answer = refusal.attached(scene.world.client.accounting.CheckCreditsResponse)
    assert (answer.required_micros, answer.shortfall_micros) == (1_500, 500)
    assert scene.balance() == (1_000, 0, 0)
    answer = scene.call("OpenHold", credit_micros=1_500, min_micros=1_000, ttl={"seconds": 5})
    assert (answer.hold.granted_micros, answer.final_slice) == (1_000, True)
    assert answer.expires_in.seconds == 5
    assert not answer.HasField("granted_tokens")


@covers("ExtendHold")
def test_slices_are_added_to_what_was_reported_until_credit_runs_out(scene, model):
    scene.allocate(price(50))
    opened = scene.call("OpenHold", usage=work(model, 100), slice_tokens=20)
    assert (opened.hold.granted_micros, opened.granted_tokens) == (price(20), 20)
    assert opened.renew_at_tokens == 15

    def extend(used, wanted, **fields):
        return scene.call(
            "ExtendHold",
            by=scene.world.service,
            hold_id=opened.hold.hold_id,
            used_tokens=work(model, used),
            wanted_tokens=wanted,
            **fields,
        )

    warnings = scene.world.client.accounting.DESCRIPTOR.pool.FindEnumTypeByName(
        "farebox.accounting.v1.CreditWarning"
    ).values_by_name
    second = extend(15, 20, ttl={"seconds": 120})
    assert (second.hold.granted_micros, second.granted_tokens) == (price(35), 35)
    assert second.hold.reported_micros == price(15)
    assert (second.renew_at_tokens, second.renew_at_micros) == (
        renewal(15, 35),
        renewal(price(15), price(35)),
    )
    assert second.expires_in.seconds == 120
    assert 100 * price(15) < 80 * price(50)
    assert second.warning == warnings["CREDIT_WARNING_UNSPECIFIED"].number
    assert not second.final_slice
    assert second.balance.available_micros == price(50) - price(35)

    last = extend(42, 20)
    assert (last.hold.granted_micros, last.granted_tokens) == (price(50), 50)
    assert last.final_slice
    share = 100 * price(42) // price(50)
    assert 80 <= share < 95
    assert last.warning == warnings["CREDIT_WARNING_LOW"].number
    assert scene.balance() == (0, price(50), 0)
    end = extend(50, 0)
    assert end.warning == warnings["CREDIT_WARNING_CRITICAL"].number
    assert not end.final_slice, "nothing more was wanted"
    settled = scene.call("SettleHold", hold_id=opened.hold.hold_id, usage=work(model, 50))
    assert settled.usage.charged_micros == price(50), "slices cost what the whole costs"


@covers("SettleHold")
def test_a_settle_charges_what_the_work_came_to_and_gives_the_rest_back(scene, model):
    grant = scene.allocate(20_000)
    hold = scene.call("OpenHold", usage=work(model, 400)).hold
    answer = scene.call(
        "SettleHold",
        by=scene.world.service,
        hold_id=hold.hold_id,
        usage=work(model, 123),
        outcome="OUTCOME_CANCELLED",
        request_id="r-3",
    )
    charge = answer.usage
    assert (charge.charged_micros, charge.uncollected_micros) == (price(123), 0)
    assert answer.returned_micros == price(400) - price(123)
    assert pins(charge) == [(grant.allocation_id, price(123))]
    assert (charge.hold_id, charge.request_id, charge.late) == (hold.hold_id, "r-3", False)
    assert charge.usage.output_tokens == 123 and charge.price_version == hold.price_version
    assert scene.balance() == (20_000 - price(123), 0, 0)
    ended = scene.call("GetHold", hold_id=hold.hold_id).hold
    assert ended.state == state(scene, "SETTLED") and ended.HasField("ended_at")
    assert scene.reason("SettleHold", hold_id=hold.hold_id, credit_micros=0) == (
        "FAILED_PRECONDITION",
        "HOLD_ENDED",
    )


@covers("SettleHold")
@pytest.mark.parametrize(
    ("policy", "charged", "uncollected", "left"),
    [("OVER_POLICY_COVER", 130, 20, 0), ("OVER_POLICY_CAP", 100, 50, 30)],
)
def test_who_pays_for_work_above_the_grant(scene, policy, charged, uncollected, left):
    scene.allocate(130)
    hold = scene.hold(100)
    fields = {"hold_id": hold.hold_id, "credit_micros": 150}
    assert scene.reason("SettleHold", over_policy="OVER_POLICY_REJECT", **fields) == (
        "FAILED_PRECONDITION",
        "OVER_GRANTED",
    )
    answer = scene.call("SettleHold", over_policy=policy, **fields)
    assert (answer.usage.charged_micros, answer.usage.uncollected_micros) == (charged, uncollected)
    assert answer.returned_micros == 0
    assert scene.balance() == (left, 0, 0)


@covers("ReleaseHold")
def test_a_release_gives_all_of_it_back(scene):
    scene.allocate(1_000)
    hold = scene.hold(600)
    answer = scene.call("ReleaseHold", by=scene.world.service, hold_id=hold.hold_id, reason="no")
    assert answer.returned_micros == 600
    assert answer.hold.state == state(scene, "RELEASED") and answer.hold.HasField("ended_at")
    assert (answer.balance.available_micros, answer.balance.held_micros) == (1_000, 0)
    for rpc, fields in (
        ("ReleaseHold", {}),
        ("ForceRelease", {}),
        ("SettleHold", {"credit_micros": 1}),
        ("ExtendHold", {"used_micros": 1}),
    ):
        assert scene.reason(rpc, hold_id=hold.hold_id, **fields) == (
            "FAILED_PRECONDITION",
            "HOLD_ENDED",
        ), rpc


@covers("ForceRelease")
def test_a_forced_end_charges_the_report_and_a_late_settle_the_rest(scene):
    scene.allocate(1_000)
    hold = scene.hold(600)
    scene.call("ExtendHold", hold_id=hold.hold_id, used_micros=250)
    answer = scene.call("ForceRelease", hold_id=hold.hold_id, reason="chat is gone")
    assert answer.hold.state == state(scene, "EXPIRED")
    assert answer.usage.charged_micros == 250 and answer.usage.hold_id == hold.hold_id
    assert answer.returned_micros == 350
    assert scene.balance() == (750, 0, 0)
    late = scene.call("SettleHold", hold_id=hold.hold_id, credit_micros=400)
    assert (late.usage.charged_micros, late.usage.late, late.returned_micros) == (150, True, 0)
    assert scene.balance() == (600, 0, 0)
    assert scene.reason("SettleHold", hold_id=hold.hold_id, credit_micros=400)[1] == "HOLD_ENDED"

    unused = scene.hold(100)
    answer = scene.call("ForceRelease", hold_id=unused.hold_id)
    assert not answer.HasField("usage") and answer.returned_micros == 100


@covers("GetHold", "ListHolds")
def test_holds_are_shown_and_listed_by_state_and_session(scene):
    scene.allocate(1_000)
    opened = [scene.hold(100 + n, session_id=f"s-{n % 2}") for n in range(4)]
    scene.call("ReleaseHold", hold_id=opened[1].hold_id)
    shown = scene.call("GetHold", by=scene.world.service, hold_id=opened[0].hold_id)
    assert shown.hold == opened[0]

    def listed(**filters):
        answer = scene.call("ListHolds", by=scene.world.service, **filters)
        return [one.hold_id for one in answer.holds], answer.next_page_token

    ids = [one.hold_id for one in opened]
    assert listed() == (ids, "")
    assert listed(state="HOLD_STATE_OPEN") == ([ids[0], ids[2], ids[3]], "")
    assert listed(state="HOLD_STATE_RELEASED") == ([ids[1]], "")
    assert listed(session_id="s-1") == ([ids[1], ids[3]], "")
    page, token = listed(page_size=3)
    assert page == ids[:3] and token
    assert listed(page_size=3, page_token=token) == (ids[3:], "")
    assert scene.balance() == (1_000 - 100 - 102 - 103, 305, 0)
