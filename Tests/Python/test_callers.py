"""Who may call, and what everybody else is told."""

import base64
import json
import time

import jwt
from calls import refused
from cryptography.hazmat.primitives.asymmetric import ec
from farebox_client import bearer


def test_a_missing_or_unreadable_token_is_unauthenticated(unharmed):
    question = unharmed.client.accounting.CheckCreditsRequest(credits=1)
    check = unharmed.client.accounting_stub.CheckCredits
    assert refused(lambda: check(question, timeout=15)).code == "UNAUTHENTICATED"
    token = unharmed.user.token
    for value in (
        "",
        "Bearer",
        "Bearer ",
        f"Basic {token}",
        token,
        "Bearer a.b.c",
        f"Bearer {token}x",
        f"Bearer {token[:-2]}",
        f"Bearer {'x' * 5000}",
    ):
        refusal = refused(
            lambda value=value: check(question, metadata=(("authorization", value),), timeout=15)
        )
        assert refusal.code == "UNAUTHENTICATED", value


def test_a_forged_token_is_unauthenticated(unharmed):
    genuine = unharmed.user.token
    header, claims = jwt.get_unverified_header(genuine), _claims(genuine)
    stranger = ec.generate_private_key(ec.SECP256R1())
    forged = [
        jwt.encode(claims, stranger, algorithm="ES256", headers=header),
        jwt.encode(claims, None, algorithm="none", headers={**header, "alg": "none"}),
        jwt.encode(claims, "x" * 32, algorithm="HS256", headers={**header, "alg": "HS256"}),
        _with_claims(genuine, {**claims, "roles": ["ADMIN"], "exp": int(time.time()) + 9999}),
    ]
    for token in forged:
        refusal = refused(lambda token=token: unharmed.client.check(token, "", credits=1))
        assert refusal.code == "UNAUTHENTICATED"


def test_the_token_verifies_with_the_published_keys(world):
    auth = world.client.auth
    published = json.loads(
        world.client.auth_stub.GetKeys(auth.GetKeysRequest(), timeout=15).jwks_json
    )
    token = world.user.token
    key_id = jwt.get_unverified_header(token)["kid"]
    key = next(one for one in published["keys"] if one["kid"] == key_id)
    assert "d" not in key, "the private key is published"
    claims = jwt.decode(
        token, jwt.PyJWK(key).key, algorithms=["ES256"], options={"verify_aud": False}
    )
    assert claims["sub"] == world.user.account
    assert claims["exp"] - time.time() <= 600


def _claims(token):
    return jwt.decode(token, options={"verify_signature": False})


def _with_claims(token, claims):
    header, _, signature = token.split(".")
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"{header}.{payload}.{signature}"


def test_wrong_passwords_and_unknown_users_look_alike(unharmed):
    wrong = refused(lambda: unharmed.client.log_in(unharmed.user.name, "not the password"))
    unknown = refused(lambda: unharmed.client.log_in("nobody-at-all", "not the password"))
    assert (wrong.code, wrong.reason) == ("UNAUTHENTICATED", "BAD_CREDENTIALS")
    assert (unknown.code, unknown.reason, unknown.message) == (
        wrong.code,
        wrong.reason,
        wrong.message,
    )


def test_another_users_account_is_not_to_be_seen(unharmed):
    other = unharmed.newcomer(credits=5)
    token = unharmed.user.token
    client = unharmed.client
    usage = client.accounting.ListUsageRequest(account_id=other.account)
    for call in (
        lambda: client.balance(token, other.account),
        lambda: client.check(token, other.account, credits=1),
        lambda: client.accounting_stub.ListUsage(usage, **bearer(token)),
    ):
        assert refused(call).code in ("PERMISSION_DENIED", "NOT_FOUND")
    missing = refused(lambda: client.balance(token, "account-that-never-was"))
    existing = refused(lambda: client.balance(token, other.account))
    assert (missing.code, missing.message) == (existing.code, existing.message)


def test_a_user_cannot_do_what_administrators_and_services_do(unharmed):
    client, token, account = unharmed.client, unharmed.user.token, unharmed.user.account
    hold = client.accounting.OpenHoldRequest(idempotency_key="h", account_id=account, credits=1)
    for call in (
        lambda: client.allocate(token, account, credits=1),
        lambda: client.deduct(token, account, credits=1),
        lambda: client.accounting_stub.OpenHold(hold, **bearer(token)),
        lambda: client.set_price(token, "m", output_micros_per_million=1),
        lambda: client.create_user(token, "friend", "friend-password"),
    ):
        assert refused(call).code == "PERMISSION_DENIED"
