#!/usr/bin/env python3
"""Checks a running Farebox from outside, as its users do, over gRPC.

Proves that nobody is served without credit: logs in as a user and as an administrator, allocates
credits, reads the balance, asks the credit question with the answer yes and with the answer no, and
lets chat refuse a user without credit and serve one with credit, sets credit aside and gives it
back, and has the ledger recomputed from its journal. With --stop-accounting it also proves that
chat refuses when the credit question cannot be answered.

Exit code 0 only when every step passed.
"""

import argparse
import functools
import json
import os
import secrets
import subprocess
import sys
import time
import uuid
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT / "tools" / "python"))

try:
    import grpc
    from google.protobuf import json_format

    from contract_stubs import ContractError
    from farebox_client import CALL_SECONDS_MAX, MICROS_PER_CREDIT, FareboxClient, bearer
    from refusal import Refusal
except ImportError as missing:
    own = PROJECT / ".venv" / "bin" / "python"
    if own.exists() and Path(sys.prefix).resolve() != own.parents[1].resolve():
        os.execv(own, [str(own), *sys.argv])
    print(f"[ERROR] {missing}: run tools/run or tools/test once, they install it", file=sys.stderr)
    sys.exit(1)

STOP_SECONDS_MAX = 30


class Logger:
    """Prints what happens, one line each, under headings."""

    @staticmethod
    def success(message):
        print(f"[SUCCESS] {message}", flush=True)

    @staticmethod
    def info(message):
        print(f"[INFO] {message}", flush=True)

    @staticmethod
    def warning(message):
        print(f"[WARNING] {message}", flush=True)

    @staticmethod
    def error(message):
        print(f"[ERROR] {message}", flush=True)

    @staticmethod
    def header(message):
        print(f"\n{'=' * 80}\n{message}\n{'=' * 80}", flush=True)


class CheckFailed(Exception):
    """An answer was not what the contracts promise."""


def expect(claim, otherwise):
    """Raises CheckFailed with the given text unless the claim holds."""
    if not claim:
        raise CheckFailed(otherwise)


def credits(micros):
    """Micro-credits as text in credits, rounded down as balances are shown."""
    whole, rest = divmod(micros, MICROS_PER_CREDIT)
    return str(whole) if rest == 0 else f"{whole}.{rest:06d}".rstrip("0")


def step(heading):
    """Makes a method a step: it gets a heading, and a failure becomes one line and False."""

    def decorate(method):
        @functools.wraps(method)
        def run_step(*arguments):
            Logger.header(heading)
            try:
                answer = method(*arguments)
                return True if answer is None else answer
            except CheckFailed as failure:
                Logger.error(str(failure))
            except grpc.RpcError as error:
                Logger.error(f"The call failed: {Refusal.of(error)}")
            except (OSError, subprocess.SubprocessError, ValueError) as error:
                Logger.error(f"{type(error).__name__}: {error}")
            return False

        return run_step

    return decorate


class CreditTester:
    """The steps of the check. Each returns whether it passed and prints why when it did not."""

    wait_seconds = 0.0
    stop_accounting_command = None
    start_accounting_command = None

    def __init__(self, addresses, user, admin):
        """`addresses` maps auth, accounting and chat to host:port; users are (name, password)."""
        self.user, self.admin = user, admin
        self.user_token = self.admin_token = self.account_id = None
        self.client = FareboxClient(addresses)

    # The steps, in order

    @step("CHECKING SERVICES HEALTH")
    def check_services_health(self):
        deadline = time.monotonic() + self.wait_seconds
        for name, address in self.client.addresses.items():
            status = self._health(name, deadline)
            expect(status == "SERVING", f"{name} at {address} says {status}")
            Logger.success(f"{name} at {address} is serving")

    @step("GETTING API VERSION")
    def get_api_version(self):
        """The API version of accounting; a false value when it cannot be told."""
        versions = []
        for name in ("accounting", "auth", "chat"):
            answer = self.client.version_stubs[name].GetVersion(
                self.client.version.GetVersionRequest(), timeout=CALL_SECONDS_MAX
            )
            expect(answer.name == name, f"{name} calls itself {answer.name!r}")
            expect(answer.api_version, f"{name} names no API version")
            Logger.info(f"{name}: version {answer.version}, API {answer.api_version}")
            versions.append(answer.api_version)
        Logger.success(f"API version {versions[0]}")
        return versions[0]

    @step("AUTHENTICATING AS USER")
    def authenticate(self):
        answer = self.client.log_in(*self.user)
        self.user_token, self.account_id = answer.access_token, answer.user.user_id
        caller = self.client.auth_stub.WhoAmI(
            self.client.auth.WhoAmIRequest(), **bearer(self.user_token)
        )
        expect(caller.user_id == self.account_id, "WhoAmI names another user than Login")
        Logger.success(f"Logged in as {caller.username}")
        name, password = self.user
        self._expect_refusal(
            lambda: self.client.log_in(name, password + "x"), "UNAUTHENTICATED", "BAD_CREDENTIALS"
        )
        Logger.success("A wrong password is refused")

    @step("AUTHENTICATING AS ADMINISTRATOR")
    def authenticate_admin(self):
        answer = self.client.log_in(*self.admin)
        expect(
            self.client.auth.ROLE_ADMIN in answer.user.roles, f"{self.admin[0]} is no administrator"
        )
        self.admin_token = answer.access_token
        Logger.success(f"Logged in as {answer.user.username} (administrator)")

    @step("ALLOCATING CREDITS")
    def allocate_credits(self, amount):
        self._allocate(amount, "acceptance test")

    @step("ALLOCATING CREDITS FOR NON-STREAMING USE")
    def allocate_non_streaming_credits(self, amount):
        self._allocate(amount, "acceptance test, non-streaming use")

    def _allocate(self, amount, notes):
        before = self._balance().balance.available_micros
        request = {"key": str(uuid.uuid4()), "credits": amount, "notes": notes}
        answer = self.client.allocate(self.admin_token, self.account_id, **request)
        expect(
            answer.allocation.amount_micros == amount * MICROS_PER_CREDIT,
            f"allocated {credits(answer.allocation.amount_micros)} credits instead of {amount}",
        )
        expect(answer.allocation.notes == notes, "the allocation lost its notes")
        again = self.client.allocate(self.admin_token, self.account_id, **request)
        expect(
            again.replayed and again.allocation == answer.allocation,
            "the same idempotency key did not give the same answer",
        )
        after = self._balance().balance.available_micros
        gained = amount * MICROS_PER_CREDIT - answer.debt_repaid_micros
        expect(
            after == before + gained,
            f"the balance went from {credits(before)} to {credits(after)} credits",
        )
        Logger.success(f"Allocated {amount} credits to {self.account_id}")
        Logger.info(f"A retry with the same key allocated nothing more: {credits(after)} credits")

    @step("CHECKING CREDIT BALANCE")
    def check_credit_balance(self):
        answer = self._balance()
        total = sum(one.available_micros for one in answer.active_allocations)
        Logger.info(f"Current balance: {credits(answer.balance.available_micros)} credits")
        Logger.info(f"Active allocations: {len(answer.active_allocations)}")
        expect(answer.balance.account_id == self.account_id, "the balance is another account's")
        expect(
            answer.balance.available_micros == total,
            f"the allocations hold {credits(total)} credits, the balance says otherwise",
        )
        Logger.success("The balance is the sum of the active allocations")

    @step("TESTING CREDIT CHECK ENDPOINT")
    def test_credit_check_endpoint(self):
        answer = self._check(credits=100)
        expect(self._says_yes(answer), f"100 credits are not sufficient: {answer.message}")
        Logger.success("Credit check with 100 credits: sufficient")
        self._show(answer)
        old = self._check(required_credits=100)
        expect(
            self._says_yes(old) and old.required_micros == answer.required_micros,
            "required_credits is not understood as credits is",
        )
        Logger.success("The old name required_credits gives the same answer")
        for name, amount in (
            ("no amount", {}),
            ("0 credits", {"credits": 0}),
            ("-1 credits", {"credits": -1}),
            ("0 credits by the old name", {"required_credits": 0}),
        ):
            refusal = self._expect_refusal(
                functools.partial(self._check, **amount), "INVALID_ARGUMENT"
            )
            expect(refusal.fields, f"{name} is refused without naming the field: {refusal}")
            Logger.success(f"Credit check with {name} is refused ({', '.join(refusal.fields)})")

    @step("TESTING INSUFFICIENT CREDITS SCENARIO")
    def test_insufficient_credits(self):
        balance = self._balance().balance.available_micros
        wanted = balance // MICROS_PER_CREDIT + 1000
        Logger.info(f"Current balance: {credits(balance)} credits")
        Logger.info(f"Testing credit check with {wanted} credits (more than available)")
        answer = self._check(credits=wanted)
        expect(
            not self._says_yes(answer) and not answer.sufficient,
            "Credit check incorrectly reported sufficient credits",
        )
        expect(
            answer.decision == self.client.ledger.DECISION_INSUFFICIENT
            and answer.shortfall_micros == wanted * MICROS_PER_CREDIT - balance,
            f"denied for another reason: {self._text(answer)}",
        )
        Logger.success("Credit check correctly identified insufficient credits")
        self._show(answer)

    @step("TESTING CREDIT THAT IS SET ASIDE")
    def test_holds(self):
        before = self._balance().balance
        opened = self._hold_call("OpenHold", account_id=self.account_id, credits=2)
        held = self._balance().balance
        expect(
            held.available_micros == before.available_micros - 2 * MICROS_PER_CREDIT
            and held.held_micros == before.held_micros + 2 * MICROS_PER_CREDIT,
            "the hold did not move 2 credits from available to held",
        )
        Logger.success("A hold sets 2 credits aside: nobody else can spend them")
        hold_id = opened.hold.hold_id
        settled = self._hold_call("SettleHold", hold_id=hold_id, credit_micros=1)
        expect(settled.usage.charged_micros == 1, f"settled {settled.usage.charged_micros} for 1")
        expect(
            settled.returned_micros == 2 * MICROS_PER_CREDIT - 1
            and self._balance().balance.available_micros == before.available_micros - 1,
            "the rest of the hold did not come back",
        )
        Logger.success("Its settlement charges 1 micro-credit and gives the rest back")
        self._expect_refusal(
            lambda: self._hold_call("ReleaseHold", hold_id=hold_id),
            "FAILED_PRECONDITION",
            "HOLD_ENDED",
        )
        Logger.success("A hold ends once")

    @step("TESTING THE RECORD")
    def test_record(self):
        accounting, requests = self.client.accounting_stub, self.client.accounting
        listed = accounting.ListUsage(
            requests.ListUsageRequest(page_size=1000), **bearer(self.user_token)
        )
        expect(
            all(one.account_id == self.account_id for one in listed.usage),
            "the user sees the charges of others",
        )
        Logger.info(f"{len(listed.usage)} charges on the first page of the user's record")
        answer = accounting.VerifyLedger(
            self.client.proof.VerifyLedgerRequest(), **bearer(self.admin_token)
        )
        expect(answer.intact, f"the ledger is broken: {answer.first_break}")
        Logger.success(f"The ledger follows from its journal of {answer.entries} entries")
        Logger.info(f"Hash of entry {answer.head_seq}: {answer.head_hash.hex()}")

    @step("TESTING CALLERS WHO MUST BE REFUSED")
    def test_refusals(self):
        accounting = self.client.accounting_stub
        question = self.client.accounting.CheckCreditsRequest(credits=1)
        self._expect_refusal(
            lambda: accounting.CheckCredits(question, timeout=CALL_SECONDS_MAX), "UNAUTHENTICATED"
        )
        self._expect_refusal(
            lambda: accounting.CheckCredits(question, **bearer("not.a.token")), "UNAUTHENTICATED"
        )
        Logger.success("Without a token, and with a bad one, nothing is answered")
        self._expect_refusal(
            lambda: self.client.allocate(self.user_token, self.account_id, credits=1),
            "PERMISSION_DENIED",
        )
        Logger.success("A user cannot allocate credits")
        self._expect_refusal(
            lambda: self.client.balance(self.user_token, "somebody-else"), "PERMISSION_DENIED"
        )
        Logger.success("A user cannot see another account")

    @step("TESTING CHAT WITHOUT CREDIT")
    def test_chat_without_credit(self):
        name, password = f"poor-{secrets.token_hex(6)}", secrets.token_urlsafe(18)
        self.client.create_user(self.admin_token, name, password)
        token = self.client.log_in(name, password).access_token
        Logger.info(f"Created {name}, who has no credit")
        refusal = self._expect_refusal(
            lambda: self._converse(token), "FAILED_PRECONDITION", "INSUFFICIENT_CREDITS"
        )
        answer = refusal.attached(self.client.accounting.CheckCreditsResponse)
        expect(answer is not None, "the refusal carries no CheckCreditsResponse")
        expect(not answer.sufficient, "the refusal carries an answer that says sufficient")
        Logger.success("Chat refuses a user without credit")
        Logger.info(str(refusal))

    @step("TESTING CHAT WITH CREDIT")
    def test_chat_with_credit(self):
        self._price_models()
        before = self._balance().balance.available_micros
        text, end = self._converse(self.user_token)
        expect(text, "chat delivered no text")
        expect(
            end.reason == self.client.chat.END_REASON_COMPLETE,
            f"the answer ended with {self.client.chat.EndReason.Name(end.reason)}",
        )
        expect(end.charged_micros > 0 and end.usage_id, "the answer was free or has no receipt")
        after = self._balance().balance.available_micros
        expect(
            after == before - end.charged_micros,
            f"charged {end.charged_micros} micro-credits, the balance fell by {before - after}",
        )
        Logger.success(
            f"Chat serves a user with credit: {end.output_tokens} tokens, "
            f"{end.charged_micros} micro-credits"
        )
        Logger.info(f"Balance: {credits(before)} -> {credits(after)} credits")

    @step("TESTING CHAT WHILE ACCOUNTING IS STOPPED")
    def test_chat_without_accounting(self):
        self._run(self.stop_accounting_command)
        try:
            self._wait_until_gone("accounting")
            Logger.info("Accounting is stopped")
            refusal = self._expect_refusal(
                lambda: self._converse(self.user_token), "UNAVAILABLE", "CREDIT_CHECK_UNAVAILABLE"
            )
            Logger.success("Chat refuses when the credit question cannot be answered")
            Logger.info(str(refusal))
        finally:
            if self.start_accounting_command:
                self._run(self.start_accounting_command)
        if self.start_accounting_command:
            self._wait_until_chat_serves()
            Logger.success("Chat serves again after accounting came back")

    # Calls

    def _balance(self):
        return self.client.balance(self.user_token, self.account_id)

    def _health(self, name, deadline):
        """The health of a service, asked again until the deadline while it is not there."""
        while True:
            try:
                return self.client.health(name)
            except grpc.RpcError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def _check(self, **amount):
        return self.client.check(self.user_token, self.account_id, **amount)

    def _hold_call(self, name, **fields):
        request = getattr(self.client.accounting, name + "Request")(
            idempotency_key=str(uuid.uuid4()), **fields
        )
        return getattr(self.client.accounting_stub, name)(request, **bearer(self.admin_token))

    def _converse(self, token):
        """One chat turn: the whole text and the closing frame."""
        texts, ends = self.client.converse(token)
        expect(len(ends) == 1, f"chat ended {len(ends)} times instead of once")
        return "".join(texts), ends[0]

    def _price_models(self):
        models = self.client.models(self.user_token)
        expect(models, "chat lists no model")
        usage = self.client.ledger.TokenUsage(model=models[0], output_tokens=1)
        try:
            self.client.accounting_stub.QuoteUsage(
                self.client.accounting.QuoteUsageRequest(usage=usage), **bearer(self.user_token)
            )
        except grpc.RpcError as error:
            expect(Refusal.of(error).reason == "UNKNOWN_MODEL", f"no quote: {Refusal.of(error)}")
            Logger.warning(f"Model {models[0]} has no price yet: setting prices")
            self.client.price_models(self.admin_token)

    # Verdicts

    def _says_yes(self, answer):
        return answer.sufficient and answer.decision == self.client.ledger.DECISION_SUFFICIENT

    @staticmethod
    def _text(answer):
        return json.dumps({"sufficient": answer.sufficient, "message": answer.message})

    def _show(self, answer):
        Logger.info(self._text(answer))

    @staticmethod
    def _expect_refusal(call, code, reason=None):
        try:
            answer = call()
        except grpc.RpcError as error:
            refusal = Refusal.of(error)
            wanted = f"{code} / {reason}" if reason else code
            expect(
                refusal.code == code and reason in (None, refusal.reason),
                f"refused with {refusal} instead of {wanted}",
            )
            return refusal
        shown = (
            json_format.MessageToJson(answer, indent=None)
            if hasattr(answer, "DESCRIPTOR")
            else answer
        )
        raise CheckFailed(f"answered instead of refusing with {code}: {shown}")

    # Stopping accounting

    @staticmethod
    def _run(command):
        done = subprocess.run(
            command, shell=True, stdin=subprocess.DEVNULL, timeout=STOP_SECONDS_MAX
        )
        expect(done.returncode == 0, f"{command!r} ended with {done.returncode}")

    def _wait_until_gone(self, name):
        deadline = time.monotonic() + STOP_SECONDS_MAX
        while time.monotonic() < deadline:
            try:
                self.client.health(name)
            except grpc.RpcError as error:
                if error.code() == grpc.StatusCode.UNAVAILABLE:
                    return
            time.sleep(0.1)
        raise CheckFailed(f"{name} at {self.client.addresses[name]} still answers")

    def _wait_until_chat_serves(self):
        deadline = time.monotonic() + STOP_SECONDS_MAX
        while True:
            try:
                return self._converse(self.user_token)
            except grpc.RpcError as error:
                if time.monotonic() > deadline or error.code() != grpc.StatusCode.UNAVAILABLE:
                    raise
                time.sleep(0.2)


def run(tester):
    """Runs every step in order and prints the report; returns whether all passed."""
    # Without services or logins nothing later can say anything.
    results = []
    for call in (tester.check_services_health, tester.authenticate, tester.authenticate_admin):
        results.append((call.__name__, bool(call())))
        if not results[-1][1]:
            return report(results)
    rest = [
        (tester.allocate_credits, 1000),
        (tester.allocate_non_streaming_credits, 500),
        (tester.check_credit_balance,),
        (tester.test_credit_check_endpoint,),
        (tester.test_insufficient_credits,),
        (tester.get_api_version,),
        (tester.test_refusals,),
        (tester.test_holds,),
        (tester.test_chat_with_credit,),
        (tester.test_chat_without_credit,),
        (tester.test_record,),
    ]
    if tester.stop_accounting_command:
        rest.append((tester.test_chat_without_accounting,))
    results += [(call.__name__, bool(call(*arguments))) for call, *arguments in rest]
    return report(results)


def report(results):
    """Prints one line for each (name, passed) and the counts; returns whether all passed."""
    Logger.header("TEST REPORT")
    for name, passed in results:
        (Logger.success if passed else Logger.error)(name.replace("_", " "))
    failed = sum(not passed for _, passed in results)
    print(f"\n{len(results) - failed} passed, {failed} failed", flush=True)
    return failed == 0


def parse_arguments():
    environment = os.environ.get
    parser = argparse.ArgumentParser(description="Checks a running Farebox from outside.")
    for name, port in (("auth", 7001), ("accounting", 7002), ("chat", 7003)):
        parser.add_argument(f"--{name}", default=f"127.0.0.1:{port}", metavar="HOST:PORT")
    parser.add_argument("--user", default=environment("FAREBOX_USER", "demo"))
    parser.add_argument(
        "--password",
        default=environment("FAREBOX_PASSWORD", "demo-password"),
        help="better given as FAREBOX_PASSWORD",
    )
    parser.add_argument("--admin", default=environment("FAREBOX_ADMIN", "demo-admin"))
    parser.add_argument(
        "--admin-password",
        default=environment("FAREBOX_ADMIN_PASSWORD", "demo-admin-password"),
        help="better given as FAREBOX_ADMIN_PASSWORD",
    )
    parser.add_argument(
        "--wait",
        type=float,
        default=0,
        metavar="SECONDS",
        help="how long the services may take to come up",
    )
    parser.add_argument(
        "--stop-accounting", metavar="COMMAND", help="stops accounting; chat must then refuse"
    )
    parser.add_argument(
        "--start-accounting", metavar="COMMAND", help="starts it again; chat must then serve"
    )
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    addresses = {name: getattr(arguments, name) for name in ("auth", "accounting", "chat")}
    try:
        tester = CreditTester(
            addresses,
            (arguments.user, arguments.password),
            (arguments.admin, arguments.admin_password),
        )
        tester.wait_seconds = arguments.wait
        tester.stop_accounting_command = arguments.stop_accounting
        tester.start_accounting_command = arguments.start_accounting
        return 0 if run(tester) else 1
    except ContractError as error:
        Logger.error(str(error))
    except KeyboardInterrupt:
        Logger.error("interrupted")
    except Exception as error:  # A tester that ends with a traceback tells its reader nothing.
        Logger.error(f"The tester itself failed: {type(error).__name__}: {error}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
