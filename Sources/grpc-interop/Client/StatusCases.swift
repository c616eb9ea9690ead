import GRPC

/// Calls that end with a status other than OK.
enum StatusCases {
  static let all = [
    InteropCase(name: "status_code_and_message", run: statusCodeAndMessage),
    InteropCase(name: "special_status_message", run: specialStatusMessage),
    InteropCase(name: "unimplemented_method", run: unimplementedMethod),
    InteropCase(name: "unimplemented_service", run: unimplementedService),
  ]

  @Sendable static func statusCodeAndMessage(_ setting: CaseSetting) async throws {
    let message = "test status message"
    try await Expect.failure(of: "UnaryCall", .unknown, message: message) {
      _ = try await setting.service.unaryCall(simpleRequest(endingWith: message))
    }
    try await Expect.failure(of: "FullDuplexCall", .unknown, message: message) {
      let call = setting.service.fullDuplexCall()
      var request = Grpc_Testing_StreamingOutputCallRequest()
      request.responseStatus = unknownStatus(message)
      try await call.requests.write(request)
      call.requests.finish()
      for try await _ in call.responses {}
    }
  }

  /// White space and characters beyond ASCII survive the percent-encoding of `grpc-message`.
  @Sendable static func specialStatusMessage(_ setting: CaseSetting) async throws {
    let message = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"
    try await Expect.failure(of: "UnaryCall", .unknown, message: message) {
      _ = try await setting.service.unaryCall(simpleRequest(endingWith: message))
    }
  }

  @Sendable static func unimplementedMethod(_ setting: CaseSetting) async throws {
    try await Expect.failure(of: "TestService.UnimplementedCall", .unimplemented) {
      _ = try await setting.service.unimplementedCall(Grpc_Testing_Empty())
    }
  }

  @Sendable static func unimplementedService(_ setting: CaseSetting) async throws {
    let service = Grpc_Testing_UnimplementedService.Client(wrapping: setting.client)
    try await Expect.failure(of: "UnimplementedService.UnimplementedCall", .unimplemented) {
      _ = try await service.unimplementedCall(Grpc_Testing_Empty())
    }
  }

  private static func simpleRequest(endingWith message: String) -> Grpc_Testing_SimpleRequest {
    var request = Grpc_Testing_SimpleRequest()
    request.responseStatus = unknownStatus(message)
    return request
  }

  private static func unknownStatus(_ message: String) -> Grpc_Testing_EchoStatus {
    var status = Grpc_Testing_EchoStatus()
    status.code = Int32(Status.Code.unknown.rawValue)
    status.message = message
    return status
  }
}
