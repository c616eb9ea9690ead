"""`rpcurl` makes every call of the three services: JSON in, JSON out, contracts by reflection."""

import json

import pytest
from google.protobuf import json_format
from google.protobuf.message_factory import GetMessageClass
from money import CREDIT, cost
from rpc_rows import LAWFUL, caller_of
from scene import Scene, call, contract, message, without_replay

DEADLINE_EXCEEDED = 64 + 4
# Their answers are not the same twice.
CHECKED_HERE = {"Login", "WhoAmI", "CreateUser", "Chat"}
OTHER_SERVICES = {
    "auth": {
        "Login": lambda world: (
            None,
            {"username": world.user.name, "password": world.user.password},
        ),
        "GetKeys": lambda world: (None, {}),
        "WhoAmI": lambda world: (world.user, {}),
        "CreateUser": lambda world: (
            world.admin,
            {
                "username": f"made-by-rpcurl-{Scene(world).account}",
                "password": "a-long-password",
                "roles": ["ROLE_USER"],
            },
        ),
    },
    "chat": {
        "Chat": lambda world: (
            world.newcomer(credits=10),
            {"prompt": "one two three"},
        ),
        "ListModels": lambda world: (world.user, {}),
    },
}


class Calls:
    """Calls one method with `rpcurl` and reads what it prints."""

    def __init__(self, world, rpcurl):
        self.world, self.run = world, rpcurl

    def __call__(self, service, rpc, person, fields, *flags):
        """The exit code, the answers, and what was said about a failure."""
        described = contract(self.world, service)
        request = message(self.world, rpc, fields, service)
        headers = ("-H", f"authorization: Bearer {person.token}") if person else ()
        done = self.run(
            "-plaintext",
            *headers,
            *flags,
            "-d",
            json_format.MessageToJson(request),
            self.world.addresses[service],
            f"{described.full_name}/{rpc}",
        )
        kind = GetMessageClass(described.methods_by_name[rpc].output_type)
        answers, text, decoder = [], done.stdout.strip(), json.JSONDecoder()
        while text:
            value, end = decoder.raw_decode(text)
            answers.append(json_format.ParseDict(value, kind()))
            text = text[end:].lstrip()
        return done.returncode, answers, done.stderr


@pytest.fixture
def rpcurl_call(world, rpcurl):
    return Calls(world, rpcurl)


def settled(answer):
    """The answer without what another call may change: how far the journal has come."""
    plain = without_replay(answer)
    if "as_of_seq" in plain.DESCRIPTOR.fields_by_name:
        plain.as_of_seq = 0
    return plain


def through(last, copy):
    """A copy of the journal without what has become due since its entry `last`."""
    for part in copy:
        part.last_seq = last
        del part.entries[sum(entry.seq <= last for entry in part.entries) :]
    return [part for part in copy if part.entries]


@pytest.mark.parametrize("rpc", [rpc for rpc in LAWFUL if rpc != "WatchBalance"])
def test_accounting_answers_rpcurl_as_it_answers_others(world, rpcurl_call, rpc):
    """A mutation is repeated with the same key, so that the answer must be the first one again."""
    scene = Scene(world)
    person, fields = caller_of(world, rpc), scene.complete(rpc, LAWFUL[rpc](scene))
    code, answers, said = rpcurl_call("accounting", rpc, person, fields)
    assert code == 0, said
    again = call(world, rpc, person, **fields)
    streams = contract(world).methods_by_name[rpc].server_streaming
    again = list(again) if streams else [again]
    if rpc == "BackupJournal":
        again = through(answers[0].last_seq, again)
    assert [settled(one) for one in answers] == [settled(one) for one in again]
    assert any(one.ByteSize() for one in answers)


def test_a_watch_prints_each_change_until_its_time_is_up(world, rpcurl_call):
    scene = Scene(world)
    scene.allocate(3 * CREDIT)
    fields = scene.complete("WatchBalance", {})
    code, answers, said = rpcurl_call(
        "accounting", "WatchBalance", world.service, fields, "-max-time", "4"
    )
    assert code == DEADLINE_EXCEEDED, said
    assert [one.balance.available_micros for one in answers] == [3 * CREDIT]


@pytest.mark.parametrize(
    ("service", "rpc"), [(service, rpc) for service, row in OTHER_SERVICES.items() for rpc in row]
)
def test_the_other_services_answer_rpcurl(world, rpcurl_call, service, rpc):
    person, fields = OTHER_SERVICES[service][rpc](world)
    code, answers, said = rpcurl_call(service, rpc, person, fields)
    assert code == 0, said
    if rpc in CHECKED_HERE:
        return _check(world, rpc, fields, answers)
    assert answers == [call(world, rpc, person, service, **fields)]


def _check(world, rpc, fields, answers):
    if rpc == "Login":
        assert answers[0].user.user_id == world.user.account
        assert answers[0].access_token.count(".") == 2
    elif rpc == "WhoAmI":
        assert (answers[0].user_id, answers[0].username) == (world.user.account, world.user.name)
    elif rpc == "CreateUser":
        assert answers[0].user.username == fields["username"]
    else:
        *deltas, last = answers
        assert [one.delta.tokens for one in deltas] == [1] * 3
        assert (last.end.input_tokens, last.end.output_tokens) == (3, 3)
        rates = {
            "input_micros_per_million": 3_000_000,
            "output_micros_per_million": 15_000_000,
        }
        charged = cost(rates, input_tokens=3, output_tokens=3)
        assert last.end.charged_micros == charged
        assert last.end.available_micros == 10 * CREDIT - charged
        assert last.end.reason == world.client.chat.END_REASON_COMPLETE


@pytest.mark.parametrize("rpc", LAWFUL)
def test_a_refusal_is_the_exit_code(world, rpcurl_call, rpc):
    code, answers, said = rpcurl_call("accounting", rpc, None, {})
    assert (code, answers) == (64 + 16, []), said
    assert "TOKEN_MISSING" in said


def test_no_method_is_left_out(world):
    assert {one.name for one in contract(world).methods} == set(LAWFUL)
    for service, rows in OTHER_SERVICES.items():
        assert {one.name for one in contract(world, service).methods} == set(rows), service
