"""Hypothesis strategies that make any message from its descriptor."""

from google.protobuf import message_factory
from google.protobuf.descriptor import FieldDescriptor as Field
from hypothesis import strategies as st

DEPTH_MAX = 3
FIELDS_MAX = 14


def _integers(low, high):
    edges = {low, high, 0, 1, 127, 128, 16384, 2**31, 2**32} | ({-1, -128} if low < 0 else set())
    return st.one_of(
        st.sampled_from(sorted(edge for edge in edges if low <= edge <= high)),
        st.integers(low, high),
    )


_SIGNED_32, _SIGNED_64 = _integers(-(2**31), 2**31 - 1), _integers(-(2**63), 2**63 - 1)
_UNSIGNED_32, _UNSIGNED_64 = _integers(0, 2**32 - 1), _integers(0, 2**64 - 1)
SCALARS = {
    Field.TYPE_DOUBLE: st.floats(),
    Field.TYPE_FLOAT: st.floats(width=32),
    Field.TYPE_INT32: _SIGNED_32,
    Field.TYPE_SINT32: _SIGNED_32,
    Field.TYPE_SFIXED32: _SIGNED_32,
    Field.TYPE_INT64: _SIGNED_64,
    Field.TYPE_SINT64: _SIGNED_64,
    Field.TYPE_SFIXED64: _SIGNED_64,
    Field.TYPE_UINT32: _UNSIGNED_32,
    Field.TYPE_FIXED32: _UNSIGNED_32,
    Field.TYPE_UINT64: _UNSIGNED_64,
    Field.TYPE_FIXED64: _UNSIGNED_64,
    Field.TYPE_BOOL: st.booleans(),
    Field.TYPE_STRING: st.one_of(
        st.sampled_from(["", "\0", "a\0b", "é", "\U0001f68c", "\ufeff"]), st.text(max_size=20)
    ),
    Field.TYPE_BYTES: st.binary(max_size=20),
}


@st.composite
def messages(draw, descriptor, json=False, depth=0):
    """A message of this type. With `json`, only what canonical JSON can say."""
    message = message_factory.GetMessageClass(descriptor)()
    special = _WELL_KNOWN.get(descriptor.full_name)
    if special:
        special(draw, message, json, depth)
        return message
    for field in draw(_fields(descriptor, json, depth)):
        if field.message_type and field.message_type.GetOptions().map_entry:
            _fill_map(draw, message, field, json, depth)
        elif field.is_repeated:
            values = draw(st.lists(_values(field, json, depth), max_size=4))
            getattr(message, field.name).extend(values)
        elif field.message_type:
            getattr(message, field.name).CopyFrom(draw(_values(field, json, depth)))
        else:
            setattr(message, field.name, draw(_values(field, json, depth)))
    return message


def _fields(descriptor, json, depth):
    usable = [
        field
        for field in descriptor.fields
        if not (depth >= DEPTH_MAX and field.message_type)
        and not (json and field.message_type and field.message_type.full_name == _ANY)
    ]
    if not usable:
        return st.just([])
    size = FIELDS_MAX if depth == 0 else 3
    return st.lists(st.sampled_from(usable), max_size=size, unique_by=lambda field: field.number)


def _values(field, json, depth):
    if field.message_type:
        return messages(field.message_type, json=json, depth=depth + 1)
    if field.enum_type:
        known = st.sampled_from([value.number for value in field.enum_type.values])
        return known if json else st.one_of(known, _SIGNED_32)
    if json and field.type in (Field.TYPE_DOUBLE, Field.TYPE_FLOAT):
        # Which of the many NaNs the text "NaN" means is nobody's promise.
        width = 32 if field.type == Field.TYPE_FLOAT else 64
        return st.floats(allow_nan=False, width=width)
    return SCALARS[field.type]


def _fill_map(draw, message, field, json, depth):
    key_field, value_field = field.message_type.fields
    target = getattr(message, field.name)
    for key in draw(st.lists(SCALARS[key_field.type], max_size=3, unique=True)):
        value = draw(_values(value_field, json, depth))
        if value_field.message_type:
            target[key].CopyFrom(value)
        else:
            target[key] = value


def _timestamp(draw, message, json, depth):
    message.seconds = draw(_integers(-62_135_596_800, 253_402_300_799))
    message.nanos = draw(_integers(0, 999_999_999))


def _duration(draw, message, json, depth):
    sign = draw(st.sampled_from([1, -1]))
    message.seconds = sign * draw(_integers(0, 315_576_000_000))
    message.nanos = sign * draw(_integers(0, 999_999_999))


def _value(draw, message, json, depth):
    kinds = ["null_value", "number_value", "string_value", "bool_value"]
    kind = draw(st.sampled_from(kinds + (["list_value"] if depth < DEPTH_MAX else [])))
    if kind == "null_value":
        message.null_value = 0
    elif kind == "number_value":
        message.number_value = draw(st.floats(allow_nan=False, allow_infinity=False))
    elif kind == "list_value":
        message.list_value.SetInParent()
        for _ in range(draw(st.integers(0, 2))):
            _value(draw, message.list_value.values.add(), json, depth + 1)
    else:
        setattr(message, kind, draw(st.text(max_size=8) if kind[0] == "s" else st.booleans()))


_ANY = "google.protobuf.Any"
_WELL_KNOWN = {
    "google.protobuf.Timestamp": _timestamp,
    "google.protobuf.Duration": _duration,
    "google.protobuf.Value": _value,
}


def same_value(left, right):
    """Whether two messages are equal, also where they hold NaN, which is unequal to itself."""
    return left.SerializeToString(deterministic=True) == right.SerializeToString(deterministic=True)
