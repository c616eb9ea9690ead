"""Our encoding and decoding against Google's, in both directions, on messages made at random."""

import json
import math
import os
import random

import pytest
from conftest import PROJECT
from contract_stubs import ContractStubs
from farebox_client import FareboxClient
from farebox_process import binary_path, free_addresses
from google.protobuf import json_format, message_factory
from google.protobuf.descriptor import FieldDescriptor as Field
from google.protobuf.message import DecodeError
from google.protobuf.unknown_fields import UnknownFieldSet
from hypothesis import HealthCheck, assume, given, note, settings
from hypothesis import strategies as st
from message_strategies import messages, same_value
from roundtrip_tool import Refused, RoundtripTool

TEST_PROTOS = ContractStubs(PROJECT / "Tests" / "Protos", below=".")
ROUNDTRIP = TEST_PROTOS.messages("roundtrip/v1/roundtrip.proto")
FEATURES = TEST_PROTOS.messages("test/v1/features.proto")
CONTRACTS = FareboxClient(free_addresses())
Everything, Newcomer = ROUNDTRIP.Everything, ROUNDTRIP.Newcomer
TYPES = [
    Everything,
    Everything.Inner,
    FEATURES.Scalars,
    FEATURES.OptionalScalars,
    FEATURES.RepeatedScalars,
    FEATURES.Maps,
    FEATURES.Choices,
    FEATURES.Tree,
    FEATURES.Keywords,
    FEATURES.Names,
    CONTRACTS.accounting.CheckCreditsRequest,
    CONTRACTS.accounting.CheckCreditsResponse,
    CONTRACTS.accounting.AllocateCreditsRequest,
    CONTRACTS.accounting.GetBalanceResponse,
    CONTRACTS.accounting.OpenHoldResponse,
    CONTRACTS.accounting.ListUsageResponse,
    CONTRACTS.chat.ChatResponse,
    CONTRACTS.auth.LoginResponse,
]
IS_LONG = os.environ.get("FAREBOX_LONG", "") not in ("", "0")
SEED = int(os.environ.get("FAREBOX_SEED", random.randrange(2**31)))
# Ten variants of each.
MUTATIONS = 100_000 if IS_LONG else 500
# What we refuse on purpose and Google's decoder lets pass.
STRICTER = ("groups are not supported", "a varint is longer than 64 bits")

often = settings(
    max_examples=300, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
sometimes = settings(often, max_examples=100)
any_type = st.sampled_from([Everything, Everything, Everything, *TYPES])


@pytest.fixture(scope="module")
def tool():
    path = binary_path(name="protobuf-roundtrip")
    assert path.exists(), f"{path} is missing: build first (tools/test does)"
    running = RoundtripTool(path)
    yield running
    assert running.close() == 0


def name_of(message_type):
    return message_type.DESCRIPTOR.full_name


@often
@given(data=st.data())
def test_what_google_encodes_we_decode_and_what_we_encode_google_decodes(tool, data):
    message_type = data.draw(any_type)
    message = data.draw(messages(message_type.DESCRIPTOR))
    ours = tool.wire(name_of(message_type), message.SerializeToString())
    assert same_value(message_type.FromString(ours), message)
    assert tool.wire(name_of(message_type), ours) == ours, "encoding again changes the bytes"


@sometimes
@given(data=st.data())
def test_fields_that_we_do_not_know_survive(tool, data):
    message = data.draw(messages(Everything.DESCRIPTOR))
    through = tool.wire(name_of(Newcomer), message.SerializeToString())
    assert same_value(Everything.FromString(through), message)


@sometimes
@given(data=st.data())
def test_two_messages_in_a_row_are_merged_as_google_merges_them(tool, data):
    first, second = (data.draw(messages(Everything.DESCRIPTOR)) for _ in range(2))
    both = first.SerializeToString() + second.SerializeToString()
    ours = tool.wire(name_of(Everything), both)
    assert same_value(Everything.FromString(ours), Everything.FromString(both))


@often
@given(data=st.data())
def test_damaged_bytes_are_refused_or_mean_the_same_to_both(tool, data):
    message_type = data.draw(any_type)
    message = data.draw(messages(message_type.DESCRIPTOR))
    damaged = data.draw(damaged_copies(message.SerializeToString()))
    note(f"{name_of(message_type)}: {damaged.hex()}")
    assume(agree(tool, message_type, damaged))


def agree(tool, message_type, damaged):
    """Whether both refuse bytes or read the same from them; fails where they do not. False where
    that cannot be told.
    """
    google = google_decodes(message_type, damaged)
    try:
        ours = tool.wire(name_of(message_type), damaged)
    except Refused as refusal:
        assert google is None or is_stricter(str(refusal), message_type), str(refusal)
        return True
    if google is None:
        # Google's decoder judges every text, ours those that are not replaced by a later one.
        google = google_decodes(message_type, with_lawful_texts(message_type.DESCRIPTOR, damaged))
    assert google is not None, "Google's decoder refuses what ours accepts"
    # An entry that holds fields besides key and value: Google's Python runtime sets the whole entry
    # aside as unknown, its C++ runtime keeps the entry, and so do we.
    if has_map_entries_set_aside(google):
        return False
    again = message_type.FromString(ours)
    # Fields nobody knows keep their content; an overlong spelling of their tag is not kept.
    for one in (again, google):
        one.DiscardUnknownFields()
    assert same_value(again, google)
    return True


def is_stricter(refusal, message_type):
    """Whether Google's decoder lets pass, as we know, what we refuse with these words."""
    named, _, reason = refusal.partition(": ")
    if reason == "field number 0":
        # Its Python runtime does not look at field numbers in a type that has no fields.
        return not message_type.DESCRIPTOR.file.pool.FindMessageTypeByName(named).fields
    return any(stricter in refusal for stricter in STRICTER)


def with_lawful_texts(descriptor, octets):
    """The bytes of a message with something else in place of what is not UTF-8 in its texts. Where
    the original is accepted, none of these is seen.
    """
    out, at = bytearray(), 0
    while at < len(octets):
        start = at
        tag, at = varint_at(octets, at)
        kind, size = tag & 7, {1: 8, 5: 4}.get(tag & 7, 0)
        if kind == 0:
            at = varint_at(octets, at)[1]
        elif kind == 2:
            size, at = varint_at(octets, at)
        head, payload = octets[start:at], octets[at : at + size]
        field = descriptor.fields_by_number.get(tag >> 3)
        if field and kind == 2 and field.message_type:
            inner = with_lawful_texts(field.message_type, payload)
            assert len(inner) == len(payload)
            payload = inner
        elif field and kind == 2 and field.type == Field.TYPE_STRING:
            try:
                payload.decode()
            except UnicodeDecodeError:
                payload = b"x" * size
        out += head + payload
        at += size
    return bytes(out)


def varint_at(octets, at):
    value = shift = 0
    while True:
        value |= (octets[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if octets[at - 1] < 128:
            return value, at


def filled(descriptor, dice, depth=0):
    """A message with most of its fields, the edges among their values."""
    message = message_factory.GetMessageClass(descriptor)()
    for field in descriptor.fields:
        if dice.random() < 0.2 or (field.message_type and depth > 2):
            continue
        values = [random_value(field, dice, depth) for _ in range(dice.randint(1, 3))]
        if is_map(field):
            for entry in values:
                target = getattr(message, field.name)
                if hasattr(entry.value, "CopyFrom"):
                    target[entry.key].CopyFrom(entry.value)
                else:
                    target[entry.key] = entry.value
        elif field.is_repeated:
            getattr(message, field.name).extend(values)
        elif field.message_type:
            getattr(message, field.name).CopyFrom(values[0])
        else:
            setattr(message, field.name, values[0])
    return message


def random_value(field, dice, depth):
    if field.message_type:
        return filled(field.message_type, dice, depth + 1)
    if field.enum_type:
        return dice.choice([value.number for value in field.enum_type.values])
    if field.type == Field.TYPE_BOOL:
        return True
    if field.type in (Field.TYPE_DOUBLE, Field.TYPE_FLOAT):
        return dice.choice([0.5, -0.0, math.inf])
    if field.type == Field.TYPE_STRING:
        return dice.choice(["a", "\0", "\u00e9"])
    if field.type == Field.TYPE_BYTES:
        return dice.randbytes(3)
    return dice.choice([1, 127, 128, 2**31 - 1])


def mutated(octets, dice):
    """The bytes with some of them changed, and pieces doubled or taken from elsewhere."""
    data = bytearray(octets)
    for _ in range(dice.choice([1, 1, 1, 2, 3, 6])):
        at, kind = dice.randrange(len(data) + 1), dice.randrange(6)
        piece = dice.randint(1, 12)
        if kind == 0:
            data[at:at] = dice.randbytes(dice.randint(1, 3))
        elif kind == 1:
            del data[at : at + piece]
        elif kind == 2 and at < len(data):
            data[at] ^= 1 << dice.randrange(8)
        elif kind == 3 and at < len(data):
            data[at] = dice.choice([0, 1, 0x7F, 0x80, 0xFF])
        elif kind == 4:
            from_there = dice.randrange(len(data) + 1)
            data[at:at] = data[from_there : from_there + piece]
        else:
            # The wire type of what may be a tag.
            tag = data[at] & 0xF8 if at < len(data) else 0x08
            data[at : at + 1] = bytes([tag | dice.randrange(8)])
    return bytes(data)


def test_mutations_are_refused_or_mean_the_same_to_both(tool):
    """What the other tests of this file do, by the million: a seed, and no shrinking."""
    print(f"seed {SEED}")
    dice, judged = random.Random(SEED), 0
    for number in range(MUTATIONS):
        message_type = TYPES[number % len(TYPES)]
        whole = filled(message_type.DESCRIPTOR, dice).SerializeToString(deterministic=True)
        for _ in range(10):
            damaged = mutated(whole, dice)
            try:
                judged += agree(tool, message_type, damaged)
            except AssertionError as error:
                raise AssertionError(f"{name_of(message_type)} {damaged.hex()}") from error
    assert judged > MUTATIONS * 5


def test_field_number_0_is_refused_in_a_type_without_fields_too(tool):
    # Found with the seed 329934224.
    damaged = bytes.fromhex("0a030a010012050a030a01611a12050a030a01611a0020012a0020012a020801")
    with pytest.raises(Refused, match="^test.v1.Names.Error: field number 0$"):
        tool.wire(name_of(FEATURES.Names), damaged)
    assert agree(tool, FEATURES.Names, damaged)


def has_map_entries_set_aside(message):
    fields = message.DESCRIPTOR.fields_by_number
    if any(is_map(fields.get(field.field_number)) for field in UnknownFieldSet(message)):
        return True
    return any(has_map_entries_set_aside(inner) for inner in inner_messages(message))


def is_map(field):
    return bool(field and field.message_type and field.message_type.GetOptions().map_entry)


def inner_messages(message):
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        if is_map(field):
            if field.message_type.fields_by_name["value"].message_type:
                yield from value.values()
        elif hasattr(value, "ListFields"):
            yield value
        else:
            yield from value


def google_decodes(message_type, data):
    try:
        return message_type.FromString(data)
    except DecodeError:
        return None


@st.composite
def damaged_copies(draw, original):
    data = bytearray(original)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        kind = draw(st.sampled_from(["cut", "insert", "replace", "remove"]))
        if kind == "cut":
            del data[at:]
        elif kind == "insert":
            data[at:at] = draw(st.binary(min_size=1, max_size=6))
        elif kind == "replace":
            data[at : at + 1] = draw(st.binary(min_size=1, max_size=1))
        else:
            del data[at : at + draw(st.integers(1, 6))]
    return bytes(data)


BAD_UTF_8 = [b"\xff", b"\xc3\x28", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf", b"ok\xe2\x82"]
STRING_PLACES = {
    "singular": lambda text: {"string_value": text},
    "optional": lambda text: {"optional_string": text},
    "repeated": lambda text: {"strings": ["fine", text]},
    "oneof": lambda text: {"choice_string": text},
    "map key": lambda text: {"string_to_int64": {text: 1}},
    "map value": lambda text: {"int32_to_string": {1: text}},
    "nested": lambda text: {"inners": [ROUNDTRIP.Everything.Inner(name=text)]},
}


@pytest.mark.parametrize("place", STRING_PLACES)
@pytest.mark.parametrize("bad", BAD_UTF_8, ids=lambda bad: bad.hex())
def test_invalid_utf_8_is_refused_wherever_a_string_stands(tool, place, bad):
    marker = "@" * len(bad)
    good = Everything(**STRING_PLACES[place](marker)).SerializeToString()
    tool.wire(name_of(Everything), good)
    with pytest.raises(Refused, match="UTF-8"):
        tool.wire(name_of(Everything), good.replace(marker.encode(), bad))


def test_bytes_need_not_be_utf_8_and_nul_survives(tool):
    message = Everything(bytes_value=b"\xff\0\xfe", string_value="a\0b", strings=["\0", ""])
    ours = tool.wire(name_of(Everything), message.SerializeToString())
    assert Everything.FromString(ours) == message


@pytest.mark.parametrize("levels", [1, 10, 90])
def test_nesting_that_google_accepts_is_accepted(tool, levels):
    ours = tool.wire(name_of(Everything.Inner), nested(levels))
    assert Everything.Inner.FromString(ours) == Everything.Inner.FromString(nested(levels))


@pytest.mark.parametrize("levels", [150, 5_000, 100_000])
def test_nesting_that_would_eat_the_stack_is_refused(tool, levels):
    with pytest.raises(Refused, match="levels"):
        tool.wire(name_of(Everything.Inner), nested(levels))


def nested(levels):
    """An Inner within an Inner, `levels` deep."""
    data = b"\x0a\x01x"
    for _ in range(levels - 1):
        size, rest = bytearray(), len(data)
        while rest > 127:
            size.append(rest & 127 | 128)
            rest >>= 7
        data = b"\x22" + bytes(size) + bytes([rest]) + data
    return data


@often
@given(data=st.data())
def test_json_of_google_is_read_and_ours_is_read_by_google(tool, data):
    message_type = data.draw(any_type)
    message = data.draw(messages(message_type.DESCRIPTOR, json=True))
    wire, name = message.SerializeToString(), name_of(message_type)
    ours = tool.to_json(name, wire)
    note(ours)
    theirs = json_format.MessageToJson(message, indent=None)
    # Google's Python runtime writes the largest float so that it refuses to read it again.
    assume(google_reads_json(message_type, theirs))
    assert same_value(json_format.Parse(ours, message_type()), message)
    assert same_value(message_type.FromString(tool.from_json(name, theirs)), message)
    assert json.loads(ours).keys() == json.loads(theirs).keys()


def google_reads_json(message_type, text):
    try:
        json_format.Parse(text, message_type())
        return True
    except json_format.ParseError:
        return False


def test_json_spells_what_numbers_cannot_say(tool):
    message = Everything(double_value=math.nan, doubles=[math.inf, -math.inf])
    ours = tool.to_json(name_of(Everything), message.SerializeToString())
    assert json.loads(ours) == {"doubleValue": "NaN", "doubles": ["Infinity", "-Infinity"]}
    assert math.isnan(Everything.FromString(tool.from_json(name_of(Everything), ours)).double_value)
    minus_zero = Everything(double_value=-0.0)
    ours = tool.to_json(name_of(Everything), minus_zero.SerializeToString())
    assert same_value(json_format.Parse(ours, Everything()), minus_zero)
