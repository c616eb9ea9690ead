import GRPC

/// Calls that their caller ends early, by hand or by the clock.
enum CancellationCases {
  static let all = [
    InteropCase(name: "cancel_after_begin", run: cancelAfterBegin),
    InteropCase(name: "cancel_after_first_response", run: cancelAfterFirstResponse),
    InteropCase(name: "timeout_on_sleeping_server", run: timeoutOnSleepingServer),
  ]

  @Sendable static func cancelAfterBegin(_ setting: CaseSetting) async throws {
    let call = setting.service.streamingInputCall()
    call.cancel()
    try await Expect.failure(of: "StreamingInputCall", .cancelled) {
      _ = try await call.response()
    }
  }

  @Sendable static func cancelAfterFirstResponse(_ setting: CaseSetting) async throws {
    let call = setting.service.fullDuplexCall()
    var responses = call.responses.makeAsyncIterator()
    try await call.requests.write(
      StreamingCases.outputRequest(payload: 27_182, responses: [31_415]))
    let first = try await responses.next()
    try Expect.equal("bytes of the response", first?.payload?.body.count, 31_415)
    call.cancel()
    try await Expect.failure(of: "FullDuplexCall", .cancelled) {
      while try await responses.next() != nil {}
    }
  }

  /// The server waits for more requests, so only the deadline can end the call.
  @Sendable static func timeoutOnSleepingServer(_ setting: CaseSetting) async throws {
    try await Expect.failure(of: "FullDuplexCall", .deadlineExceeded) {
      let call = setting.service.fullDuplexCall(options: .timeout(.milliseconds(1)))
      try await call.requests.write(StreamingCases.outputRequest(payload: 27_182, responses: []))
      for try await _ in call.responses {}
    }
  }
}
