"""The calls that a Farebox user makes, over stubs generated from the contracts."""

import uuid

from channel import open_channel
from contract_stubs import ContractStubs
from grpc_health.v1 import health_pb2, health_pb2_grpc

AUTH = "farebox/auth/v1/auth_service.proto"
ACCOUNTING = "farebox/accounting/v1/accounting_service.proto"
LEDGER = "farebox/accounting/v1/ledger.proto"
PROOF = "farebox/accounting/v1/proof.proto"
CHAT = "farebox/chat/v1/chat_service.proto"
VERSION = "farebox/version/v1/version_service.proto"
MICROS_PER_CREDIT = 1_000_000
CALL_SECONDS_MAX = 15


def bearer(token, timeout=CALL_SECONDS_MAX):
    """What a stub's method needs beside the request: the token and a bounded wait."""
    return {"metadata": (("authorization", f"Bearer {token}"),), "timeout": timeout}


class FareboxClient:
    """Channels, messages and stubs of the three services.

    The methods cover what several tools need; for everything else there are the stubs. Every
    failed call raises grpc.RpcError.
    """

    _generated = None

    def __init__(self, addresses, credentials=None):
        """`addresses` maps auth, accounting and chat to host:port; `credentials` mean TLS."""
        # A process can register a contract once only, so all clients share the generated modules.
        FareboxClient._generated = stubs = FareboxClient._generated or ContractStubs()
        self.addresses = dict(addresses)
        self.auth, self.accounting = stubs.messages(AUTH), stubs.messages(ACCOUNTING)
        self.ledger, self.proof = stubs.messages(LEDGER), stubs.messages(PROOF)
        self.chat = stubs.messages(CHAT)
        self.version = stubs.messages(VERSION)
        self.channels = {name: open_channel(to, credentials) for name, to in self.addresses.items()}
        self.auth_stub = stubs.services(AUTH).AuthServiceStub(self.channels["auth"])
        self.accounting_stub = stubs.services(ACCOUNTING).AccountingServiceStub(
            self.channels["accounting"]
        )
        self.chat_stub = stubs.services(CHAT).ChatServiceStub(self.channels["chat"])
        self.version_stubs = {
            name: stubs.services(VERSION).VersionServiceStub(channel)
            for name, channel in self.channels.items()
        }

    def close(self):
        for channel in self.channels.values():
            channel.close()

    def methods(self, name):
        """The names of the methods that the contract of one service declares."""
        contract = {"auth": self.auth, "accounting": self.accounting, "chat": self.chat}[name]
        (service,) = contract.DESCRIPTOR.services_by_name.values()
        return [method.name for method in service.methods]

    def health(self, name):
        """The overall health of one listener, by its name in the health contract."""
        answer = health_pb2_grpc.HealthStub(self.channels[name]).Check(
            health_pb2.HealthCheckRequest(), timeout=CALL_SECONDS_MAX
        )
        return health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)

    def log_in(self, name, password):
        request = self.auth.LoginRequest(username=name, password=password)
        return self.auth_stub.Login(request, timeout=CALL_SECONDS_MAX)

    def create_user(self, admin_token, name, password, role="ROLE_USER"):
        request = self.auth.CreateUserRequest(username=name, password=password, roles=[role])
        return self.auth_stub.CreateUser(request, **bearer(admin_token)).user

    def balance(self, token, account_id):
        request = self.accounting.GetBalanceRequest(account_id=account_id)
        return self.accounting_stub.GetBalance(request, **bearer(token))

    def check(self, token, account_id, **amount):
        request = self.accounting.CheckCreditsRequest(account_id=account_id, **amount)
        return self.accounting_stub.CheckCredits(request, **bearer(token))

    def allocate(self, admin_token, account_id, key=None, **fields):
        request = self.accounting.AllocateCreditsRequest(
            idempotency_key=key or str(uuid.uuid4()), account_id=account_id, **fields
        )
        return self.accounting_stub.AllocateCredits(request, **bearer(admin_token))

    def deduct(self, admin_token, account_id, key=None, **fields):
        request = self.accounting.DeductCreditsRequest(
            idempotency_key=key or str(uuid.uuid4()), account_id=account_id, **fields
        )
        return self.accounting_stub.DeductCredits(request, **bearer(admin_token))

    def set_price(self, admin_token, model, **rates):
        request = self.accounting.PutPriceRequest(
            idempotency_key=str(uuid.uuid4()), price=self.ledger.Price(model=model, **rates)
        )
        return self.accounting_stub.PutPrice(request, **bearer(admin_token)).price

    def models(self, token):
        """The names of the models that chat can answer with, the default first."""
        answer = self.chat_stub.ListModels(self.chat.ListModelsRequest(), **bearer(token))
        return [model.name for model in answer.models]

    def price_models(self, admin_token):
        """Gives every model of chat a price; without one it is denied."""
        for model in self.models(admin_token):
            self.set_price(
                admin_token,
                model,
                input_micros_per_million=3_000_000,
                output_micros_per_million=15_000_000,
            )

    def converse(self, token, prompt="Say hello to the fare box.", **fields):
        """One chat turn: the delivered texts, and the frames that ended it (lawfully just one)."""
        texts, ends = [], []
        request = self.chat.ChatRequest(prompt=prompt, **fields)
        for frame in self.chat_stub.Chat(request, **bearer(token)):
            if frame.WhichOneof("event") == "delta":
                texts.append(frame.delta.text)
            else:
                ends.append(frame.end)
        return texts, ends
