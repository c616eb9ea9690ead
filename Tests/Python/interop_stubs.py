"""The messages and stubs of gRPC's interop tests, and the numbers that both sides agree on."""

from contract_stubs import PROTO_ROOT, ContractStubs

_STUBS = ContractStubs(PROTO_ROOT / "third_party", below="grpc/testing")
_LOAD_STUBS = ContractStubs(PROTO_ROOT / "third_party", below="xds")

empty_pb2 = _STUBS.messages("grpc/testing/empty.proto")
messages_pb2 = _STUBS.messages("grpc/testing/messages.proto")
test_pb2 = _STUBS.messages("grpc/testing/test.proto")
test_pb2_grpc = _STUBS.services("grpc/testing/test.proto")
orca_load_report_pb2 = _LOAD_STUBS.messages("xds/data/orca/v3/orca_load_report.proto")
orca_pb2 = _LOAD_STUBS.messages("xds/service/orca/v3/orca.proto")
orca_pb2_grpc = _LOAD_STUBS.services("xds/service/orca/v3/orca.proto")

INITIAL_KEY = "x-grpc-test-echo-initial"
TRAILING_KEY = "x-grpc-test-echo-trailing-bin"
LOAD_KEY = "endpoint-load-metrics-bin"


def load_report(asked):
    """The report of a server that was told to have this load."""
    return orca_load_report_pb2.OrcaLoadReport(
        cpu_utilization=asked.cpu_utilization,
        mem_utilization=asked.memory_utilization,
        request_cost=asked.request_cost,
        utilization=asked.utilization,
    )


# What `grpc-interop client --test-case all` runs, in its order.
CASES = (
    "empty_unary",
    "large_unary",
    "concurrent_large_unary",
    "pick_first_unary",
    "client_streaming",
    "server_streaming",
    "ping_pong",
    "empty_stream",
    "client_compressed_unary",
    "server_compressed_unary",
    "client_compressed_streaming",
    "server_compressed_streaming",
    "custom_metadata",
    "status_code_and_message",
    "special_status_message",
    "unimplemented_method",
    "unimplemented_service",
    "cancel_after_begin",
    "cancel_after_first_response",
    "timeout_on_sleeping_server",
    "orca_per_rpc",
    "orca_oob",
    "rpc_soak",
    "channel_soak",
    "long_lived_channel",
)

# Two names of one case, which needs a server that allows two streams on each connection.
SCALING_CASES = ("mcs_cs", "max_concurrent_streams_connection_scaling")
