"""`grpc-interop client` as a process."""

import subprocess

from farebox_process import binary_path

CASE_SECONDS_MAX = 120


def our_client(address, case, *more):
    host, port = address.rsplit(":", 1)
    command = [str(binary_path(name="grpc-interop")), "client", "--host", host, "--port", port]
    # A busy machine is no failure: how long a call takes is left out.
    patience = ["--soak-latency-max-ms", str(CASE_SECONDS_MAX * 1000)]
    return subprocess.run(
        [*command, "--test-case", case, *patience, *more],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=CASE_SECONDS_MAX,
    )
