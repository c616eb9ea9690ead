"""A listener of the loopback whose connections are served by threads."""

import contextlib
import socket
import threading


class Listener:
    """Gives each connection to `serve`, on a thread of its own, until it is closed."""

    def __init__(self, serve):
        self._serve = serve
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self):
        # Closing alone does not wake the thread. It would wait on with the number of a descriptor
        # that the next listener gets, and might take a connection that is meant for that one.
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                peer, _ = self._socket.accept()
                threading.Thread(target=self._serve, args=(peer,), daemon=True).start()
