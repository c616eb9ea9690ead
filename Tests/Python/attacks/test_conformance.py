"""HTTP/2 (RFC 9113) and HPACK (RFC 7541) by our own table, in plaintext and over TLS."""

import pytest
import rows_connection
import rows_definitions
import rows_hpack
import rows_http
from authority import Authority
from interop_servers import InteropServer
from raw_connection import RawConnection, trusting_context
from verdicts import Opening

HTTP2 = [*rows_connection.CASES, *rows_definitions.CASES, *rows_http.CASES]
CASES = [("9113", case) for case in HTTP2] + [("7541", case) for case in rows_hpack.CASES]
# What generic suites have.
CASES_MIN = 146


@pytest.fixture(scope="module", params=["clear", "tls"])
def server(request, tmp_path_factory):
    """The interop server and how to reach it; it must have survived all of it."""
    folder, flags, context = tmp_path_factory.mktemp("conformance"), [], None
    if request.param == "tls":
        key, certificate = Authority().issue("server")
        (folder / "key.pem").write_bytes(key)
        (folder / "server.pem").write_bytes(certificate)
        flags = ["--tls", "--key", str(folder / "key.pem"), "--cert", str(folder / "server.pem")]
        context = trusting_context()
    with InteropServer(folder / "server.log", *flags) as server:
        yield server.address, context
        assert server.is_running(), server.log()[-2000:]


@pytest.mark.parametrize(
    ("rfc", "case"),
    [pytest.param(rfc, case, id=f"RFC {rfc} {case.section} {case.rule}") for rfc, case in CASES],
)
def test_the_answer_is_the_one_that_the_rfc_names(server, rfc, case):
    with RawConnection(*server) as connection:
        if not isinstance(case, Opening):
            connection.handshake()
        for step in case.steps:
            if callable(step):
                step(connection)
            else:
                connection.send(step)
        case.judge(connection)


def test_the_table_is_no_smaller_than_those_of_generic_suites():
    rules = [(rfc, case.section, case.rule) for rfc, case in CASES]
    assert len(rules) == len(set(rules)) >= CASES_MIN
