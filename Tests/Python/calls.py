"""Ways to make a call that is expected to be refused."""

import grpc
import pytest
from farebox_client import bearer
from raw_http2 import exchange, frame, request_headers
from refusal import Refusal

CHECK = "/farebox.accounting.v1.AccountingService/CheckCredits"


def call_raw(world, message, path=CHECK, token="", service="accounting"):
    """A call with any bytes as its message; returns its refusal."""
    method = world.client.channels[service].unary_unary(path)
    metadata = bearer(token)["metadata"] if token else ()
    return refused(lambda: method(message, metadata=metadata, timeout=15))


def refused(call):
    """The refusal of a call; fails the test when the call is answered."""
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return Refusal.of(caught.value)


def check_body(world, **fields):
    """The frame of a lawful CheckCredits question."""
    request = world.client.accounting.CheckCreditsRequest(**(fields or {"credits": 1}))
    return frame(request.SerializeToString())


def post(world, body, path=CHECK, token=None, service="accounting", end_stream=True, **changes):
    """A call by raw HTTP/2; `changes` are headers, see request_headers."""
    address = world.addresses[service]
    headers = request_headers(address, path, token or world.user.token, **changes)
    return exchange(address, headers, [body], end_stream)
