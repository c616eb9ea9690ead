"""The proofs, on a ledger of their own: every number is known."""

import time

import pytest
from conftest import ADMIN, data_with_users, log_in
from farebox_client import FareboxClient
from farebox_process import FareboxProcess, free_addresses
from money import CREDIT
from rpc_coverage import covers
from scene import Scene


class Alone:
    """A world of its own as far as a scene needs one."""

    def __init__(self, client):
        self.client = client
        self.admin = log_in(client, *ADMIN)
        name, password = "the-auditor", "the-auditor-password"
        client.create_user(self.admin.token, name, password, "ROLE_AUDITOR")
        self.auditor = log_in(client, name, password)


@pytest.fixture(scope="module")
def scene(farebox_binary, tmp_path_factory):
    """A ledger with six decisions, one of them a refusal."""
    data = data_with_users(tmp_path_factory.mktemp("proof"))
    with FareboxProcess(farebox_binary, data, free_addresses()) as server:
        client = FareboxClient(server.addresses)
        scene = Scene(Alone(client))
        scene.granted = scene.call("AllocateCredits", credits=1)
        scene.held = scene.hold(600_000)
        scene.settled = scene.call("SettleHold", hold_id=scene.held.hold_id, credit_micros=250_000)
        scene.charged = scene.call("DeductCredits", credit_micros=50_000, request_id="r-9")
        scene.reject = {"credit_micros": CREDIT, "over_policy": "OVER_POLICY_REJECT"}
        assert scene.reason("DeductCredits", **scene.reject)[1] == "INSUFFICIENT_CREDITS"
        scene.open = scene.hold(1)
        yield scene
        client.close()


@covers("VerifyLedger")
def test_the_ledger_is_recomputed_from_its_journal(scene):
    # The tables follow the journal a moment later; what they show is compared.
    deadline = time.monotonic() + 30
    while True:
        answer = scene.call("VerifyLedger", by=scene.world.auditor)
        if answer.accounts_compared or time.monotonic() > deadline:
            break
        time.sleep(0.05)
    assert answer.intact and not answer.HasField("first_break")
    assert (answer.from_seq, answer.head_seq, answer.entries) == (1, 6, 6)
    assert (answer.accounts, answer.allocations, answer.holds, answer.open_holds) == (1, 1, 2, 1)
    assert (answer.charges, answer.refusals, answer.keys) == (2, 1, 6)
    assert answer.accounts_compared == 1
    last = scene.call("ListJournal", all_accounts=True).entries[-1]
    assert (last.seq, last.hash) == (6, answer.head_hash)
    part = scene.call("VerifyLedger", from_seq=2, to_seq=4)
    assert part.intact and (part.from_seq, part.head_seq, part.entries) == (2, 4, 3)
    assert part.accounts_compared == 0


@covers("BackupJournal")
def test_the_journal_is_handed_out_as_it_is_stored(scene):
    parts = list(scene.call("BackupJournal"))
    assert {(part.last_seq, part.epoch) for part in parts} == {(6, 1)}
    stored = [entry for part in parts for entry in part.entries]
    listed = scene.call("ListJournal", all_accounts=True).entries
    assert [(one.seq, one.account_id, one.hash) for one in stored] == [
        (one.seq, one.account_id, one.hash) for one in listed
    ]
    assert all(
        one.payload and one.time_micros // 10**6 == told.time.seconds
        for one, told in zip(stored, listed)
    )


@covers("ExplainDecision")
def test_a_decision_is_shown_with_what_it_found_and_is_made_again(scene):
    charge = scene.charged.usage
    answer = scene.call("ExplainDecision", by=scene.world.auditor, decision_id=charge.usage_id)
    assert (answer.first_seq, answer.last_seq) == (4, 4)
    assert (answer.principal, answer.command) == (scene.world.admin.account, "deductCredits")
    assert answer.time == charge.charged_at
    inputs = {one.name: one.value for one in answer.inputs}
    assert inputs["account"] == scene.account
    assert inputs["request_id"] == "r-9"
    assert "50000" in inputs.values()
    before = answer.balance_before
    assert (before.available_micros, before.held_micros) == (750_000, 0)
    (grant,) = answer.allocations_before
    assert grant.allocation_id == scene.granted.allocation.allocation_id
    assert (grant.available_micros, grant.spent_micros) == (750_000, 250_000)
    assert not answer.holds_before
    assert answer.accepted and answer.refusal == ""
    assert [entry.subject_id for entry in answer.entries] == [charge.usage_id]
    assert answer.match and answer.difference == ""

    settle = scene.call("ExplainDecision", decision_id=str(scene.settled.as_of_seq))
    assert settle.command == "settleHold" and settle.match
    assert [hold.hold_id for hold in settle.holds_before] == [scene.held.hold_id]
    assert settle.balance_before.held_micros == 600_000


@covers("ExplainDecision")
def test_a_refusal_is_explained_as_well(scene):
    answer = scene.call("ExplainDecision", decision_id="5")
    assert (answer.accepted, answer.refusal) == (False, "INSUFFICIENT_CREDITS")
    assert answer.match and answer.balance_before.available_micros == 700_000


@pytest.mark.parametrize("decision", ["1000000", "a1000000", "h1000000"])
def test_what_is_no_decision_is_not_found(scene, decision):
    assert scene.reason("ExplainDecision", decision_id=decision) == ("NOT_FOUND", "NO_DECISION")
