"""Bytes, frames and headers that no proper client sends get the status the references name."""

import pytest
from calls import CHECK, call_raw, check_body, post
from raw_http2 import frame

FOUR_MIB = 4 * 1024 * 1024


# Bytes that are no message


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(b"\x0a\x05ab", id="string cut short"),
        pytest.param(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", id="tag too long"),
        pytest.param(b"\x00\x01", id="field number zero"),
        pytest.param(b"\x10" + b"\xff" * 10 + b"\x01", id="varint too long"),
        pytest.param(b"\x0f", id="wire type seven"),
        pytest.param(b"\x0a\x02\xc3\x28", id="invalid UTF-8"),
        pytest.param(b"\x0a\x03\xed\xa0\x80", id="a surrogate as UTF-8"),
        pytest.param(b"\x2a\x04\x0a\x09ab", id="nested message cut short"),
    ],
)
def test_malformed_protobuf_is_internal(unharmed, message):
    refusal = call_raw(unharmed, message, token=unharmed.user.token)
    assert refusal.code == "INTERNAL"
    assert refusal.message


def test_the_payload_of_a_stranger_is_not_parsed(unharmed):
    assert call_raw(unharmed, b"\xff\xff").code == "UNAUTHENTICATED"


def _varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out) + bytes([value])


# Frames and headers


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("/farebox.accounting.v1.AccountingService/Nothing", "method"),
        ("/farebox.accounting.v1.Nothing/CheckCredits", "service"),
        ("/farebox.auth.v1.AuthService/Login", "service of another listener"),
        ("/farebox.accounting.v1.AccountingService/checkcredits", "case"),
        ("/x", "shape"),
    ],
)
def test_unknown_methods_are_unimplemented(unharmed, path, what):
    assert call_raw(unharmed, b"", path, unharmed.user.token).code == "UNIMPLEMENTED", what


@pytest.mark.parametrize(
    "content_type",
    ["application/grpc-web", "application/grpc-web+proto", "text/plain", "application/json", None],
)
def test_a_foreign_content_type_is_415_without_a_grpc_status(unharmed, content_type):
    answer = post(unharmed, check_body(unharmed), content_type=content_type)
    assert answer.http_status == "415"
    assert answer.grpc_status is None


@pytest.mark.parametrize("content_type", ["application/grpc+proto", "application/grpc;charset=x"])
def test_the_spellings_of_our_content_type_are_accepted(unharmed, content_type):
    answer = post(unharmed, check_body(unharmed), content_type=content_type)
    assert (answer.http_status, answer.grpc_status) == ("200", "0")
    assert answer.headers["content-type"].startswith("application/grpc")


def test_a_missing_te_header_is_tolerated(unharmed):
    assert post(unharmed, check_body(unharmed), te=None).grpc_status == "0"


def test_another_http_method_is_not_served(unharmed):
    answer = post(unharmed, check_body(unharmed), method="PUT")
    assert (
        answer.reset is not None
        or answer.http_status == "405"
        or (answer.grpc_status in ("2", "12", "13"))
    )


def test_a_path_without_its_slash_is_not_routed(unharmed):
    answer = post(unharmed, check_body(unharmed), path=CHECK[1:])
    assert answer.grpc_status != "0"
    assert answer.body == b""


def test_a_message_cut_short_by_the_end_of_the_stream_is_internal(unharmed):
    assert post(unharmed, frame(b"\x10\x01", length=100)).grpc_status == "13"
    assert post(unharmed, b"\0\0\0").grpc_status == "13"


@pytest.mark.parametrize("flag", [1, 2, 255])
def test_a_compressed_flag_without_an_encoding_is_internal(unharmed, flag):
    assert post(unharmed, frame(b"\x10\x01", flag=flag)).grpc_status == "13"


def test_an_unknown_encoding_is_unimplemented(unharmed):
    answer = post(unharmed, check_body(unharmed), grpc_encoding="snappy")
    assert answer.grpc_status == "12"
    accepted = {**answer.headers, **answer.trailers}.get("grpc-accept-encoding", "")
    assert "snappy" not in accepted


@pytest.mark.parametrize("timeout", ["", "1", "S", "123456789S", "1x", "-1S", "1 S"])
def test_a_malformed_timeout_is_internal(unharmed, timeout):
    assert post(unharmed, check_body(unharmed), grpc_timeout=timeout).grpc_status == "13"


@pytest.mark.parametrize("timeout", ["99999999H", "30S", "00000030S"])
def test_a_lawful_timeout_is_obeyed_however_large(unharmed, timeout):
    assert post(unharmed, check_body(unharmed), grpc_timeout=timeout).grpc_status == "0"


@pytest.mark.parametrize("count", [0, 2])
def test_a_unary_call_has_exactly_one_message(unharmed, count):
    assert post(unharmed, check_body(unharmed) * count).grpc_status == "12"


def test_an_oversized_message_is_resource_exhausted(unharmed):
    refusal = call_raw(
        unharmed, b"\x0a" + _varint(FOUR_MIB) + b"a" * FOUR_MIB, token=unharmed.user.token
    )
    assert refusal.code == "RESOURCE_EXHAUSTED"


def test_an_announced_oversized_message_is_refused_before_it_arrives(unharmed):
    answer = post(unharmed, frame(b"", length=FOUR_MIB + 1), end_stream=False)
    assert answer.grpc_status == "8"
