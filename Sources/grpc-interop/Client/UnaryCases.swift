import GRPC

/// One request, one response.
enum UnaryCases {
  /// Bytes up and down that exceed the first flow-control windows of HTTP/2.
  static let largeRequestBytes = 271_828
  static let largeResponseBytes = 314_159
  /// Calls in flight at once.
  static let concurrentCalls = 32
  /// Calls that must all reach the same server.
  static let stickyCalls = 100

  static let all = [
    InteropCase(name: "empty_unary", run: emptyUnary),
    InteropCase(name: "large_unary", run: largeUnary),
    InteropCase(name: "concurrent_large_unary", run: concurrentLargeUnary),
    InteropCase(name: "pick_first_unary", run: pickFirstUnary),
  ]

  /// A message of zero bytes is a message, in both directions.
  @Sendable static func emptyUnary(_ setting: CaseSetting) async throws {
    let response = try await setting.service.emptyCall(Grpc_Testing_Empty())
    try Expect.equal("empty response", response, Grpc_Testing_Empty())
  }

  @Sendable static func largeUnary(_ setting: CaseSetting) async throws {
    try await largeCall(setting.service)
  }

  /// Many large calls share one connection and its flow-control window.
  @Sendable static func concurrentLargeUnary(_ setting: CaseSetting) async throws {
    let service = setting.service
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<concurrentCalls {
        group.addTask { try await largeCall(service) }
      }
      try await group.waitForAll()
    }
  }

  /// A channel that picks the first address stays with that server.
  @Sendable static func pickFirstUnary(_ setting: CaseSetting) async throws {
    var request = Grpc_Testing_SimpleRequest()
    request.fillServerID = true
    let first = try await setting.service.unaryCall(request).serverID
    guard !first.isEmpty else {
      throw InteropFailure.differs(what: "server id", expected: "a text", found: "nothing")
    }
    for _ in 1..<stickyCalls {
      try Expect.equal("server id", try await setting.service.unaryCall(request).serverID, first)
    }
  }

  /// One large call, its response checked byte by byte.
  static func largeCall(_ service: Grpc_Testing_TestService.Client) async throws {
    var request = Grpc_Testing_SimpleRequest()
    request.responseSize = Int32(largeResponseBytes)
    request.payload = Grpc_Testing_Payload(zeros: largeRequestBytes)
    let response = try await service.unaryCall(request)
    try Expect.equal("payload type", response.payload?.type, .compressable)
    try Expect.equal("payload bytes", response.payload?.body.count, largeResponseBytes)
    let isZero = response.payload?.body.allSatisfy { $0 == 0 }
    try Expect.equal("payload is zeros", isZero, true)
  }
}
