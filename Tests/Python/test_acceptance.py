"""The acceptance tester against one process and against three, with accounting stopped and back."""

import subprocess
import sys
import time

import grpc
import pytest
from conftest import ADMIN, PROJECT, USER, data_with_users
from farebox_client import FareboxClient
from farebox_process import FareboxProcess, add_user, free_addresses
from refusal import Refusal

TESTER = PROJECT / "tools" / "test_credit_check.py"
CHAT_LOGIN = ("chat-service", "chat-service-password")


def run_tester(addresses, *options):
    command = [sys.executable, str(TESTER), "--user", USER[0], "--admin", ADMIN[0]]
    for name, address in addresses.items():
        command += [f"--{name}", address]
    return subprocess.run(
        command + list(options),
        env={"FAREBOX_PASSWORD": USER[1], "FAREBOX_ADMIN_PASSWORD": ADMIN[1], "PATH": "/usr/bin"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=180,
    )


def test_one_process_passes(world):
    done = run_tester(world.addresses)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "14 passed, 0 failed" in done.stdout


@pytest.fixture
def split(farebox_binary, tmp_path):
    """Auth, accounting and chat as three processes on one data directory."""
    data = data_with_users(tmp_path)
    add_user(farebox_binary, data, *CHAT_LOGIN, "--service")
    password_file = tmp_path / "chat-password"
    password_file.write_text(CHAT_LOGIN[1] + "\n")
    addresses = free_addresses()
    login = {
        "FAREBOX_CHAT_USERNAME": CHAT_LOGIN[0],
        "FAREBOX_CHAT_PASSWORD_FILE": str(password_file),
    }
    processes = {
        name: FareboxProcess(farebox_binary, data, addresses, name, environment=login)
        for name in addresses
    }
    try:
        yield {name: process.start() for name, process in processes.items()}
    finally:
        for process in processes.values():
            process.close()


def test_three_processes_pass_and_chat_refuses_while_accounting_is_stopped(split):
    accounting = split["accounting"]
    done = run_tester(accounting.addresses, "--stop-accounting", f"kill {accounting.process.pid}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "15 passed, 0 failed" in done.stdout
    assert "CREDIT_CHECK_UNAVAILABLE" in done.stdout
    accounting.process.wait(20)
    accounting.start()
    wait_until_chat_asks_again(accounting.addresses)
    done = run_tester(accounting.addresses)
    assert done.returncode == 0, "accounting came back: " + done.stdout + done.stderr


def wait_until_chat_asks_again(addresses):
    """Chat may wait a little before it tries an address that failed; it must not wait long."""
    client, deadline = FareboxClient(addresses), time.monotonic() + 30
    token = client.log_in(*USER).access_token
    while True:
        try:
            client.converse(token)
            return client.close()
        except grpc.RpcError as error:
            refusal = Refusal.of(error)
            assert refusal.reason == "CREDIT_CHECK_UNAVAILABLE", str(refusal)
            assert time.monotonic() < deadline, "chat did not notice that accounting is back"
            time.sleep(0.2)


def test_a_wrong_password_fails_the_tester_without_a_traceback(world):
    done = run_tester(world.addresses, "--password", "wrong")
    assert done.returncode == 1
    assert "[ERROR]" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_no_services_fail_the_tester_without_a_traceback():
    done = run_tester(free_addresses())
    assert done.returncode == 1
    assert "[ERROR]" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
