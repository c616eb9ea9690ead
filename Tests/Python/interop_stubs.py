"""The messages and stubs of gRPC's interop tests, and the numbers that both sides agree on."""

from contract_stubs import PROTO_ROOT, ContractStubs

_STUBS = ContractStubs(PROTO_ROOT / "third_party", below="grpc/testing")

empty_pb2 = _STUBS.messages("grpc/testing/empty.proto")
messages_pb2 = _STUBS.messages("grpc/testing/messages.proto")
test_pb2 = _STUBS.messages("grpc/testing/test.proto")
test_pb2_grpc = _STUBS.services("grpc/testing/test.proto")

INITIAL_KEY = "x-grpc-test-echo-initial"
TRAILING_KEY = "x-grpc-test-echo-trailing-bin"

# What `grpc-interop client --test-case all` runs, in its order.
CASES = (
    "empty_unary",
    "large_unary",
    "concurrent_large_unary",
    "client_streaming",
    "server_streaming",
    "ping_pong",
    "empty_stream",
    "custom_metadata",
    "status_code_and_message",
    "special_status_message",
    "unimplemented_method",
    "unimplemented_service",
    "cancel_after_begin",
    "cancel_after_first_response",
    "timeout_on_sleeping_server",
    "rpc_soak",
    "channel_soak",
    "long_lived_channel",
)
