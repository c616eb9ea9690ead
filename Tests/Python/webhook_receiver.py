"""A receiver of webhooks as an operator would write one: http.server, hmac, nothing of ours."""

import base64
import hashlib
import hmac
import json
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

AGE_SECONDS_MAX = 300


def verified(secret, headers, body):
    """The message, if it is signed with the secret and fresh (standardwebhooks.com); else None."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    ident, moment = headers["webhook-id"], headers["webhook-timestamp"]
    if abs(time.time() - int(moment)) > AGE_SECONDS_MAX:
        return None
    signed = f"{ident}.{moment}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    given = [one.removeprefix("v1,") for one in headers["webhook-signature"].split()]
    if not any(hmac.compare_digest(one, expected) for one in given):
        return None
    return json.loads(body)


@dataclass
class Received:
    """One request, as it came."""

    path: str
    headers: dict
    body: bytes

    @property
    def event_id(self):
        return self.headers["webhook-id"]

    def message(self, secret):
        return verified(secret, self.headers, self.body)


class WebhookReceiver:
    """Answers with the statuses of `script` in turn, then with the last one. None hangs."""

    def __init__(self, *script, port=0, headers=(), tls=None):
        self.received = []
        self._script = list(script) or [200]
        self._headers = headers
        self._arrived = threading.Condition()
        self._released = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                status = receiver._take(Received(self.path, dict(self.headers), body))
                if status is None:
                    receiver._released.wait(60)
                    return
                self.send_response(status)
                for name, value in receiver._headers:
                    self.send_header(name, value)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self._scheme = "http"
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
            self._scheme = "https"
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self):
        return f"{self._scheme}://127.0.0.1:{self.port}/hook"

    def answer(self, *script):
        with self._arrived:
            self._script = list(script)

    def wait_for(self, count, seconds=30):
        """The first requests, once there are so many."""
        with self._arrived:
            arrived = self._arrived.wait_for(lambda: len(self.received) >= count, seconds)
        assert arrived, f"{len(self.received)} of {count} requests came in {seconds} s"
        return self.received[:count]

    def close(self):
        self._released.set()
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _take(self, request):
        with self._arrived:
            self.received.append(request)
            self._arrived.notify_all()
            return self._script.pop(0) if len(self._script) > 1 else self._script[0]
