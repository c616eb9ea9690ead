"""Servers of the interop tests: ours as a process, Google's in this process, and faulty ones."""

import contextlib
import signal
import subprocess
import time
from concurrent import futures

import grpc
from farebox_process import binary_path
from interop_stubs import (
    INITIAL_KEY,
    LOAD_KEY,
    TRAILING_KEY,
    empty_pb2,
    load_report,
    messages_pb2,
    orca_load_report_pb2,
    orca_pb2_grpc,
    test_pb2_grpc,
)

STOP_SECONDS_MAX = 20.0
# More than the calls that a case has in flight, the abandoned ones included.
SERVER_THREADS = 64
STATUS_CODES = {code.value[0]: code for code in grpc.StatusCode}


class InteropServer:
    """One `grpc-interop server` process on a port of the system's choice."""

    def __init__(self, log_path, *flags):
        self.log_path = log_path
        self.flags = flags
        self.address = None
        self.process = None

    def __enter__(self):
        command = [str(binary_path(name="grpc-interop")), "server", "--port", "0", *self.flags]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True
            )
        line = self.process.stdout.readline().strip()
        assert line.startswith("listening on "), f"{line!r}: {self.log()}"
        self.address = line.removeprefix("listening on ")
        return self

    def __exit__(self, *_):
        if self.is_running():
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def is_running(self):
        return self.process.poll() is None

    def stop(self, signal_number=signal.SIGTERM):
        """Asks for a clean stop and returns the exit code."""
        self.process.send_signal(signal_number)
        return self.process.wait(STOP_SECONDS_MAX)

    def log(self):
        return self.log_path.read_text(errors="replace")


@contextlib.contextmanager
def grpcio_server(servicer=None, identity=None):
    """The address of a server of Google's Python runtime; `identity` is its TLS key and chain."""
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=SERVER_THREADS))
    servicer = servicer or TestServicer()
    test_pb2_grpc.add_TestServiceServicer_to_server(servicer, server)
    orca_pb2_grpc.add_OpenRcaServiceServicer_to_server(LoadServicer(servicer), server)
    if identity is None:
        port = server.add_insecure_port("127.0.0.1:0")
    else:
        credentials = grpc.ssl_server_credentials([identity])
        port = server.add_secure_port("127.0.0.1:0", credentials)
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait(STOP_SECONDS_MAX)


def zeros(count):
    return messages_pb2.Payload(body=bytes(count))


class TestServicer(test_pb2_grpc.TestServiceServicer):
    """What a correct server does, as far as the cases go.

    Google's Python runtime does not tell whether a request came compressed: the first message of a
    connection that claims to be is taken for the probe, which claims it falsely.
    """

    __test__ = False  # the published name looks like a test to pytest
    load = orca_load_report_pb2.OrcaLoadReport()

    def __init__(self):
        self.probed = set()

    def EmptyCall(self, request, context):
        return empty_pb2.Empty()

    def UnaryCall(self, request, context):
        self.echo(context)
        self.check_claim(request, context)
        if request.response_compressed.value:
            context.set_compression(grpc.Compression.Gzip)
        self.end_as_asked(request, context)
        response = messages_pb2.SimpleResponse()
        if request.response_size:
            response.payload.CopyFrom(zeros(request.response_size))
        if request.fill_server_id:
            response.server_id = f"google-{id(self)}"
        if request.HasField("orca_per_query_report"):
            report = load_report(request.orca_per_query_report)
            context.set_trailing_metadata(((LOAD_KEY, report.SerializeToString()),))
        return response

    def StreamingOutputCall(self, request, context):
        context.set_compression(grpc.Compression.Gzip)
        yield from self.responses(request, context)

    def StreamingInputCall(self, request_iterator, context):
        total = 0
        for request in request_iterator:
            self.check_claim(request, context)
            total += len(request.payload.body)
        return messages_pb2.StreamingInputCallResponse(aggregated_payload_size=total)

    def FullDuplexCall(self, request_iterator, context):
        self.echo(context)
        for request in request_iterator:
            if request.HasField("orca_oob_report"):
                self.load = load_report(request.orca_oob_report)
            yield from self.responses(request, context)

    def echo(self, context):
        for key, value in context.invocation_metadata():
            if key == INITIAL_KEY:
                context.send_initial_metadata(((key, value),))
            elif key == TRAILING_KEY:
                context.set_trailing_metadata(((key, value),))

    def check_claim(self, request, context):
        if request.expect_compressed.value and context.peer() not in self.probed:
            self.probed.add(context.peer())
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "taken for the probe")

    def end_as_asked(self, request, context):
        status = request.response_status
        if status.code:
            context.abort(STATUS_CODES[status.code], status.message)

    def responses(self, request, context):
        self.end_as_asked(request, context)
        for wanted in request.response_parameters:
            time.sleep(wanted.interval_us / 1e6)
            if not wanted.compressed.value:
                context.disable_next_message_compression()
            yield messages_pb2.StreamingOutputCallResponse(payload=zeros(wanted.size))


class LoadServicer(orca_pb2_grpc.OpenRcaServiceServicer):
    """Reports what the tests told the other servicer."""

    def __init__(self, servicer):
        self.servicer = servicer

    def StreamCoreMetrics(self, request, context):
        while context.is_active():
            yield self.servicer.load
            time.sleep(request.report_interval.ToTimedelta().total_seconds())


class ShortPayloads(TestServicer):
    def UnaryCall(self, request, context):
        response = super().UnaryCall(request, context)
        response.payload.body = response.payload.body[:-1]
        return response


class OtherBytes(TestServicer):
    def UnaryCall(self, request, context):
        response = super().UnaryCall(request, context)
        response.payload.body = response.payload.body[:-1] + b"\1"
        return response


class Wandering(TestServicer):
    """Looks like another server each time."""

    def UnaryCall(self, request, context):
        response = super().UnaryCall(request, context)
        response.server_id = f"google-{time.monotonic_ns()}"
        return response


class Understating(TestServicer):
    """Reports another load than it was told."""

    def UnaryCall(self, request, context):
        request.orca_per_query_report.cpu_utilization /= 2
        return super().UnaryCall(request, context)


class WrongSum(TestServicer):
    def StreamingInputCall(self, request_iterator, context):
        response = super().StreamingInputCall(request_iterator, context)
        response.aggregated_payload_size += 1
        return response


class Reordering(TestServicer):
    def StreamingOutputCall(self, request, context):
        yield from reversed(list(super().StreamingOutputCall(request, context)))


class Surplus(TestServicer):
    def FullDuplexCall(self, request_iterator, context):
        yield from super().FullDuplexCall(request_iterator, context)
        yield messages_pb2.StreamingOutputCallResponse()


class Forgetful(TestServicer):
    """Echoes one of the two fields only."""

    def echo(self, context):
        for key, value in context.invocation_metadata():
            if key == INITIAL_KEY:
                context.send_initial_metadata(((key, value),))


class Trimming(TestServicer):
    def end_as_asked(self, request, context):
        request.response_status.message = request.response_status.message.strip()
        super().end_as_asked(request, context)


class Optimist(TestServicer):
    """Everything is OK."""

    def end_as_asked(self, request, context):
        pass

    def UnimplementedCall(self, request, context):
        return empty_pb2.Empty()


class OtherCode(TestServicer):
    def end_as_asked(self, request, context):
        if request.response_status.code:
            request.response_status.code = grpc.StatusCode.INTERNAL.value[0]
        super().end_as_asked(request, context)


class EveryThirdFails(TestServicer):
    def __init__(self):
        super().__init__()
        self.calls = 0

    def UnaryCall(self, request, context):
        self.calls += 1
        if self.calls % 3 == 0:
            context.abort(grpc.StatusCode.UNAVAILABLE, "every third call fails")
        return super().UnaryCall(request, context)


class Credulous(TestServicer):
    """Believes every claim."""

    def check_claim(self, request, context):
        pass


class Incompressible(TestServicer):
    """Compresses nothing."""

    def UnaryCall(self, request, context):
        request.response_compressed.value = False
        return super().UnaryCall(request, context)

    def responses(self, request, context):
        for wanted in request.response_parameters:
            wanted.compressed.value = False
        yield from super().responses(request, context)
