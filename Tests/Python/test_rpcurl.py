"""`rpcurl` as the README shows it, with the exit codes that scripts rely on."""

import json

import pytest
from interop_servers import InteropServer

ACCOUNTING = "farebox.accounting.v1.AccountingService"


def with_token(person):
    return ("-H", f"authorization: Bearer {person.token}")


def test_list_names_services_and_methods(world, rpcurl):
    done = rpcurl("-plaintext", world.addresses["accounting"], "list")
    assert done.returncode == 0, done.stderr
    assert ACCOUNTING in done.stdout.splitlines()
    assert "grpc.health.v1.Health" in done.stdout.splitlines()
    done = rpcurl("-plaintext", world.addresses["accounting"], "list", ACCOUNTING)
    assert done.returncode == 0, done.stderr
    assert f"{ACCOUNTING}.CheckCredits" in done.stdout.replace("/", ".").split()


@pytest.mark.parametrize(
    ("symbol", "shown"),
    [
        (ACCOUNTING, "rpc CheckCredits"),
        (f"{ACCOUNTING}.CheckCredits", "CheckCreditsRequest"),
        ("farebox.accounting.v1.CheckCreditsRequest", "required_credits"),
        ("farebox.accounting.v1.Decision", "DECISION_INSUFFICIENT"),
    ],
)
def test_describe_shows_any_symbol(world, rpcurl, symbol, shown):
    done = rpcurl("-plaintext", world.addresses["accounting"], "describe", symbol)
    assert done.returncode == 0, done.stderr
    assert shown in done.stdout


def test_a_call_prints_its_answer_as_json(world, rpcurl):
    person = world.newcomer(credits=10)
    address = world.addresses["accounting"]
    arguments = ("-plaintext", *with_token(person))
    call = (address, f"{ACCOUNTING}/CheckCredits")
    for data, stdin in (('{"credits": 3}', None), ("@", '{"requiredCredits": "3"}')):
        done = rpcurl(*arguments, "-d", data, *call, stdin=stdin)
        assert done.returncode == 0, done.stderr
        answer = json.loads(done.stdout)
        assert answer["sufficient"] is True
        assert answer["decision"] == "DECISION_SUFFICIENT"
        assert answer["requiredMicros"] == "3000000"


def test_a_stream_prints_each_message(world, rpcurl):
    person = world.newcomer(credits=10)
    done = rpcurl(
        "-plaintext",
        *with_token(person),
        "-d",
        '{"prompt": "one two three"}',
        world.addresses["chat"],
        "farebox.chat.v1.ChatService/Chat",
    )
    assert done.returncode == 0, done.stderr
    decoder, text, frames = json.JSONDecoder(), done.stdout.strip(), []
    while text:
        value, end = decoder.raw_decode(text)
        frames.append(value)
        text = text[end:].lstrip()
    assert len(frames) >= 2
    assert frames[-1]["end"]["reason"] == "END_REASON_COMPLETE"


@pytest.mark.parametrize(
    ("data", "method", "status", "named"),
    [
        ('{"credits": 0}', "CheckCredits", 3, "InvalidArgument"),
        ('{"accountId": "somebody-else", "credits": 1}', "CheckCredits", 7, "PermissionDenied"),
    ],
)
def test_the_exit_code_is_64_plus_the_status(world, rpcurl, data, method, status, named):
    done = rpcurl(
        "-plaintext",
        *with_token(world.user),
        "-d",
        data,
        world.addresses["accounting"],
        f"{ACCOUNTING}/{method}",
    )
    assert done.returncode == 64 + status, done.stdout + done.stderr
    said = done.stderr.replace("_", "").lower()
    assert named.lower() in said


def test_without_a_token_the_exit_code_says_unauthenticated(world, rpcurl):
    address = world.addresses["accounting"]
    done = rpcurl("-plaintext", "-d", '{"credits": 1}', address, f"{ACCOUNTING}/CheckCredits")
    assert done.returncode == 64 + 16, done.stderr


def test_what_is_no_rpc_failure_has_a_small_exit_code(world, rpcurl):
    address = world.addresses["accounting"]
    for arguments in (
        ("-plaintext", "-d", '{"credits": 1', address, f"{ACCOUNTING}/CheckCredits"),
        ("-plaintext", "-d", '{"no_such_field": 1}', address, f"{ACCOUNTING}/CheckCredits"),
        ("-plaintext", "-d", "{}", address, f"{ACCOUNTING}/NoSuchMethod"),
        ("-bogus",),
    ):
        done = rpcurl(*arguments)
        assert 0 < done.returncode <= 64, (arguments, done.returncode)
        assert done.stderr.strip()


def test_max_time_ends_a_call(world, rpcurl):
    person = world.newcomer(credits=10)
    done = rpcurl(
        "-plaintext",
        "-max-time",
        "0.000001",
        *with_token(person),
        "-d",
        '{"credits": 1}',
        world.addresses["accounting"],
        f"{ACCOUNTING}/CheckCredits",
    )
    assert done.returncode == 64 + 4, done.stdout + done.stderr


@pytest.mark.parametrize(("flags", "code"), [(["-compress", "gzip"], 0), ([], 64 + 3)])
def test_requests_are_compressed_on_demand(rpcurl, tmp_path, flags, code):
    with InteropServer(tmp_path / "server.log") as server:
        data = {"expectCompressed": {"value": True}, "payload": {"body": "AAAA" * 50}}
        method = "grpc.testing.TestService/UnaryCall"
        done = rpcurl("-plaintext", *flags, "-d", json.dumps(data), server.address, method)
    assert done.returncode == code, done.stderr
