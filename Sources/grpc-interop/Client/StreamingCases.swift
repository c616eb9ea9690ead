import GRPC

/// Streams in each direction and in both.
enum StreamingCases {
  static let requestBytes = [27_182, 8, 1_828, 45_904]
  static let responseBytes = [31_415, 9, 2_653, 58_979]

  static let all = [
    InteropCase(name: "client_streaming", run: clientStreaming),
    InteropCase(name: "server_streaming", run: serverStreaming),
    InteropCase(name: "ping_pong", run: pingPong),
    InteropCase(name: "empty_stream", run: emptyStream),
  ]

  @Sendable static func clientStreaming(_ setting: CaseSetting) async throws {
    let call = setting.service.streamingInputCall()
    for count in requestBytes {
      var request = Grpc_Testing_StreamingInputCallRequest()
      request.payload = Grpc_Testing_Payload(zeros: count)
      try await call.requests.write(request)
    }
    let response = try await call.response()
    try Expect.equal("aggregated payload size", response.aggregatedPayloadSize, 74_922)
  }

  @Sendable static func serverStreaming(_ setting: CaseSetting) async throws {
    var request = Grpc_Testing_StreamingOutputCallRequest()
    request.responseParameters = responseBytes.map(parameters)
    var received: [Int] = []
    for try await response in setting.service.streamingOutputCall(request) {
      received.append(response.payload?.body.count ?? 0)
    }
    try Expect.equal("bytes of each response", received, responseBytes)
  }

  /// Strictly alternating: each request waits for the response before it.
  @Sendable static func pingPong(_ setting: CaseSetting) async throws {
    let call = setting.service.fullDuplexCall()
    var responses = call.responses.makeAsyncIterator()
    for (up, down) in zip(requestBytes, responseBytes) {
      try await call.requests.write(outputRequest(payload: up, responses: [down]))
      let response = try await responses.next()
      try Expect.equal("bytes of the response", response?.payload?.body.count, down)
    }
    call.requests.finish()
    try Expect.absent("surplus response", try await responses.next())
  }

  @Sendable static func emptyStream(_ setting: CaseSetting) async throws {
    let call = setting.service.fullDuplexCall()
    call.requests.finish()
    var responses = call.responses.makeAsyncIterator()
    try Expect.absent("surplus response", try await responses.next())
  }

  /// A request with a payload that asks for responses of those sizes.
  static func outputRequest(
    payload: Int, responses: [Int]
  ) -> Grpc_Testing_StreamingOutputCallRequest {
    var request = Grpc_Testing_StreamingOutputCallRequest()
    request.responseParameters = responses.map(parameters)
    request.payload = Grpc_Testing_Payload(zeros: payload)
    return request
  }

  private static func parameters(_ count: Int) -> Grpc_Testing_ResponseParameters {
    var parameters = Grpc_Testing_ResponseParameters()
    parameters.size = Int32(count)
    return parameters
  }
}
