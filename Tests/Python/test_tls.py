"""Farebox over TLS: the whole flow, client certificates, renewal by SIGHUP, and mistakes."""

import os
import signal
import ssl
import subprocess
import time

import grpc
import pytest
from authority import Authority
from conftest import ADMIN, USER, data_with_users, log_in
from cryptography import x509
from farebox_client import FareboxClient
from farebox_process import FareboxProcess, free_addresses

WAIT_SECONDS_MAX = 60


class Secured:
    """A Farebox whose listeners speak TLS, and demand certificates when `is_mutual`."""

    def __init__(self, binary, folder, is_mutual):
        self.folder, self.is_mutual = folder, is_mutual
        self.authority = Authority()
        (folder / "authority.pem").write_bytes(self.authority.certificate)
        self.write_identity("server")
        self.write_identity("chat")
        environment = {
            "FAREBOX_TLS_CERTIFICATE": str(folder / "server.pem"),
            "FAREBOX_TLS_KEY": str(folder / "server.key"),
            "FAREBOX_REMOTE_TLS_AUTHORITY": str(folder / "authority.pem"),
        }
        if is_mutual:
            environment |= {
                "FAREBOX_TLS_CLIENT_AUTHORITY": str(folder / "authority.pem"),
                "FAREBOX_REMOTE_TLS_CERTIFICATE": str(folder / "chat.pem"),
                "FAREBOX_REMOTE_TLS_KEY": str(folder / "chat.key"),
            }
        self.credentials = self.credentials_of("somebody" if is_mutual else None)
        self.process = FareboxProcess(
            binary,
            data_with_users(folder),
            free_addresses(),
            environment=environment,
            credentials=self.credentials,
        )

    def write_identity(self, name):
        key, certificate = self.authority.issue(name)
        (self.folder / f"{name}.key").write_bytes(key)
        (self.folder / f"{name}.pem").write_bytes(certificate)
        return x509.load_pem_x509_certificate(certificate).serial_number

    def credentials_of(self, name, authority=None):
        key, certificate = (authority or self.authority).issue(name) if name else (None, None)
        return grpc.ssl_channel_credentials(self.authority.certificate, key, certificate)

    def client(self, credentials=None):
        return FareboxClient(self.process.addresses, credentials or self.credentials)

    def shown_serial(self):
        """The serial number of the certificate that new connections see."""
        host, port = self.process.addresses["auth"].split(":")
        shown = ssl.get_server_certificate((host, int(port)))
        return x509.load_pem_x509_certificate(shown.encode()).serial_number

    def hang_up(self, until):
        """Sends SIGHUP and waits for what it should lead to."""
        self.process.process.send_signal(signal.SIGHUP)
        self.wait_until(until)

    def wait_until_log_says(self, text):
        self.wait_until(lambda: text in self.process.log())

    def wait_until(self, condition):
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while not condition():
            assert time.monotonic() < deadline, self.process.log()[-2000:]
            time.sleep(0.05)


@pytest.fixture(params=[False, True], ids=["server", "mutual"])
def secured(request, farebox_binary, tmp_path):
    secured = Secured(farebox_binary, tmp_path, is_mutual=request.param)
    with secured.process:
        yield secured
        assert secured.process.is_running(), secured.process.log()[-2000:]


@pytest.fixture
def plain_tls(farebox_binary, tmp_path):
    secured = Secured(farebox_binary, tmp_path, is_mutual=False)
    with secured.process:
        yield secured


def refusal(client):
    with pytest.raises(grpc.RpcError) as failure:
        client.health("auth")
    return failure.value.code()


def test_the_whole_flow(secured):
    client = secured.client()
    admin, user = log_in(client, *ADMIN), log_in(client, *USER)
    client.price_models(admin.token)
    client.allocate(admin.token, user.account, credits=1000)
    texts, ends = client.converse(user.token)
    assert texts and len(ends) == 1
    # Chat charged for it through its own TLS connection.
    assert client.balance(user.token, user.account).balance.total_micros < 1000 * 1_000_000
    client.close()


def test_who_is_not_believed_gets_nothing(secured):
    plaintext = FareboxClient(secured.process.addresses)
    assert refusal(plaintext) == grpc.StatusCode.UNAVAILABLE
    plaintext.close()
    secured.wait_until_log_says("the client speaks HTTP/2 in plaintext, this port expects TLS")
    if not secured.is_mutual:
        return
    for credentials in (
        secured.credentials_of(None),
        secured.credentials_of("stranger", authority=Authority()),
    ):
        stranger = secured.client(credentials)
        assert refusal(stranger) == grpc.StatusCode.UNAVAILABLE
        stranger.close()


def test_a_backup_speaks_tls_as_it_is_told(secured, farebox_binary):
    client = secured.client()
    token = log_in(client, *ADMIN).token
    client.close()
    file, folder = secured.folder / "copy.db", secured.folder

    def backup(*flags):
        address = secured.process.addresses["accounting"]
        command = [farebox_binary, "ledger", "backup", file, "--from", address, *flags]
        environment = {**os.environ, "FAREBOX_TOKEN": token}
        return subprocess.run(
            list(map(str, command)), env=environment, capture_output=True, text=True, timeout=60
        )

    trust = ["--remote-tls-authority", folder / "authority.pem"]
    own = ["--remote-tls-certificate", folder / "chat.pem", "--remote-tls-key", folder / "chat.key"]
    refused = [backup(), backup("--remote-tls-authority", "system")]
    refused += [backup(*trust)] if secured.is_mutual else []
    for done in refused:
        assert done.returncode == 2 and "UNAVAILABLE" in done.stderr, done.stderr
        assert not file.exists()
    done = backup(*trust, *(own if secured.is_mutual else []))
    assert done.returncode == 0 and file.exists(), done.stderr


def test_renewed_certificates_are_taken_over_on_sighup(plain_tls):
    before = plain_tls.shown_serial()
    client = plain_tls.client()
    assert client.health("auth") == "SERVING"

    renewed = plain_tls.write_identity("server")
    assert plain_tls.shown_serial() == before, "not before it is told to"
    plain_tls.hang_up(until=lambda: plain_tls.shown_serial() == renewed)
    assert client.health("auth") == "SERVING", "open connections go on"
    client.close()

    (plain_tls.folder / "server.pem").write_text("nothing")
    plain_tls.hang_up(until=lambda: "certificates not reloaded" in plain_tls.process.log())
    assert plain_tls.shown_serial() == renewed
    again = plain_tls.client()
    assert again.health("accounting") == "SERVING"
    again.close()


@pytest.mark.parametrize(
    "flags, words",
    [
        (["--tls-certificate", "x.pem"], "tls.key: goes with tls.certificate"),
        (["--tls-key", "x.key"], "tls.certificate: goes with tls.key"),
        (["--tls-client-authority", "x.pem"], "tls.client.authority: needs tls.certificate"),
        (["--remote-tls-name", "x"], "remote.tls.authority: is needed"),
        (["--remote-tls-authority", "missing.pem"], "missing.pem"),
        (["--drain-delay-ms=-1"], "drain.delay.ms"),
    ],
)
def test_what_cannot_be_used_is_named_at_the_start(farebox_binary, tmp_path, flags, words):
    command = [str(farebox_binary), "serve", "--data", str(tmp_path), *flags]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    assert words in done.stderr


def test_chat_must_know_whom_to_believe(farebox_binary, tmp_path):
    key, certificate = Authority().issue("server")
    (tmp_path / "server.key").write_bytes(key)
    (tmp_path / "server.pem").write_bytes(certificate)
    done = subprocess.run(
        [str(farebox_binary), "serve", "--data", str(tmp_path)]
        + ["--tls-certificate", str(tmp_path / "server.pem")]
        + ["--tls-key", str(tmp_path / "server.key")],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode != 0
    assert "remote.tls.authority" in done.stderr


def test_a_stop_is_announced_before_calls_are_refused(farebox_binary, tmp_path):
    process = FareboxProcess(
        farebox_binary,
        data_with_users(tmp_path),
        free_addresses(),
        environment={"FAREBOX_DRAIN_DELAY_MS": "10000"},
    )
    with process:
        client = FareboxClient(process.addresses)
        user = log_in(client, *USER)
        process.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while client.health("chat") == "SERVING":
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert client.models(user.token), "calls are still answered"
        assert process.process.wait(WAIT_SECONDS_MAX) == 0
        client.close()
