"""Events reach a receiver that we did not write: signed, at least once, also after kill -9."""

import ssl
import time
import uuid

import grpc
import pytest
from authority import Authority
from conftest import ADMIN, data_with_users, log_in
from farebox_client import FareboxClient, bearer
from farebox_process import FareboxProcess, free_addresses
from google.protobuf.message_factory import GetMessageClass
from webhook_receiver import WebhookReceiver


class Operator:
    """An administrator of one server, with an account to make events about."""

    def __init__(self, client):
        self.client = client
        self.token = log_in(client, *ADMIN).token
        self.account = f"hooked-{uuid.uuid4().hex[:12]}"

    def call(self, rpc, **fields):
        service = self.client.accounting.DESCRIPTOR.services_by_name["AccountingService"]
        asked = service.methods_by_name[rpc].input_type
        if "idempotency_key" in asked.fields_by_name:
            fields = {"idempotency_key": uuid.uuid4().hex, **fields}
        request = GetMessageClass(asked)(**fields)
        return getattr(self.client.accounting_stub, rpc)(request, **bearer(self.token))

    def hook(self, url, **fields):
        answer = self.call("PutWebhook", url=url, **fields)
        return answer.webhook.webhook_id, answer.secret

    def unhook_all(self):
        for webhook in self.call("ListWebhooks").webhooks:
            self.call("DeleteWebhook", webhook_id=webhook.webhook_id)

    def alert(self, *thresholds, credit=100):
        self.client.allocate(self.token, self.account, credit_micros=credit)
        self.call("SetBalanceAlerts", account_id=self.account, threshold_micros=thresholds)

    def spend(self, micros):
        """Spends, and returns the id of the event that the next journal entry is."""
        answer = self.client.deduct(self.token, self.account, credit_micros=micros)
        return f"e{answer.as_of_seq}"

    def deliveries(self, **filters):
        return self.call("ListDeliveries", account_id=self.account, **filters).deliveries

    def wait_until(self, is_done, seconds=30):
        deadline = time.monotonic() + seconds
        while not is_done():
            assert time.monotonic() < deadline, [str(one) for one in self.deliveries()]
            time.sleep(0.05)

    def wait_delivered(self, count):
        self.wait_until(lambda: [one.state for one in self.deliveries()] == [2] * count)


@pytest.fixture
def operator(world):
    """An administrator of the shared server; takes all webhooks away, others' before, too: they
    would hear of the same events."""
    operator = Operator(world.client)
    operator.unhook_all()
    yield operator
    operator.unhook_all()


def test_a_fall_is_posted_once_and_its_signature_holds(operator):
    with WebhookReceiver() as receiver:
        _, secret = operator.hook(receiver.url, kinds=["EVENT_KIND_BALANCE_LOW"])
        operator.alert(50, 20)
        operator.spend(40)
        first = operator.spend(15)
        operator.spend(5)
        second = operator.spend(30)
        operator.wait_delivered(2)
        received = receiver.wait_for(2)
        assert [one.event_id for one in received] == [first, second]
        messages = [one.message(secret) for one in received]
        assert [one["type"] for one in messages] == ["balance.low"] * 2
        assert messages[0]["data"] == {
            "event_id": first,
            "account_id": operator.account,
            "threshold_micros": 50,
            "available_micros": 45,
        }
        assert messages[1]["data"]["threshold_micros"] == 20
        assert messages[0]["timestamp"] < messages[1]["timestamp"]
        assert received[0].headers["content-type"] == "application/json"
        forged = received[0].body.replace(b"45", b"99")
        received[0].body = forged
        assert received[0].message(secret) is None
        time.sleep(0.5)
        assert len(receiver.received) == 2


def test_a_failure_is_tried_again_with_the_same_id(operator):
    with WebhookReceiver(500, 200) as receiver:
        webhook, secret = operator.hook(receiver.url)
        operator.alert(50)
        event = operator.spend(60)
        receiver.wait_for(1)
        operator.wait_until(lambda: [one.last_status for one in operator.deliveries()] == [500])
        (waiting,) = operator.deliveries(state="DELIVERY_STATE_PENDING")
        assert (waiting.attempts, waiting.last_error) == (1, "answered with status 500")
        assert waiting.next_attempt_at.ToDatetime() > waiting.last_attempt_at.ToDatetime()
        assert operator.call("ListWebhooks").webhooks[0].pending == 1
        first, second = receiver.wait_for(2)
        assert first.event_id == second.event_id == event and first.body == second.body
        assert second.message(secret)
        operator.wait_delivered(1)
        (done,) = operator.deliveries(webhook_id=webhook)
        assert (done.attempts, done.last_status, done.last_error) == (2, 200, "")


def test_a_receiver_that_is_down_at_first_gets_everything_in_order(operator):
    port = int(free_addresses()["chat"].rpartition(":")[2])
    operator.hook(f"http://127.0.0.1:{port}/hook")
    operator.alert(80, 60, 40)
    events = [operator.spend(20) for _ in range(3)]
    operator.wait_until(lambda: [one for one in operator.deliveries()[:1] if one.attempts])
    attempts = [one.attempts for one in operator.deliveries()]
    assert attempts[1:] == [0, 0], "the others wait behind it"
    with WebhookReceiver(port=port) as receiver:
        operator.wait_delivered(3)
        assert [one.event_id for one in receiver.received] == events


def test_a_redirect_is_not_followed_and_a_hanging_receiver_holds_nothing_up(operator):
    with WebhookReceiver(200) as other, WebhookReceiver(None) as hanging:
        location = [("location", other.url)]
        with WebhookReceiver(302, headers=location) as redirecting:
            operator.hook(hanging.url)
            operator.hook(redirecting.url)
            operator.alert(50)
            operator.spend(60)
            redirecting.wait_for(1)
            hanging.wait_for(1)
            operator.wait_until(lambda: 302 in [one.last_status for one in operator.deliveries()])
            assert not other.received
            assert operator.spend(1), "the ledger waits for no receiver"


def test_an_event_is_delivered_again_on_demand(operator):
    with WebhookReceiver() as receiver:
        webhook, _ = operator.hook(receiver.url)
        operator.alert(50)
        event = operator.spend(60)
        operator.wait_delivered(1)
        fields = {"event_id": event, "webhook_id": webhook, "idempotency_key": uuid.uuid4().hex}
        assert operator.call("RedeliverEvent", **fields).delivery.event.event_id == event
        assert operator.call("RedeliverEvent", **fields).replayed
        assert [one.event_id for one in receiver.wait_for(2)] == [event, event]
        operator.wait_delivered(1)
        time.sleep(0.3)
        assert len(receiver.received) == 2, "the same key asks once"


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "http://169.254.169.254/latest",
        "https://u:p@example.com/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "https://127.0.0.1:0/",
        "https://example.com/#part",
        "https://exa mple.com/",
    ],
)
def test_urls_that_lead_elsewhere_are_refused(operator, url):
    with pytest.raises(grpc.RpcError) as refused:
        operator.hook(url)
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT


def test_a_kill_between_commit_and_delivery_loses_no_event(farebox_binary, tmp_path):
    data = data_with_users(tmp_path)
    with WebhookReceiver(None) as receiver:
        with FareboxProcess(farebox_binary, data, free_addresses()) as server:
            client = FareboxClient(server.addresses)
            operator = Operator(client)
            _, secret = operator.hook(receiver.url)
            operator.alert(90, 70, 50, 30)
            events = [operator.spend(20) for _ in range(4)]
            receiver.wait_for(1)
            server.kill()
            client.close()
        receiver.received.clear()
        receiver.answer(200)
        with FareboxProcess(farebox_binary, data, free_addresses()) as server:
            client = FareboxClient(server.addresses)
            again = Operator(client)
            again.account = operator.account
            again.wait_delivered(4)
            received = receiver.wait_for(4)
            assert [one.event_id for one in received] == events
            assert all(one.message(secret) for one in received)
            assert server.terminate() == 0
            client.close()
        assert len(receiver.received) == 4


def test_a_stop_does_not_wait_for_a_hanging_receiver(farebox_binary, tmp_path):
    data = data_with_users(tmp_path)
    with WebhookReceiver(None) as receiver:
        with FareboxProcess(farebox_binary, data, free_addresses()) as server:
            client = FareboxClient(server.addresses)
            operator = Operator(client)
            operator.hook(receiver.url)
            operator.alert(50)
            operator.spend(60)
            receiver.wait_for(1)
            assert server.terminate() == 0, server.log()[-2000:]
            client.close()
        assert "fatal" not in server.log().lower()


def test_a_receiver_is_believed_by_its_certificate(farebox_binary, tmp_path):
    known, unknown = Authority(), Authority()
    trusted = tmp_path / "receivers.pem"
    trusted.write_bytes(known.certificate)

    def context(authority, name):
        key, certificate = authority.issue(name)
        file = tmp_path / f"{name}.pem"
        file.write_bytes(key + certificate)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    (tmp_path / "data").mkdir()
    data = data_with_users(tmp_path / "data")
    environment = {"FAREBOX_WEBHOOKS_TLS_AUTHORITY": str(trusted)}
    with (
        WebhookReceiver(tls=context(known, "known")) as good,
        WebhookReceiver(tls=context(unknown, "unknown")) as bad,
        FareboxProcess(
            farebox_binary, data, free_addresses(), environment=environment
        ) as server,
    ):
        client = FareboxClient(server.addresses)
        operator = Operator(client)
        _, secret = operator.hook(good.url)
        stranger, _ = operator.hook(bad.url)
        operator.alert(50)
        operator.spend(60)
        assert good.wait_for(1)[0].message(secret)
        operator.wait_until(
            lambda: [one.attempts for one in operator.deliveries(webhook_id=stranger)] == [1]
        )
        (refused,) = operator.deliveries(webhook_id=stranger)
        assert refused.last_status == 0 and "certificate" in refused.last_error
        assert not bad.received
        client.close()
