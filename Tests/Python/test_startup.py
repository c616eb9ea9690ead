"""What goes wrong at the start ends the program, at once and in words."""

import socket
import subprocess

import pytest
from conftest import data_with_users
from farebox_process import SERVICES, FareboxProcess, free_addresses

END_SECONDS_MAX = 60


@pytest.mark.parametrize("service", SERVICES)
def test_an_occupied_port_ends_the_program_and_names_the_listener(
    farebox_binary, tmp_path, service
):
    addresses = free_addresses()
    with socket.create_server(("127.0.0.1", 0)) as occupant:
        addresses[service] = f"127.0.0.1:{occupant.getsockname()[1]}"
        server = FareboxProcess(farebox_binary, data_with_users(tmp_path), addresses)
        done = subprocess.run(
            server.command,
            env=server.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=END_SECONDS_MAX,
        )
    assert done.returncode != 0
    assert f"listen.{service}: cannot listen on {addresses[service]}" in done.stderr
    assert "in use" in done.stderr
