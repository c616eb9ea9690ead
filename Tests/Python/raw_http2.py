"""One HTTP/2 exchange with full control over headers and bytes, for requests no library sends."""

import socket
from dataclasses import dataclass, field

import h2.config
import h2.connection
import h2.events
import h2.exceptions

SECONDS_MAX = 10


@dataclass
class Exchange:
    """What came back on the one stream. `reset` is the error code of an RST_STREAM."""

    headers: dict = field(default_factory=dict)
    trailers: dict = field(default_factory=dict)
    body: bytes = b""
    reset: int | None = None
    closed: bool = False

    @property
    def http_status(self):
        return self.headers.get(":status")

    @property
    def grpc_status(self):
        """The status as text, from the trailers or from a trailers-only answer."""
        return self.trailers.get("grpc-status") or self.headers.get("grpc-status")


def frame(message, flag=0, length=None):
    """A gRPC message frame; flag and length may lie."""
    return bytes([flag]) + (len(message) if length is None else length).to_bytes(4, "big") + message


def request_headers(address, path, token=None, **changes):
    """The headers of a proper call. A change with value None removes; `_` stands for `-`."""
    headers = {
        ":method": "POST",
        ":scheme": "http",
        ":path": path,
        ":authority": address,
        "te": "trailers",
        "content-type": "application/grpc",
    }
    if token:
        headers["authorization"] = f"Bearer {token}"
    for name, value in changes.items():
        name = f":{name}" if name in ("method", "path") else name.replace("_", "-")
        headers[name] = value
    return [(name, value) for name, value in headers.items() if value is not None]


def exchange(address, headers, chunks=(b"",), end_stream=True):
    """Sends one request, each chunk as its own DATA frames, and reads until the stream ends."""
    host, _, port = address.rpartition(":")
    config = h2.config.H2Configuration(
        header_encoding="utf-8", validate_outbound_headers=False, normalize_outbound_headers=False
    )
    connection, result = h2.connection.H2Connection(config), Exchange()
    with socket.create_connection((host, int(port)), timeout=SECONDS_MAX) as peer:
        connection.initiate_connection()
        connection.send_headers(1, headers)
        pending, ended = bytearray(b"".join(chunks)), not end_stream
        peer.sendall(connection.data_to_send())
        while not (result.closed or result.reset is not None):
            ended = _send(connection, pending, ended)
            peer.sendall(connection.data_to_send())
            received = peer.recv(65536)
            if not received:
                result.closed = True
                break
            for event in connection.receive_data(received):
                _note(connection, result, event)
            peer.sendall(connection.data_to_send())
    return result


def _send(connection, pending, ended):
    """Sends what flow control lets through; returns whether the end of stream is sent."""
    try:
        while pending:
            size = min(
                len(pending),
                connection.local_flow_control_window(1),
                connection.max_outbound_frame_size,
            )
            if size == 0:
                return ended
            connection.send_data(1, bytes(pending[:size]))
            del pending[:size]
        if not ended:
            connection.end_stream(1)
    except (h2.exceptions.StreamClosedError, h2.exceptions.ProtocolError):
        pending.clear()  # The server has answered and closed the stream early; that is its right.
    return True


def _note(connection, result, event):
    if isinstance(event, h2.events.ResponseReceived):
        result.headers = dict(event.headers)
    elif isinstance(event, h2.events.TrailersReceived):
        result.trailers = dict(event.headers)
    elif isinstance(event, h2.events.DataReceived):
        result.body += event.data
        connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
    elif isinstance(event, h2.events.StreamReset):
        result.reset = int(event.error_code)
    elif isinstance(event, h2.events.StreamEnded | h2.events.ConnectionTerminated):
        result.closed = True
