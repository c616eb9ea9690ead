"""`farebox ledger backup --from`: copies of a running server's journal, and ledgers made from them."""

import os
import re
import shutil
import socket
import sqlite3
import stat
import subprocess
import threading
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import ADMIN, USER, data_with_users, log_in
from farebox_client import FareboxClient, bearer
from farebox_process import FareboxProcess, free_addresses

ACCOUNTS = [f"account-{number}" for number in range(4)]
THREADS = 4
WAIT_SECONDS_MAX = 60


@dataclass
class Office:
    """A server at work, and the operator's tool."""

    binary: Path
    data: Path
    server: FareboxProcess
    client: FareboxClient
    token: str

    @property
    def address(self):
        return self.server.addresses["accounting"]

    def backup(self, file, *flags, address=None, token=None):
        """What came of a backup by this token, the administrator's by default."""
        return farebox(
            self.binary,
            *("backup", file, "--from", address or self.address, "--token-file", "-", *flags),
            text=(self.token if token is None else token) + "\n",
        )

    def record(self, count):
        """So many charges, two hundred bytes each, in the journal."""
        name, password = f"meter-{uuid.uuid4().hex[:8]}", uuid.uuid4().hex
        self.client.create_user(self.token, name, password, "ROLE_SERVICE")
        meter = log_in(self.client, name, password)
        items = [
            self.client.accounting.DeductCreditsRequest(
                idempotency_key=f"{name}-{number}", account_id=ACCOUNTS[0], credit_micros=1
            )
            for number in range(count)
        ]
        for start in range(0, count, 1000):
            self.client.accounting_stub.RecordUsage(
                self.client.accounting.RecordUsageRequest(items=items[start : start + 1000]),
                **bearer(meter.token, timeout=60),
            )


def farebox(binary, *arguments, text="", variables=None):
    """What came of `farebox ledger …`."""
    return subprocess.run(
        [str(binary), "ledger", *map(str, arguments)],
        input=text,
        env={**os.environ, **(variables or {})},
        capture_output=True,
        text=True,
        timeout=WAIT_SECONDS_MAX,
    )


def users_of(data, folder):
    """A new data directory with the users of a server that has stopped."""
    folder.mkdir()
    for name in ("identity.db", "signing-key.pem"):
        shutil.copy(data / name, folder / name)
    return folder


def head_of(done):
    """The printed head, and the journal entry that it names."""
    assert done.returncode == 0, done.stderr
    (head,) = re.findall(r"^head: (\d+:[0-9a-f]{64})$", done.stdout, re.MULTILINE)
    return head, int(head.partition(":")[0])


def assert_refused(done, *words):
    assert done.returncode == 2, (done.stdout, done.stderr)
    assert not done.stdout
    for word in words:
        assert word in done.stderr, done.stderr


@pytest.fixture
def office(farebox_binary, tmp_path):
    data = data_with_users(tmp_path / "data")
    with FareboxProcess(farebox_binary, data, free_addresses()) as server:
        client = FareboxClient(server.addresses)
        token = log_in(client, *ADMIN).token
        for account in ACCOUNTS:
            client.allocate(token, account, credits=1000)
        yield Office(farebox_binary, data, server, client, token)
        client.close()


class Load:
    """Threads that charge accounts until they are told to stop."""

    def __init__(self, office):
        self._office = office
        self._stop = threading.Event()
        # (account, key, answer), as they were answered.
        self.charged, self.failures = [], []
        self._threads = [threading.Thread(target=self._work, args=(n,)) for n in range(THREADS)]
        for thread in self._threads:
            thread.start()

    def wait_for(self, count):
        enough = len(self.charged) + count
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while len(self.charged) < enough:
            assert not self.failures and time.monotonic() < deadline, self.failures
            time.sleep(0.01)

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join(WAIT_SECONDS_MAX)
            assert not thread.is_alive(), "a call neither answered nor failed"
        assert self.failures == []

    def _work(self, number):
        count = 0
        while not self._stop.is_set():
            account, key = ACCOUNTS[count % len(ACCOUNTS)], f"load-{number}-{count}"
            count += 1
            try:
                answer = self._office.client.deduct(
                    self._office.token, account, key=key, credit_micros=1 + count % 9
                )
            except Exception as error:
                self.failures.append(repr(error))
                return
            self.charged.append((account, key, answer))


def test_a_server_at_work_is_backed_up_and_the_copy_is_its_ledger(office, tmp_path):
    load = Load(office)
    load.wait_for(400)
    file = tmp_path / "copy.db"
    head, last = head_of(office.backup(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    load.wait_for(50)
    load.stop()
    office.client.close()
    assert office.server.terminate() == 0
    kept = [one for one in load.charged if one[2].as_of_seq <= last]
    lost = [one for one in load.charged if one[2].as_of_seq > last]
    assert len(kept) >= 400 and len(lost) >= 50, "the backup was made in between"
    # The copied journal is the beginning of the one that went on.
    ran_on = farebox(office.binary, "verify", "--data", office.data, "--head", head)
    assert ran_on.returncode == 0, ran_on.stdout + ran_on.stderr

    data = users_of(office.data, tmp_path / "new")
    restored = farebox(office.binary, "restore", file, "--data", data)
    assert head_of(restored) == (head, last)
    verified = farebox(office.binary, "verify", "--data", data, "--head", head)
    assert head_of(verified) == (head, last)
    with FareboxProcess(office.binary, data, free_addresses()) as server:
        assert "epoch=2" in server.log(), server.log()[-2000:]
        client = FareboxClient(server.addresses)
        token = log_in(client, *ADMIN).token
        for account in ACCOUNTS:
            answers = [answer for of, _, answer in kept if of == account]
            then = max(answers, key=lambda one: one.as_of_seq).balance.available_micros
            assert client.balance(token, account).balance.available_micros == then, account
        for (account, key, answer), is_known in ((kept[-1], True), (lost[-1], False)):
            micros = answer.usage.charged_micros
            again = client.deduct(token, account, key=key, credit_micros=micros)
            assert again.replayed == is_known
        proof = client.accounting_stub.VerifyLedger(
            client.proof.VerifyLedgerRequest(), **bearer(token, timeout=60)
        )
        assert proof.intact, proof.first_break
        # The copy of a copy belongs to the new epoch.
        second = Office(office.binary, data, server, client, token)
        head_of(second.backup(tmp_path / "second.db"))
        client.close()
    third = users_of(office.data, tmp_path / "third")
    head_of(farebox(office.binary, "restore", tmp_path / "second.db", "--data", third))
    with FareboxProcess(office.binary, third, free_addresses()) as server:
        assert "epoch=3" in server.log(), server.log()[-2000:]


def test_a_file_that_is_there_is_not_overwritten(office, tmp_path):
    file = tmp_path / "copy.db"
    file.write_text("of yesterday")
    assert_refused(office.backup(file), "copy.db is there already")
    assert file.read_text() == "of yesterday"
    assert sorted(os.listdir(tmp_path)) == ["copy.db", "data"]


def test_only_an_administrator_gets_a_backup(office, tmp_path):
    file = tmp_path / "copy.db"
    user = log_in(office.client, *USER).token
    assert_refused(office.backup(file, token=user), "PERMISSION_DENIED")
    assert_refused(office.backup(file, token="forged"), "UNAUTHENTICATED")
    assert_refused(office.backup(file, token=""), "--token-file or FAREBOX_TOKEN")
    assert os.listdir(tmp_path) == ["data"]
    for variable, status in ((user, 2), (office.token, 0)):
        done = farebox(
            office.binary,
            *("backup", file, "--from", office.address),
            variables={"FAREBOX_TOKEN": variable},
        )
        assert done.returncode == status, done.stderr


def test_the_files_of_a_running_server_are_refused_with_what_to_do(office, tmp_path):
    done = farebox(office.binary, "backup", tmp_path / "copy.db", "--data", office.data)
    assert_refused(done, "another process uses", f"backup {tmp_path / 'copy.db'} --from HOST:PORT")
    both = office.backup(tmp_path / "copy.db", "--data", office.data)
    assert both.returncode == 64 and "exclude each other" in both.stderr
    assert os.listdir(tmp_path) == ["data"]


class CutLine:
    """A line to a server that breaks when so many bytes have come back over it."""

    def __init__(self, address, count):
        host, _, port = address.rpartition(":")
        self._server, self._left = (host, int(port)), count
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._run, daemon=True).start()

    def close(self):
        self._listener.close()

    def _run(self):
        near, _ = self._listener.accept()
        far = socket.create_connection(self._server)
        threading.Thread(target=self._pump, args=(near, far), daemon=True).start()
        while self._left > 0 and (data := far.recv(4096)):
            self._left -= len(data)
            near.sendall(data)
        # Closing alone would wait for the other thread, which reads from it.
        for end in (near, far):
            end.shutdown(socket.SHUT_RDWR)
            end.close()

    @staticmethod
    def _pump(source, target):
        try:
            while data := source.recv(4096):
                target.sendall(data)
        except OSError:
            return


@pytest.mark.parametrize("count", [1, 5_000, 200_000])
def test_nothing_stays_of_a_backup_whose_line_breaks(office, tmp_path, count):
    office.record(3_000)
    line = CutLine(office.address, count)
    done = office.backup(tmp_path / "copy.db", address=line.address)
    line.close()
    assert_refused(done, "cannot back up the journal of", "UNAVAILABLE")
    assert os.listdir(tmp_path) == ["data"]
    _, last = head_of(office.backup(tmp_path / "copy.db"))
    assert last >= 3_000 + len(ACCOUNTS)


def test_a_journal_that_was_edited_is_no_backup(office, tmp_path):
    office.record(50)
    office.client.close()
    assert office.server.terminate() == 0
    with sqlite3.connect(office.data / "ledger" / "journal.db") as database:
        database.execute("UPDATE journal SET time_us = time_us + 1 WHERE seq = 17")
    database.close()
    with FareboxProcess(office.binary, office.data, office.server.addresses) as server:
        client = FareboxClient(server.addresses)
        token = log_in(client, *ADMIN).token
        edited = Office(office.binary, office.data, server, client, token)
        assert_refused(edited.backup(tmp_path / "copy.db"), "entry 17, HASH_CHAIN")
        client.close()
    assert os.listdir(tmp_path) == ["data"]
