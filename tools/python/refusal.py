"""What a failed call says to a program: status code, reason, field, attached answers."""

from dataclasses import dataclass

from google.rpc import error_details_pb2
from grpc_status import rpc_status


@dataclass(frozen=True)
class Refusal:
    """A gRPC error taken apart. `reason` is the ErrorInfo's, `fields` those of BadRequest."""

    code: str
    message: str
    reason: str = ""
    domain: str = ""
    fields: tuple = ()
    details: tuple = ()

    @classmethod
    def of(cls, error):
        """Reads a grpc.RpcError; details that cannot be read are left out, never an error."""
        code, message = error.code().name, error.details() or ""
        try:
            status = rpc_status.from_call(error)
        except ValueError as mismatch:
            return cls(code, f"{message} (details disagree with the status: {mismatch})")
        if status is None:
            return cls(code, message)
        info, request = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
        for detail in status.details:
            detail.Unpack(info)
            detail.Unpack(request)
        fields = tuple(violation.field for violation in request.field_violations)
        return cls(code, message, info.reason, info.domain, fields, tuple(status.details))

    def attached(self, message_type):
        """The attached message of this type, or None."""
        for detail in self.details:
            message = message_type()
            if detail.Unpack(message):
                return message
        return None

    def __str__(self):
        name = f"{self.code} / {self.reason}" if self.reason else self.code
        fields = f" [{', '.join(self.fields)}]" if self.fields else ""
        return f"{name}{fields}: {self.message}"
