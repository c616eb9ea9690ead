"""`farebox serve` under load: pinned to a core, and asked by somebody who may do everything."""

import os
import time
from pathlib import Path

import farebox_process
import processes
from farebox_client import FareboxClient

ADMIN, PASSWORD = "bench", "bench-password"


class FareboxServer:
    """All three services on a data directory with an administrator in it."""

    def __init__(self, binary, data, core):
        self.binary = binary
        self.data = Path(data)
        self.core = core
        self.client = None
        self._process = None

    def prepare(self):
        """Makes a data directory, where there is none, and the administrator in it."""
        self.data.mkdir(parents=True, exist_ok=True)
        farebox_process.add_user(self.binary, self.data, ADMIN, PASSWORD, "--admin")
        return self

    def start(self):
        """Starts and returns how many seconds passed until it served."""
        addresses = farebox_process.free_addresses()
        self._process = farebox_process.FareboxProcess(
            self.binary, self.data, addresses, prefix=["taskset", "-c", str(self.core)]
        )
        started = time.monotonic()
        self._process.start()
        taken = time.monotonic() - started
        self.client = FareboxClient(addresses)
        return taken

    @property
    def process(self):
        return self._process.process

    @property
    def address(self):
        """Where accounting listens."""
        return self.client.addresses["accounting"]

    def log_in(self):
        """What Login answers to the administrator."""
        return self.client.log_in(ADMIN, PASSWORD)

    def token(self):
        """A new token: one lives for ten minutes, the benchmark may go on for longer."""
        return self.log_in().access_token

    def watch(self):
        return processes.CPUWatch(self.process.pid)

    def resident_bytes(self):
        return processes.resident_bytes(self.process.pid)

    def stop(self):
        """Ends it cleanly."""
        self._disconnect()
        if self._process:
            self._process.close()

    def kill(self):
        """kill -9."""
        self._disconnect()
        self._process.kill()

    def _disconnect(self):
        if self.client:
            self.client.close()
            self.client = None


def forget_cached_pages(folder):
    """Makes the system let go of its copies of a folder's files: who reads them reads the disk."""
    for path in _files(folder):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)


def read_through(folder):
    """Reads a folder's files once, so that they are in memory where it has room for them."""
    for path in _files(folder):
        with open(path, "rb", buffering=0) as file:
            while file.read(1 << 22):
                pass


def _files(folder):
    return [path for path in sorted(Path(folder).rglob("*")) if path.is_file()]
