"""gRPC's interop tests over TLS: our client and Google's, each against our server and Google's."""

import datetime
import ipaddress

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from interop_cases import run_case
from interop_client import our_client
from interop_servers import InteropServer, grpcio_server
from interop_stubs import CASES


def self_signed():
    """The key and the certificate (PEM) of a server on the loopback address."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "interop")])
    now = datetime.datetime.now(datetime.timezone.utc)
    hosts = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("interop.test")]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    return (
        key.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
        certificate.public_bytes(pem),
    )


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("interop-tls")
    key, certificate = self_signed()
    (folder / "key.pem").write_bytes(key)
    (folder / "cert.pem").write_bytes(certificate)
    return folder


@pytest.fixture(scope="module", params=["ours", "google"])
def address(request, files):
    key, certificate = files / "key.pem", files / "cert.pem"
    if request.param == "google":
        with grpcio_server(identity=(key.read_bytes(), certificate.read_bytes())) as address:
            yield address
    else:
        flags = ["--tls", "--cert", str(certificate), "--key", str(key)]
        with InteropServer(files / "server.log", *flags) as server:
            yield server.address
            assert server.is_running(), f"the server died: {server.log()[-2000:]}"


def test_our_client(address, files):
    done = our_client(address, "all", "--tls", "--ca", str(files / "cert.pem"))
    assert done.stdout.splitlines() == [f"{case}: passed" for case in CASES]
    assert done.returncode == 0


def test_our_client_takes_the_name_that_the_certificate_bears(address, files):
    flags = ["--tls", "--ca", str(files / "cert.pem"), "--server-name", "interop.test"]
    done = our_client(address, "empty_unary", *flags)
    assert done.stdout == "empty_unary: passed\n"


@pytest.mark.parametrize("case", CASES)
def test_google_client(address, files, case):
    run_case(case, address, authority=(files / "cert.pem").read_bytes())


@pytest.mark.parametrize(
    "flags",
    [
        [],
        ["--tls"],
        ["--tls", "--ca", "cert.pem", "--server-name", "other.test"],
    ],
    ids=["plaintext", "not trusted", "another name"],
)
def test_our_client_does_not_talk_to_what_it_must_not_trust(address, files, flags):
    flags = [str(files / flag) if flag.endswith(".pem") else flag for flag in flags]
    done = our_client(address, "empty_unary", *flags)
    assert done.returncode == 1
    assert done.stdout.startswith("empty_unary: FAILED: UNAVAILABLE")
