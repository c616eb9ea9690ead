"""Wrong amounts and other wrong fields are refused by name, and nothing happens."""

import pytest
from calls import refused
from farebox_client import bearer

LARGEST = 10**15
WRONG_AMOUNTS = [
    pytest.param({}, "amount", id="absent"),
    pytest.param({"credits": 0}, "credits", id="zero"),
    pytest.param({"credits": -1}, "credits", id="negative"),
    pytest.param({"credits": LARGEST // 10**6 + 1}, "credits", id="too many credits"),
    pytest.param({"credits": 2**63 - 1}, "credits", id="overflowing credits"),
    pytest.param({"credit_micros": 0}, "credit_micros", id="zero micros"),
    pytest.param({"credit_micros": -(2**63)}, "credit_micros", id="least micros"),
    pytest.param({"credit_micros": LARGEST + 1}, "credit_micros", id="too many micros"),
]


@pytest.mark.parametrize(("amount", "field"), WRONG_AMOUNTS)
@pytest.mark.parametrize("rpc", ["AllocateCredits", "DeductCredits", "OpenHold", "CheckCredits"])
def test_wrong_amounts_name_their_field(unharmed, rpc, amount, field):
    client = unharmed.client
    keys = {} if rpc == "CheckCredits" else {"idempotency_key": f"{rpc} {amount}"}
    request = getattr(client.accounting, rpc + "Request")(
        account_id=unharmed.user.account, **keys, **amount
    )
    refusal = refused(
        lambda: getattr(client.accounting_stub, rpc)(request, **bearer(unharmed.admin.token))
    )
    assert refusal.code == "INVALID_ARGUMENT"
    assert field in refusal.fields
    assert refusal.message


@pytest.mark.parametrize("value", [0, -1, LARGEST // 10**6 + 1, 2**63 - 1])
def test_the_old_name_of_the_amount_is_checked_as_the_new_one_is(unharmed, value):
    refusal = refused(
        lambda: unharmed.client.check(
            unharmed.user.token, unharmed.user.account, required_credits=value
        )
    )
    assert refusal.code == "INVALID_ARGUMENT"
    assert "required_credits" in refusal.fields


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"idempotency_key": ""}, "idempotency_key"),
        ({"idempotency_key": "k" * 129}, "idempotency_key"),
        ({"account_id": ""}, "account_id"),
        ({"account_id": "with blank"}, "account_id"),
        ({"account_id": "a" * 65}, "account_id"),
        ({"account_id": "nul\0"}, "account_id"),
        ({"priority": 256}, "priority"),
        ({"priority": -1}, "priority"),
        ({"notes": "n" * 1025}, "notes"),
        ({"models": ["m"] * 33}, "models"),
    ],
)
def test_wrong_fields_of_an_allocation_are_named(unharmed, fields, field):
    lawful = {"idempotency_key": f"{fields}"[:100], "account_id": "somebody", "credits": 1}
    request = unharmed.client.accounting.AllocateCreditsRequest(**{**lawful, **fields})
    refusal = refused(
        lambda: unharmed.client.accounting_stub.AllocateCredits(
            request, **bearer(unharmed.admin.token)
        )
    )
    assert refusal.code == "INVALID_ARGUMENT"
    assert any(field in named for named in refusal.fields)


def test_a_key_that_is_used_for_another_body_is_refused_and_nothing_happens(unharmed):
    person, client, admin = unharmed.newcomer(), unharmed.client, unharmed.admin.token
    key = f"key of {person.name}"
    client.allocate(admin, person.account, key=key, credits=7)
    refusal = refused(lambda: client.allocate(admin, person.account, key=key, credits=8))
    assert (refusal.code, refusal.reason) == ("FAILED_PRECONDITION", "IDEMPOTENCY_MISMATCH")
    assert client.balance(person.token, person.account).balance.available_micros == 7_000_000


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"prompt": ""}, "prompt"),
        ({"prompt": "p", "max_output_tokens": -1}, "max_output_tokens"),
        ({"prompt": "p", "max_output_tokens": 100_001}, "max_output_tokens"),
    ],
)
def test_wrong_fields_of_a_prompt_are_named(unharmed, fields, field):
    refusal = refused(lambda: unharmed.client.converse(unharmed.user.token, **fields))
    assert refusal.code == "INVALID_ARGUMENT"
    assert field in refusal.fields


def test_an_unknown_model_is_denied(unharmed):
    person = unharmed.newcomer(credits=5)
    refusal = refused(lambda: unharmed.client.converse(person.token, model="no-such-model"))
    assert (refusal.code, refusal.reason) == ("NOT_FOUND", "UNKNOWN_MODEL")
    refusal = refused(
        lambda: unharmed.client.deduct(
            unharmed.admin.token,
            person.account,
            usage=unharmed.client.ledger.TokenUsage(model="no-such-model", output_tokens=1),
        )
    )
    assert (refusal.code, refusal.reason) == ("FAILED_PRECONDITION", "UNKNOWN_MODEL")
