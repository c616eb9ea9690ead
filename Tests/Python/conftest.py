"""A running Farebox, and people to call it, for the tests of this folder."""

import functools
import os
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "tools" / "python"))

from farebox_client import FareboxClient  # noqa: E402
from farebox_process import FareboxProcess, add_user, binary_path, free_addresses  # noqa: E402
from hypothesis import settings  # noqa: E402

# Seeds come from the command line, where tools/test prints them. A slow machine is no failure.
settings.register_profile("farebox", deadline=None, print_blob=True, database=None)
settings.load_profile("farebox")

ADMIN = ("root-admin", "root-admin-password")
USER = ("some-user", "some-user-password")


# Well below the ten minutes that a token lives: all tests together may take longer.
TOKEN_SECONDS = 300


class Person:
    """Somebody who is logged in, and logs in again while the tests go on."""

    def __init__(self, client, name, password):
        self.name, self.password = name, password
        self._client = client
        self._log_in()

    @property
    def token(self):
        if time.monotonic() - self._since > TOKEN_SECONDS:
            self._log_in()
        return self._token

    def _log_in(self):
        answer = self._client.log_in(self.name, self.password)
        self.account, self._token = answer.user.user_id, answer.access_token
        self._since = time.monotonic()


@dataclass
class World:
    """A running server with its data directory, a client of it, an administrator and a user."""

    server: FareboxProcess
    data: Path
    client: FareboxClient
    admin: Person
    user: Person

    @property
    def addresses(self):
        return self.client.addresses

    @functools.cached_property
    def service(self):
        """A program that meters on behalf of users."""
        return self.newcomer(role="ROLE_SERVICE")

    @functools.cached_property
    def auditor(self):
        """Somebody who reads every account and changes none."""
        return self.newcomer(role="ROLE_AUDITOR")

    def newcomer(self, credits=0, role="ROLE_USER"):
        """Somebody with an account of their own, so that tests do not see each other's money."""
        name, password = f"user-{uuid.uuid4().hex[:12]}", uuid.uuid4().hex
        self.client.create_user(self.admin.token, name, password, role)
        person = log_in(self.client, name, password)
        if credits:
            self.client.allocate(self.admin.token, person.account, credits=credits)
        return person


def log_in(client, name, password):
    return Person(client, name, password)


def data_with_users(folder):
    """A data directory that holds the first administrator and a user."""
    add_user(binary_path(), folder, *ADMIN, "--admin")
    add_user(binary_path(), folder, *USER)
    return folder


@pytest.fixture(scope="session")
def farebox_binary():
    path = binary_path()
    if not path.exists():
        pytest.exit(f"{path} is missing: build first (tools/test does)", returncode=1)
    return path


@pytest.fixture(scope="session")
def world(farebox_binary, tmp_path_factory):
    """One server for all tests that leave it as they found it, apart from their own accounts."""
    data = data_with_users(tmp_path_factory.mktemp("farebox"))
    with FareboxProcess(farebox_binary, data, free_addresses()) as server:
        client = FareboxClient(server.addresses)
        admin = log_in(client, *ADMIN)
        client.price_models(admin.token)
        yield World(server, data, client, admin, log_in(client, *USER))
        client.close()


@pytest.fixture(scope="session")
def rpcurl():
    """Runs `rpcurl` with these arguments and returns what came of it."""
    path = binary_path(name="rpcurl")
    assert path.exists(), f"{path} is missing: build first (tools/test does)"

    def run(*arguments, stdin=None):
        return subprocess.run(
            [str(path), *arguments],
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


@pytest.fixture
def unharmed(world):
    """Fails the test that used it when the server died, or no longer answers."""
    yield world
    assert world.server.is_running(), f"the server died: {world.server.log()[-2000:]}"
    for name in world.addresses:
        assert world.client.health(name) == "SERVING"


def pytest_report_header():
    return f"random tests: FAREBOX_SEED={os.environ.get('FAREBOX_SEED', 'not set')}"
