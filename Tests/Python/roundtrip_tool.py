"""Talks to `protobuf-roundtrip`, the Swift side of the property tests (Tests/ProtobufRoundtrip)."""

import subprocess

WIRE, TO_JSON, FROM_JSON = b"B", b"J", b"P"


class Refused(Exception):
    """The Swift side would not decode this; the text says why."""


class RoundtripTool:
    """One process that answers requests in order."""

    def __init__(self, path):
        self.process = subprocess.Popen(
            [str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )

    def wire(self, name, payload):
        """Decodes wire bytes and encodes the value again."""
        return self._ask(WIRE, name, payload)

    def to_json(self, name, payload):
        """Decodes wire bytes and writes canonical JSON."""
        return self._ask(TO_JSON, name, payload).decode()

    def from_json(self, name, text):
        """Reads JSON and encodes the value."""
        return self._ask(FROM_JSON, name, text.encode())

    def close(self):
        self.process.stdin.close()
        return self.process.wait(10)

    def _ask(self, operation, name, payload):
        request = operation + bytes([len(name)]) + name.encode() + payload
        self._write(len(request).to_bytes(4, "big") + request)
        answer = self._read(int.from_bytes(self._read(4), "big"))
        outcome, content = answer[0], answer[1:]
        if outcome == 0:
            return content
        if outcome == 1:
            raise Refused(content.decode())
        raise AssertionError(content.decode())

    def _write(self, data):
        view = memoryview(data)
        while view:
            view = view[self.process.stdin.write(view) :]

    def _read(self, count):
        data = b""
        while len(data) < count:
            more = self.process.stdout.read(count - len(data))
            assert more, f"protobuf-roundtrip died with {self.process.wait(10)}"
            data += more
        return data
