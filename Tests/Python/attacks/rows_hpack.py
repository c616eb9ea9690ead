"""RFC 7541: the compression of fields, by the bytes of header blocks."""

from frames import (
    COMPRESSION_ERROR,
    END_HEADERS,
    END_STREAM,
    HEADER_TABLE_SIZE,
    INCREMENTAL,
    NEVER_INDEXED,
    WITHOUT_INDEXING,
    block,
    call,
    continuation,
    data,
    fields,
    headers,
    indexed,
    integer,
    literal,
    open_call,
    settings,
    table_size,
    text,
)
from verdicts import Case, answered, connection_error

CALL_BLOCK = block(*fields())
BROKEN = connection_error(COMPRESSION_ERROR)
# The first entry of the dynamic table.
DYNAMIC_FIRST = 62
TABLE_BYTES = 4096


def with_parts(*parts):
    """A call whose block ends with these."""
    return [call(1, CALL_BLOCK + b"".join(parts))]


def fat(name, size):
    """A field that takes exactly this much of the dynamic table."""
    return literal(name, b"v" * (size - 32 - len(name)), INCREMENTAL)


def huffman(octets):
    """A field value that claims to be coded."""
    return b"\x00" + text(b"x-h") + integer(len(octets), 7, 0x80) + octets


CASES = [
    # 2.3: tables
    Case(
        "2.3.1",
        "the static entries of a request",
        [
            call(
                1,
                indexed(3)
                + indexed(6)
                + literal(4, b"/grpc.testing.TestService/EmptyCall")
                + literal(1, b"127.0.0.1")
                + block((b"te", b"trailers"))
                + literal(31, b"application/grpc"),
            )
        ],
        answered(),
    ),
    Case(
        "2.3.2",
        "an entry that was added is there for the next block",
        [
            call(1, CALL_BLOCK + literal(b"x-a", b"1", INCREMENTAL))
            + call(3, CALL_BLOCK + indexed(62))
        ],
        answered(1, 3),
    ),
    Case(
        "2.3.2",
        "an entry that was added is there within the block",
        with_parts(literal(b"x-a", b"1", INCREMENTAL), indexed(DYNAMIC_FIRST)),
        answered(),
    ),
    Case(
        "2.3.2",
        "all of a request from the dynamic table",
        [
            call(1, block(*fields(), kind=INCREMENTAL))
            + call(3, b"".join(indexed(n) for n in range(67, 61, -1)))
        ],
        answered(1, 3),
    ),
    Case(
        "2.3.2",
        "an entry that trailers added",
        [
            headers(1)
            + data(1, bytes(5))
            + headers(1, literal(b"x-t", b"1", INCREMENTAL), END_HEADERS | END_STREAM)
            + call(3, CALL_BLOCK + indexed(DYNAMIC_FIRST))
        ],
        answered(1, 3),
    ),
    Case("2.3.3", "index 0", with_parts(b"\x80"), BROKEN),
    Case("2.3.3", "an index beyond an empty table", with_parts(indexed(DYNAMIC_FIRST)), BROKEN),
    Case(
        "2.3.3",
        "an index beyond the entries",
        with_parts(literal(b"x-a", b"1", INCREMENTAL), indexed(DYNAMIC_FIRST + 1)),
        BROKEN,
    ),
    Case("2.3.3", "a very large index", with_parts(indexed(2**27)), BROKEN),
    Case("2.3.3", "a name by an index beyond the entries", with_parts(literal(70, b"v")), BROKEN),
    Case(
        "2.3.3",
        "the name of an added entry",
        with_parts(literal(b"x-a", b"1", INCREMENTAL), literal(62, b"2")),
        answered(),
    ),
    # 4: the size of the table
    Case(
        "4.1",
        "a table that is exactly full",
        with_parts(fat(b"x-a", TABLE_BYTES), indexed(62)),
        answered(),
    ),
    Case(
        "4.4",
        "the oldest entry leaves for a new one",
        with_parts(fat(b"x-a", 3000), fat(b"x-b", 1097), indexed(DYNAMIC_FIRST + 1)),
        BROKEN,
    ),
    Case(
        "4.4",
        "the newer entry stays",
        with_parts(fat(b"x-a", 3000), fat(b"x-b", 1097), indexed(DYNAMIC_FIRST)),
        answered(),
    ),
    Case(
        "4.4",
        "an entry larger than the table is no error",
        with_parts(fat(b"x-a", TABLE_BYTES + 1)),
        answered(),
    ),
    Case(
        "4.4",
        "an entry larger than the table empties it",
        with_parts(literal(b"x-a", b"1", INCREMENTAL), fat(b"x-b", TABLE_BYTES + 1), indexed(62)),
        BROKEN,
    ),
    Case(
        "4.2",
        "a smaller table at the start of a block",
        [call(1, table_size(100) + CALL_BLOCK)],
        answered(),
    ),
    Case(
        "4.2",
        "two changes of size at the start",
        [call(1, table_size(0) + table_size(4096) + CALL_BLOCK)],
        answered(),
    ),
    Case(
        "4.2",
        "the largest size that was allowed, after the table was small",
        [call(1, table_size(0) + CALL_BLOCK) + call(3, table_size(TABLE_BYTES) + CALL_BLOCK)],
        answered(1, 3),
    ),
    Case("4.2", "a change of size after a field", with_parts(table_size(0)), BROKEN),
    Case(
        "4.2",
        "a change of size between fields",
        [call(1, CALL_BLOCK[:14] + table_size(0) + CALL_BLOCK[14:])],
        BROKEN,
    ),
    Case(
        "4.2",
        "a size above the setting",
        [call(1, table_size(TABLE_BYTES + 1) + CALL_BLOCK)],
        BROKEN,
    ),
    Case("4.2", "a size of 2^32", [call(1, table_size(2**32) + CALL_BLOCK)], BROKEN),
    Case(
        "4.3",
        "entries that no longer fit leave with the smaller size",
        [
            call(1, CALL_BLOCK + literal(b"x-a", b"1", INCREMENTAL))
            + call(3, table_size(30) + CALL_BLOCK + indexed(62))
        ],
        BROKEN,
    ),
    Case(
        "4.3",
        "entries that still fit stay with the smaller size",
        [
            call(1, CALL_BLOCK + literal(b"x-a", b"1", INCREMENTAL))
            + call(3, table_size(40) + CALL_BLOCK + indexed(62))
        ],
        answered(1, 3),
    ),
    # 5.1: integers
    Case("5.1", "an integer that does not end", [headers(1, CALL_BLOCK + b"\xff\x80\x80")], BROKEN),
    Case(
        "5.1",
        "an integer of more than 32 bits",
        with_parts(b"\xff" + b"\xff" * 5 + b"\x0f"),
        BROKEN,
    ),
    Case(
        "5.1",
        "an integer of more than 64 bits",
        with_parts(b"\xff" + b"\xff" * 10 + b"\x01"),
        BROKEN,
    ),
    Case(
        "5.1",
        "an integer over two octets",
        with_parts(b"\x00" + text(b"x" * 300) + text(b"")),
        answered(),
    ),
    Case(
        "5.1",
        "an integer that is cut by the frame",
        [
            headers(1, CALL_BLOCK + b"\x00" + text(b"x" * 300)[:1], 0)
            + continuation(1, text(b"x" * 300)[1:] + text(b"v"))
            + data(1, bytes(5), END_STREAM)
        ],
        answered(),
    ),
    # 5.2: strings
    Case(
        "5.2",
        "a string longer than the block",
        with_parts(b"\x00" + text(b"x-a") + integer(100, 7) + b"short"),
        BROKEN,
    ),
    Case(
        "5.2",
        "a name longer than the block",
        with_parts(b"\x00" + integer(2**20, 7) + b"x"),
        BROKEN,
    ),
    # "www.example.com" of RFC 7541 appendix C.4.1.
    Case(
        "5.2",
        "a coded string",
        with_parts(huffman(bytes.fromhex("f1e3c2e5f23a6ba0ab90f4ff"))),
        answered(),
    ),
    Case("5.2", "a coded string that is empty", with_parts(huffman(b"")), answered()),
    # "a" is 00011: three bits are left to be filled with ones.
    Case("5.2", "a coded letter and its padding", with_parts(huffman(b"\x1f")), answered()),
    Case("5.2", "padding that is not of ones", with_parts(huffman(b"\x18")), BROKEN),
    Case("5.2", "padding of eight bits", with_parts(huffman(b"\x1f\xff")), BROKEN),
    Case("5.2", "padding of more than eight bits", with_parts(huffman(b"\x1f\xff\xff")), BROKEN),
    Case("5.2", "the end-of-string symbol", with_parts(huffman(b"\xff\xff\xff\xff")), BROKEN),
    Case("5.2", "a symbol that is cut off", with_parts(huffman(b"\xfe")), BROKEN),
    # 6: the forms of a field
    *(
        Case("6.2", f"a literal {name}", with_parts(literal(b"x-a", b"1", kind)), answered())
        for name, kind in (
            ("with indexing", INCREMENTAL),
            ("without indexing", WITHOUT_INDEXING),
            ("that is never indexed", NEVER_INDEXED),
        )
    ),
    *(
        Case(
            "6.2",
            f"a literal {name} adds no entry",
            with_parts(literal(b"x-a", b"1", kind), indexed(DYNAMIC_FIRST)),
            BROKEN,
        )
        for name, kind in (
            ("without indexing", WITHOUT_INDEXING),
            ("that is never indexed", NEVER_INDEXED),
        )
    ),
    Case(
        "6.2",
        "a name of the static table, with indexing",
        with_parts(literal(58, b"me", INCREMENTAL), indexed(62)),
        answered(),
    ),
    Case("6.2.1", "a literal without its value", with_parts(b"\x40" + text(b"x-a")), BROKEN),
    Case("6.2.1", "a literal without anything", with_parts(b"\x40"), BROKEN),
    Case(
        "6.2.2",
        "a literal whose value is cut off",
        with_parts(b"\x00" + text(b"x-a") + b"\x05abc"),
        BROKEN,
    ),
    # 4.2 with the settings of the other side: ours are what we may use, theirs what they may.
    Case(
        "4.2",
        "a table of nothing for the answers",
        [settings((HEADER_TABLE_SIZE, 0)) + call(1) + call(3)],
        answered(1, 3),
    ),
    Case(
        "6.3",
        "trailers that begin with a change of size",
        [open_call(1) + headers(1, table_size(0), END_HEADERS | END_STREAM)],
        lambda connection: connection.finished(1),
    ),
]
