"""The servers that these parts load: `farebox serve` as it is, and the echo of the bench."""

import contextlib
import os
import time
from dataclasses import dataclass, field
from pathlib import Path

import farebox_process
import servers
from contract_stubs import ContractStubs
from farebox_client import FareboxClient

ACCOUNTING = "/farebox.accounting.v1.AccountingService"
# Where the load program puts a number that no other call has.
NUMBER = "@" * 16
# Most money that an account may have: it must last.
CREDITS = 1_000_000_000
ECHO = "/farebox.bench.v1.EchoService/Echo"
MICROS = 1_000_000
SETTLEMENT_SECONDS_MAX = 60


@dataclass
class Call:
    """A unary call to load a server with."""

    path: str
    message: bytes
    metadata: tuple = field(default=())


class Watched:
    """A process, and what it uses."""

    def __init__(self, pid):
        self.pid = pid

    def resident_kib(self):
        with open(f"/proc/{self.pid}/status") as file:
            return int(next(line for line in file if line.startswith("VmRSS")).split()[1])

    def settled_kib(self, seconds=5.0):
        """Resident memory when it has not moved for half a second."""
        end, last = time.monotonic() + seconds, self.resident_kib()
        while time.monotonic() < end:
            time.sleep(0.5)
            now = self.resident_kib()
            if abs(now - last) < 64:
                break
            last = now
        return self.resident_kib()

    def cpu_seconds(self):
        text = Path(f"/proc/{self.pid}/stat").read_text()
        fields = text.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Farebox(Watched):
    """A running `farebox serve` with an account that has money; accounting is what is loaded."""

    name = "farebox"
    USER, PASSWORD = "bench", "bench-password"

    def __init__(self, process, addresses, credentials=None):
        super().__init__(process.process.pid)
        self._process = process
        self.port = int(addresses["accounting"].rpartition(":")[2])
        self.chat_port = int(addresses["chat"].rpartition(":")[2])
        self._client = FareboxClient(addresses, credentials)
        self._log_in()
        self._client.allocate(self._token, self._account, credits=CREDITS)

    def _log_in(self):
        """Tokens live for ten minutes."""
        login = self._client.log_in(self.USER, self.PASSWORD)
        self._token, self._account = login.access_token, login.user.user_id

    def check(self):
        """A question, answered on the event loop."""
        request = self._client.accounting.CheckCreditsRequest(account_id=self._account, credits=1)
        return self._call("CheckCredits", request)

    def charge(self):
        """A command: decided in order, answered when it is durable."""
        request = self._client.accounting.DeductCreditsRequest(
            idempotency_key=NUMBER, account_id=self._account, credit_micros=1
        )
        return self._call("DeductCredits", request)

    def talk(self, tokens):
        """A conversation of somebody who has the money for it; the model counts."""
        self._log_in()
        self._client.price_models(self._token)
        self._client.create_user(self._token, "talker", self.PASSWORD)
        login = self._client.log_in("talker", self.PASSWORD)
        self._talker = login.user.user_id
        self._client.allocate(self._token, self._talker, credits=CREDITS)
        request = self._client.chat.ChatRequest(
            prompt="count", model="counter-1", max_output_tokens=tokens
        )
        return Call(
            "/farebox.chat.v1.ChatService/Chat",
            request.SerializeToString(),
            (("authorization", f"Bearer {login.access_token}"),),
        )

    def wait_for_settlement(self):
        """Micro-credits that the talker's conversations still hold when they have ended."""
        deadline = time.monotonic() + SETTLEMENT_SECONDS_MAX
        while held := self._client.balance(self._token, self._talker).balance.held_micros:
            if time.monotonic() > deadline:
                break
            time.sleep(0.2)
        return held

    def time_of_a_call(self):
        """Seconds for one question on a connection that is open already."""
        began = time.monotonic()
        self._client.check(self._token, self._account, credits=1)
        return time.monotonic() - began

    def log(self):
        return self._process.log()

    def _call(self, method, request):
        self._log_in()
        return Call(
            f"{ACCOUNTING}/{method}",
            request.SerializeToString(),
            (("authorization", f"Bearer {self._token}"),),
        )


@contextlib.contextmanager
def farebox(arguments, folder, environment=None, credentials=None):
    """`farebox serve`, pinned to the server's core."""
    data = folder / f"data-{time.monotonic_ns()}"
    data.mkdir()
    farebox_process.add_user(arguments.farebox, data, Farebox.USER, Farebox.PASSWORD, "--admin")
    addresses = farebox_process.free_addresses()
    with farebox_process.FareboxProcess(
        arguments.farebox,
        data,
        addresses,
        prefix=["taskset", "-c", str(arguments.server_core)],
        environment=environment,
        credentials=credentials,
    ) as process:
        yield Farebox(process, addresses, credentials)


class Echo(Watched):
    """The echo of the bench; with `work`, each call burns that many microseconds."""

    name = "echo"

    def __init__(self, server, message):
        super().__init__(server.process.pid)
        self.port, self._message = server.port, message

    def echo(self):
        return Call(ECHO, self._message)


@contextlib.contextmanager
def echo(arguments, folder, work_us=0):
    messages = ContractStubs(Path(__file__).parents[1] / "proto").messages(
        "farebox/bench/v1/echo.proto"
    )
    message = messages.EchoRequest(text="hello from bench", n=12345).SerializeToString()
    port = servers.free_port()
    command = [arguments.echo_server, f"127.0.0.1:{port}"]
    if work_us:
        command.append(f"--work={work_us}")
    server = servers.start(
        "echo", command, port, arguments.server_core, folder / "echo-load.log", path=ECHO
    )
    try:
        yield Echo(server, message)
    finally:
        server.stop()
