"""HTTP/2 servers for the negative interop cases: lawful but unkind, or breaking off."""

import threading

import h2.config
import h2.connection
import h2.events
import h2.exceptions
import h2.settings
from interop_cases import LARGE_DOWN
from interop_servers import zeros
from interop_stubs import messages_pb2
from listener import Listener
from raw_http2 import frame

IDLE_SECONDS_MAX = 60
RESPONSE = frame(messages_pb2.SimpleResponse(payload=zeros(LARGE_DOWN)).SerializeToString())
HEADERS = ((":status", "200"), ("content-type", "application/grpc"))
TRAILERS = (("grpc-status", "0"),)


class UnkindServer:
    """Answers every call with one large response; subclasses say what is unkind about it."""

    settings = {}
    data_bytes_max = 16_384
    padding = None

    def __init__(self):
        self.connections = []
        self.errors = []

    def __enter__(self):
        self._listener = Listener(self._serve)
        self.address = self._listener.address
        return self

    def __exit__(self, *_):
        self._listener.close()

    def on_connection(self, connection):
        """Called when the connection is there."""

    def on_request(self, connection, stream):
        """Called when the request has ended."""
        connection.h2.send_headers(stream, HEADERS)
        connection.send(stream, RESPONSE)

    def on_data(self, connection, stream):
        """Called when some of the response was sent."""

    def on_response_sent(self, connection, stream):
        """Called when the whole response was sent."""
        connection.h2.send_headers(stream, TRAILERS, end_stream=True)

    def _serve(self, peer):
        peer.settimeout(IDLE_SECONDS_MAX)
        connection = Connection(self, peer)
        self.connections.append(connection)
        connection.run()


class Connection:
    """One connection; its thread does everything."""

    def __init__(self, server, peer):
        self.server, self.peer = server, peer
        config = h2.config.H2Configuration(client_side=False, header_encoding="utf-8")
        self.h2 = h2.connection.H2Connection(config)
        values = {h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: 100, **server.settings}
        self.h2.local_settings = h2.settings.Settings(client=False, initial_values=values)
        self.waiting = {}
        self.streams_seen = 0
        self.said_goodbye = False
        self.pings_sent = 0
        self.pings_answered = 0
        self.ended = threading.Event()

    def run(self):
        try:
            self.h2.initiate_connection()
            self.server.on_connection(self)
            self._flush()
            while received := self.peer.recv(65536):
                for event in self.h2.receive_data(received):
                    self._note(event)
                self._flush()
        except OSError:
            pass  # the client has gone, which ends most cases
        except h2.exceptions.ProtocolError as error:
            # h2 takes nothing more after its own GOAWAY; the client may still send window updates
            # and its own goodbye then (RFC 9113 section 6.8).
            if not self.said_goodbye:
                self.server.errors.append(error)
        finally:
            self.peer.close()
            self.ended.set()

    def send(self, stream, data):
        self.waiting[stream] = bytearray(data)
        self._send_waiting()

    def ping(self):
        self.pings_sent += 1
        self.h2.ping(self.pings_sent.to_bytes(8, "big"))

    def _note(self, event):
        if isinstance(event, h2.events.RequestReceived):
            self.streams_seen += 1
        elif isinstance(event, h2.events.DataReceived):
            self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            self.server.on_request(self, event.stream_id)
        elif isinstance(event, h2.events.PingAckReceived):
            self.pings_answered += 1
        elif isinstance(event, h2.events.WindowUpdated):
            self._send_waiting()

    def _send_waiting(self):
        padding = self.server.padding
        overhead = 0 if padding is None else padding + 1
        for stream in list(self.waiting):
            data = self.waiting[stream]
            while data:
                room = self.h2.local_flow_control_window(stream) - overhead
                size = min(self.server.data_bytes_max, room, len(data))
                if size <= 0:
                    break
                self.h2.send_data(stream, bytes(data[:size]), pad_length=padding)
                del data[:size]
                self.server.on_data(self, stream)
            if not data:
                del self.waiting[stream]
                self.server.on_response_sent(self, stream)

    def _flush(self):
        self.peer.sendall(self.h2.data_to_send())


class SaysGoodbye(UnkindServer):
    """GOAWAY after each response; the connection stays open until the client leaves."""

    def on_response_sent(self, connection, stream):
        super().on_response_sent(connection, stream)
        connection.said_goodbye = True
        connection.h2.close_connection(last_stream_id=stream)


class ResetsAfterHeaders(UnkindServer):
    def on_request(self, connection, stream):
        connection.h2.send_headers(stream, HEADERS)
        connection.h2.reset_stream(stream)


class ResetsDuringData(UnkindServer):
    def on_request(self, connection, stream):
        connection.h2.send_headers(stream, HEADERS)
        # Half of what the window of a fresh stream holds at the least.
        connection.h2.send_data(stream, RESPONSE[:16_000])
        connection.h2.reset_stream(stream)


class ResetsAfterData(UnkindServer):
    def on_response_sent(self, connection, stream):
        connection.h2.reset_stream(stream)


class Pings(UnkindServer):
    def on_connection(self, connection):
        connection.ping()

    def on_request(self, connection, stream):
        connection.ping()
        super().on_request(connection, stream)

    def on_data(self, connection, stream):
        connection.ping()

    def on_response_sent(self, connection, stream):
        connection.ping()
        super().on_response_sent(connection, stream)


class OneStream(UnkindServer):
    settings = {h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: 1}


class SmallFrames(UnkindServer):
    data_bytes_max = 5


class PaddedFrames(SmallFrames):
    padding = 255
