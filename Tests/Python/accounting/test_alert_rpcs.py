"""What is told of balances: each fall once, each expiry once for each lead."""

import pytest
from rpc_coverage import covers
from scene import Scene, in_hours


@pytest.fixture
def scene(world):
    return Scene(world)


def levels(answer):
    return [(one.threshold_micros, one.armed) for one in answer.thresholds]


def kinds(scene, *wanted):
    page = scene.call("ListJournal", kinds=[f"ENTRY_KIND_{kind}" for kind in wanted])
    return [entry.note or entry.subject_id for entry in page.entries]


@covers("SetBalanceAlerts", "GetBalanceAlerts")
def test_a_fall_is_told_once_until_credit_has_risen_again(scene):
    scene.allocate(100)
    answer = scene.call("SetBalanceAlerts", threshold_micros=[20, 150, 50])
    assert levels(answer) == [(150, False), (50, True), (20, True)]
    assert (answer.balance.available_micros, answer.replayed) == (100, False)
    scene.deduct(50)
    scene.deduct(1)
    assert kinds(scene, "BALANCE_FELL") == ["available 50, threshold 50"]
    shown = scene.call("GetBalanceAlerts")
    assert levels(shown) == [(150, False), (50, False), (20, True)]
    scene.allocate(200)
    scene.deduct(200)
    assert kinds(scene, "BALANCE_FELL")[1:] == [
        "available 49, threshold 150",
        "available 49, threshold 50",
    ]
    scene.call("SetBalanceAlerts")
    assert levels(scene.call("GetBalanceAlerts")) == []
    scene.deduct(49)
    assert len(kinds(scene, "BALANCE_FELL")) == 3


@covers("SetBalanceAlerts")
def test_leads_that_have_passed_are_told_as_one(scene):
    leads = [{"seconds": 60}, {"seconds": 86_400}, {"seconds": 604_800}]
    answer = scene.call("SetBalanceAlerts", expiry_leads=leads)
    assert [lead.seconds for lead in answer.expiry_leads] == [604_800, 86_400, 60]
    soon = scene.allocate(10, expires_at=in_hours(1))
    scene.allocate(10, expires_at=in_hours(24 * 30))
    assert kinds(scene, "EXPIRY_NOTICED") == [soon.allocation_id]


@covers("PutWebhook", "ListWebhooks", "DeleteWebhook", "RedeliverEvent", "ListDeliveries")
def test_a_webhook_is_put_asked_for_an_event_and_deleted(scene):
    """What is posted, test_webhooks reads at the other end."""
    put = scene.call("PutWebhook", url="https://one.invalid/", paused=True, kinds=[1])
    webhook = put.webhook
    assert put.secret.startswith("whsec_") and webhook.from_seq == put.as_of_seq
    assert webhook in scene.call("ListWebhooks").webhooks
    scene.allocate(10)
    event = "e" + scene.deduct(11).usage_id[1:]
    asked = scene.call("RedeliverEvent", event_id=event, webhook_id=webhook.webhook_id).delivery
    assert (asked.event.uncollected_micros, asked.event.account_id) == (1, scene.account)
    (listed,) = scene.call("ListDeliveries").deliveries
    assert (listed, listed.attempts, listed.last_error) == (asked, 0, "")
    scene.call("DeleteWebhook", webhook_id=webhook.webhook_id)
    assert webhook.webhook_id not in [
        one.webhook_id for one in scene.call("ListWebhooks").webhooks
    ]
    assert not scene.call("ListDeliveries").deliveries
