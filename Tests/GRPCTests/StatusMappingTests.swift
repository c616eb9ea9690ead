import Testing

@testable import GRPC

@Suite("Mapping to gRPC codes")
struct StatusMappingTests {
  @Test(
    "HTTP statuses without a gRPC status",
    arguments: [
      (400, .internalError), (401, .unauthenticated), (403, .permissionDenied),
      (404, .unimplemented), (429, .unavailable), (502, .unavailable), (503, .unavailable),
      (504, .unavailable), (431, .unknown), (200, .unknown), (301, .unknown), (418, .unknown),
      (500, .unknown), (800, .unknown),
    ] as [(Int, Status.Code)])
  func http(status: Int, code: Status.Code) {
    #expect(Status.Code(httpStatus: status) == code)
  }

  @Test(
    "RST_STREAM error codes",
    arguments: [
      (0x0, .internalError), (0x1, .internalError), (0x2, .internalError), (0x3, .internalError),
      (0x4, .internalError), (0x6, .internalError), (0x7, .unavailable), (0x8, .cancelled),
      (0x9, .internalError), (0xA, .internalError), (0xB, .resourceExhausted),
      (0xC, .permissionDenied), (0xDEAD, .unknown),
    ] as [(UInt32, Status.Code)])
  func reset(errorCode: UInt32, code: Status.Code) {
    #expect(Status.Code(resetErrorCode: errorCode) == code)
  }

  @Test("unknown errors reach the wire as UNKNOWN without their text")
  func wrapping() {
    struct Secret: Error {}
    struct Known: RPCErrorConvertible {
      var rpcError: RPCError { RPCError(code: .notFound, message: "gone") }
    }
    let secret = RPCError(wrapping: Secret())
    #expect(secret.code == .unknown)
    #expect(!secret.message.contains("Secret"))
    #expect(secret.cause is Secret)
    #expect(RPCError(wrapping: Known()).code == .notFound)
    #expect(RPCError(wrapping: CancellationError()).code == .cancelled)
  }
}
