"""A server that is restarted under load fails no call of a client that retries, and charges once."""

import json
import os
import threading
import time
import uuid

import grpc
from conftest import ADMIN, data_with_users, log_in
from farebox_client import FareboxClient, bearer
from farebox_process import FareboxProcess, free_addresses

# FAREBOX_LONG=1 is what `tools/test --long` sets.
RESTARTS = 50 if os.environ.get("FAREBOX_LONG") == "1" else 3
THREADS = 4
PAUSE_SECONDS = 0.01
CALLS_BETWEEN_RESTARTS = 40
CALL_SECONDS_MAX = 60
GRANTED_CREDITS = 1_000_000

# What an operator's clients are told to do: mutations carry a key, so UNAVAILABLE may be retried.
RETRIES = {
    "methodConfig": [
        {
            "name": [{"service": "farebox.accounting.v1.AccountingService"}],
            "waitForReady": True,
            "retryPolicy": {
                "maxAttempts": 5,
                "initialBackoff": "0.05s",
                "maxBackoff": "1s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ]
}


class Spender:
    """Deducts one micro-credit at a time on a channel of its own until told to stop."""

    def __init__(self, client, token, account):
        options = [
            ("grpc.service_config", json.dumps(RETRIES)),
            ("grpc.enable_retries", 1),
            ("grpc.max_reconnect_backoff_ms", 500),
            ("grpc.use_local_subchannel_pool", 1),
        ]
        self._channel = grpc.insecure_channel(client.addresses["accounting"], options=options)
        accounting = type(client.accounting_stub)(self._channel)
        self._deduct = accounting.DeductCredits
        self._request = client.accounting.DeductCreditsRequest
        self._token, self._account = token, account
        self._stop = threading.Event()
        self.charged, self.failures = 0, []
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def stop(self):
        self._stop.set()
        self._thread.join(CALL_SECONDS_MAX + 10)
        assert not self._thread.is_alive(), "a call neither answered nor failed"
        self._channel.close()

    def _work(self):
        while not self._stop.is_set():
            request = self._request(
                idempotency_key=str(uuid.uuid4()), account_id=self._account, credit_micros=1
            )
            try:
                answer = self._deduct(request, **bearer(self._token, timeout=CALL_SECONDS_MAX))
                self.charged += answer.usage.charged_micros
            except grpc.RpcError as error:
                self.failures.append(f"{error.code()}: {error.details()}")
            time.sleep(PAUSE_SECONDS)


def wait_for_calls(spenders, count):
    """Returns when so many more calls were answered, so that each restart meets a load."""
    enough = sum(one.charged for one in spenders) + count
    deadline = time.monotonic() + CALL_SECONDS_MAX
    while sum(one.charged for one in spenders) < enough:
        failures = [failure for one in spenders for failure in one.failures]
        assert failures == []
        assert time.monotonic() < deadline, "the restarted server answers too little"
        time.sleep(0.02)


def test_rolling_restarts_under_load_fail_no_call_of_a_client_that_retries(
    farebox_binary, tmp_path
):
    data, addresses = data_with_users(tmp_path), free_addresses()
    server = FareboxProcess(farebox_binary, data, addresses).start()
    client = FareboxClient(addresses)
    spenders = []
    try:
        token = log_in(client, *ADMIN).token
        client.allocate(token, "busy", credits=GRANTED_CREDITS)
        spenders = [Spender(client, token, "busy") for _ in range(THREADS)]
        for _ in range(RESTARTS):
            wait_for_calls(spenders, CALLS_BETWEEN_RESTARTS)
            assert server.terminate() == 0, server.log()[-2000:]
            server = FareboxProcess(farebox_binary, data, addresses).start()
        for one in spenders:
            one.stop()
        failures = [failure for one in spenders for failure in one.failures]
        assert failures == []
        charged = sum(one.charged for one in spenders)
        balance = FareboxClient(addresses).balance(token, "busy").balance
        assert balance.available_micros == GRANTED_CREDITS * 10**6 - charged
        print(f"{RESTARTS} restarts, {charged} calls, none failed")
    finally:
        for one in spenders:
            one.stop()
        client.close()
        server.terminate()
