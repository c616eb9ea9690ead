"""The servers and clients that are measured: started when first wanted, verified, kept."""

from pathlib import Path

import servers
from clients import Client
from contract_stubs import ContractStubs
from farebox_server import FareboxServer
from load import ServerLoad

ECHO_SERVICE = "/farebox.bench.v1.EchoService"
# The same length as the echo request, so that nghttpd moves about the same bytes per answer.
STATIC_BODY_BYTES = 44
STREAMED_MESSAGES = 1000


class Lineup:
    """Everything that runs during the benchmark. A server serves all parts that want it, except
    that those whose allocations are counted run in processes of their own.
    """

    def __init__(self, arguments, folder):
        self.arguments = arguments
        self.folder = folder
        self.messages = ContractStubs(Path(__file__).parent / "proto").messages(
            "farebox/bench/v1/echo.proto"
        )
        self._servers = {}
        self._farebox = None
        self._processes = []

    def runner(self, part, name):
        """Who runs under this name in this part."""
        if part.name == "client":
            return self._client(name)
        kind = part.name if part.name in ("mallocs", "streaming") else "unary"
        return ServerLoad(name, self._server(kind, name))

    def check_credits(self):
        """The FareboxServer that `check-credits` asks, and how it is asked."""
        server = self._server("unary", "check-credits")
        return self._farebox, server

    def stop(self):
        for server in self._processes:
            server.stop()

    def _client(self, name):
        server = self._server("unary", "farebox")
        address = f"127.0.0.1:{server.port}"
        if name == "farebox-client":
            return Client(name, [self.arguments.echo_server, "call", address], server)
        return Client(name, [self.arguments.cpp_client, address], server)

    def _server(self, kind, name):
        if (kind, name) not in self._servers:
            self._servers[kind, name] = self._start(kind, name)
        return self._servers[kind, name]

    def _start(self, kind, name):
        environment, counts = {}, None
        if kind == "mallocs":
            counts = self.folder / f"{name}.mallocs"
            environment = {
                "LD_PRELOAD": str(self.arguments.malloc_count),
                "MALLOC_COUNT_FILE": str(counts),
            }
        if name == "check-credits":
            server = self._start_check_credits()
        elif name == "nghttpd":
            server = self._start_nghttpd(environment)
        elif kind == "streaming":
            # The same process as for unary calls, asked for something else.
            return self._stream_of(self._server("unary", name))
        else:
            server = self._start_echo(name, environment)
        server.malloc_count_path = counts
        return server

    def _start_nghttpd(self, environment):
        documents = self.folder / "documents"
        documents.mkdir(exist_ok=True)
        (documents / "small").write_bytes(b"x" * STATIC_BODY_BYTES)
        port = servers.free_port()
        command = ["nghttpd", "--no-tls", "-n1", "-a", "127.0.0.1", "-d", documents, port]
        return self._start_process(
            "nghttpd", command, port, environment, path="/small", answer_bytes=STATIC_BODY_BYTES
        )

    def _start_echo(self, name, environment):
        port = servers.free_port()
        address = f"127.0.0.1:{port}"
        command = {
            "grpc-cpp": [self.arguments.cpp_server, address],
            "grpc-swift": [self.arguments.grpc_swift_server, address],
            "farebox": [self.arguments.echo_server, address],
            "farebox-async": [self.arguments.echo_server, address, "--async"],
        }[name]
        message = self.messages.EchoRequest(
            text="hello from bench", n=12345, payload=bytes(range(16))
        ).SerializeToString()
        server = self._start_process(
            name,
            command,
            port,
            environment,
            path=f"{ECHO_SERVICE}/Echo",
            headers=servers.GRPC_HEADERS,
            body_path=self._body(name, message),
        )
        servers.verify_echo(server, message)
        return server

    def _stream_of(self, echo):
        text = "a small message"
        question = self.messages.RepeatRequest(
            count=STREAMED_MESSAGES, text=text
        ).SerializeToString()
        server = servers.Server(
            name=echo.name,
            process=echo.process,
            port=echo.port,
            path=f"{ECHO_SERVICE}/Repeat",
            headers=servers.GRPC_HEADERS,
            body_path=self._body(f"{echo.name}-stream", question),
        )
        servers.verify_stream(
            server,
            question,
            [
                self.messages.EchoResponse(text=text, n=n).SerializeToString()
                for n in range(STREAMED_MESSAGES)
            ],
        )
        return server

    def _start_check_credits(self):
        """`farebox serve` as it is, asked with a valid token whether the account can pay."""
        self._farebox = FareboxServer(
            self.arguments.farebox, self.folder / "data", self.arguments.server_core
        ).prepare()
        self._processes.append(self._farebox)
        self._farebox.start()
        client, login = self._farebox.client, self._farebox.log_in()
        server = servers.Server(
            name="check-credits",
            process=self._farebox.process,
            port=int(self._farebox.address.rpartition(":")[2]),
            path="/farebox.accounting.v1.AccountingService/CheckCredits",
        )
        token, account = login.access_token, login.user.user_id
        client.allocate(token, account, credits=1000)
        accounting = client.accounting
        question = accounting.CheckCreditsRequest(
            account_id=account, credits=100
        ).SerializeToString()
        raw = servers.call(server, question, metadata=(("authorization", f"Bearer {token}"),))
        if not accounting.CheckCreditsResponse.FromString(raw).sufficient:
            raise servers.ServerError(
                "check-credits: the account was credited but is not sufficient"
            )
        server.answer_bytes = len(servers.frame(raw))
        server.headers = servers.GRPC_HEADERS + (("authorization", f"Bearer {token}"),)
        server.body_path = self._body(server.name, question)
        return server

    def _start_process(self, name, command, port, environment, **request):
        server = servers.start(
            name,
            command,
            port,
            self.arguments.server_core,
            self.folder / f"{name}.log",
            environment,
            **request,
        )
        self._processes.append(server)
        return server

    def _body(self, name, message):
        path = self.folder / f"{name}.body"
        path.write_bytes(servers.frame(message))
        return path
