"""What was acknowledged survives kill -9, and a clean stop is clean."""

import os
import random
import signal
import threading
import time
from dataclasses import dataclass, field

import grpc
import pytest
from conftest import ADMIN, USER, data_with_users, log_in
from farebox_client import FareboxClient, bearer
from farebox_process import FareboxProcess, free_addresses

ACCOUNTS = 8
THREADS = 8
# FAREBOX_LONG=1 is what `tools/test --long` sets.
IS_LONG = os.environ.get("FAREBOX_LONG") == "1"
ROUNDS = int(os.environ.get("FAREBOX_KILL_ROUNDS") or (1000 if IS_LONG else 20))
# The proof reads the whole journal, so in many rounds not every one pays for it.
ROUNDS_PER_PROOF = 25 if ROUNDS > 100 else 1
START_CREDITS = 1000
# An account holds so many unspent allocations and no more, so long runs go on with new accounts.
ROUNDS_PER_ACCOUNTS = 50


@dataclass
class Sent:
    """One mutation and what is known about it."""

    key: str
    rpc: str
    account: str
    micros: int
    answer: object = None


@dataclass
class Load:
    """Threads that allocate and deduct until the server is gone."""

    client: FareboxClient
    token: str
    seed: int
    accounts: list
    sent: list = field(default_factory=list)

    def run_until_killed(self, server, acknowledged):
        """Kills the server in the middle of the load, once so many calls were answered."""
        threads = [threading.Thread(target=self._work, args=(n,)) for n in range(THREADS)]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + 30
        while sum(one.answer is not None for one in list(self.sent)) < acknowledged:
            assert server.is_running(), f"the server died by itself: {server.log()[-2000:]}"
            assert time.monotonic() < deadline, "the server answers too little to be killed at work"
            time.sleep(0.01)
        server.kill()
        for thread in threads:
            thread.join(30)
            assert not thread.is_alive(), "a call neither answered nor failed"

    def _work(self, number):
        dice = random.Random(self.seed * 1000 + number)
        while True:
            rpc = dice.choice(["allocate", "deduct", "deduct", "deduct"])
            one = Sent(
                key=f"{self.seed}-{number}-{dice.getrandbits(64):x}",
                rpc=rpc,
                account=dice.choice(self.accounts),
                micros=dice.randrange(1, 2000),
            )
            self.sent.append(one)
            try:
                one.answer = send(self.client, self.token, one)
            except grpc.RpcError:
                return


def send(client, token, one):
    call = client.allocate if one.rpc == "allocate" else client.deduct
    return call(token, one.account, key=one.key, credit_micros=one.micros)


def without_replay(answer):
    copy = type(answer)()
    copy.CopyFrom(answer)
    copy.replayed = False
    return copy


def test_kill_9_under_load_loses_no_acknowledged_mutation(farebox_binary, tmp_path):
    """After each kill every key is sent again: acknowledged ones are replayed with the same answer,
    the others happen now or had happened, and the balances add up to exactly one effect per key."""
    seed = int(os.environ.get("FAREBOX_SEED", random.randrange(2**31)))
    print(f"seed {seed}")
    data = data_with_users(tmp_path)
    expected = {}
    acknowledged = unsure = 0
    slowest_start = 0.0
    for round_number in range(ROUNDS):
        server = FareboxProcess(farebox_binary, data, free_addresses())
        with server:
            client = FareboxClient(server.addresses)
            token = log_in(client, *ADMIN).token
            if round_number % ROUNDS_PER_ACCOUNTS == 0:
                accounts = [f"account-{round_number}-{n}" for n in range(ACCOUNTS)]
                for account in accounts:
                    client.allocate(token, account, credits=START_CREDITS)
                    expected[account] = START_CREDITS * 10**6
            load = Load(client, token, seed + round_number, accounts)
            load.run_until_killed(server, acknowledged=100 + 10 * (round_number % 10))
            client.close()
        server = FareboxProcess(farebox_binary, data, free_addresses())
        killed_at = time.monotonic()
        with server:
            slowest_start = max(slowest_start, time.monotonic() - killed_at)
            client = FareboxClient(server.addresses)
            token = log_in(client, *ADMIN).token
            for one in load.sent:
                again = send(client, token, one)
                if one.answer is not None:
                    acknowledged += 1
                    assert again.replayed, f"{one.key} was acknowledged and is forgotten"
                    assert without_replay(again) == one.answer, f"{one.key} changed its answer"
                else:
                    unsure += 1
                effect = again.usage.charged_micros if one.rpc == "deduct" else one.micros
                assert effect == one.micros
                expected[one.account] += one.micros if one.rpc == "allocate" else -one.micros
            for account, micros in expected.items():
                balance = client.balance(token, account).balance
                assert balance.available_micros == micros, f"{account} does not add up"
                assert balance.total_micros == micros
            if round_number % ROUNDS_PER_PROOF == 0 or round_number == ROUNDS - 1:
                proof = client.accounting_stub.VerifyLedger(
                    client.proof.VerifyLedgerRequest(), **bearer(token, timeout=300)
                )
                assert proof.intact, proof.first_break
            client.close()
    print(
        f"{ROUNDS} kills: {acknowledged} acknowledged mutations replayed, {unsure} were not "
        f"answered, the slowest start took {slowest_start:.2f} s"
    )
    assert acknowledged > 0


@pytest.mark.parametrize("how", ["terminate", "interrupt"])
def test_a_stop_is_clean_and_the_next_start_goes_on(farebox_binary, tmp_path, how):
    data, key = data_with_users(tmp_path), "before the stop"
    with FareboxProcess(farebox_binary, data, free_addresses()) as server:
        client = FareboxClient(server.addresses)
        admin, user = log_in(client, *ADMIN), log_in(client, *USER)
        first = client.allocate(admin.token, user.account, key=key, credits=10)
        client.deduct(admin.token, user.account, credits=3)
        assert getattr(server, how)() == 0, server.log()[-2000:]
        client.close()
    assert "fatal" not in server.log().lower()
    with FareboxProcess(farebox_binary, data, free_addresses()) as server:
        client = FareboxClient(server.addresses)
        again = client.allocate(admin.token, user.account, key=key, credits=10)
        assert again.replayed, "the token or the key of before the stop is not known any more"
        assert without_replay(again) == first
        balance = client.balance(log_in(client, *USER).token, user.account).balance
        assert balance.available_micros == 7_000_000
        client.close()


def test_a_stop_lets_a_running_answer_end_and_charges_it(farebox_binary, tmp_path):
    data = data_with_users(tmp_path)
    with FareboxProcess(farebox_binary, data, free_addresses()) as server:
        client = FareboxClient(server.addresses)
        admin, user = log_in(client, *ADMIN), log_in(client, *USER)
        client.allocate(admin.token, user.account, credits=10)
        client.price_models(admin.token)
        frames = client.chat_stub.Chat(
            client.chat.ChatRequest(prompt="count", model="counter-1", max_output_tokens=50_000),
            metadata=(("authorization", f"Bearer {user.token}"),),
            timeout=30,
        )
        next(frames)
        server.process.send_signal(signal.SIGTERM)
        delivered, end = 1, None
        try:
            for frame in frames:
                delivered += frame.delta.tokens
                end = frame.end if frame.HasField("end") else end
        except grpc.RpcError:
            pass  # Cut off by the end of the grace period: it must be charged all the same.
        assert server.process.wait(30) == 0, server.log()[-2000:]
        client.close()
    with FareboxProcess(farebox_binary, data, free_addresses()) as server:
        client = FareboxClient(server.addresses)
        token = log_in(client, *USER).token
        balance = client.balance(token, user.account).balance
        assert balance.held_micros == 0, "the stop left a hold open"
        assert balance.available_micros < 10_000_000, "the delivered part was not charged"
        if end is not None and end.HasField("charged_micros"):
            assert balance.available_micros == 10_000_000 - end.charged_micros
        client.close()
