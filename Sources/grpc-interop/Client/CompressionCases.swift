import GRPC

/// Messages compressed exactly where it was asked for, and a server that notices.
enum CompressionCases {
  static let all = [
    InteropCase(name: "client_compressed_unary", run: clientCompressedUnary),
    InteropCase(name: "server_compressed_unary", run: serverCompressedUnary),
    InteropCase(name: "client_compressed_streaming", run: clientCompressedStreaming),
    InteropCase(name: "server_compressed_streaming", run: serverCompressedStreaming),
  ]

  private static let compressing = CallOptions(compression: .gzip)

  /// First a request that claims falsely to be compressed: a server that does not mind would not
  /// notice a client that never compresses either.
  @Sendable static func clientCompressedUnary(_ setting: CaseSetting) async throws {
    let service = setting.service
    let claim = request { $0.expectCompressed = Grpc_Testing_BoolValue(true) }
    try await Expect.failure(of: "the probe", .invalidArgument) {
      _ = try await service.unaryCall(claim)
    }
    try check(try await service.unaryCall(claim, options: compressing))
    let denial = request { $0.expectCompressed = Grpc_Testing_BoolValue(false) }
    try check(try await service.unaryCall(denial))
  }

  @Sendable static func serverCompressedUnary(_ setting: CaseSetting) async throws {
    for wish in [true, false] {
      let response = try await setting.client.unaryResponse(
        request { $0.responseCompressed = Grpc_Testing_BoolValue(wish) },
        method: Grpc_Testing_TestService.Method.UnaryCall.descriptor,
        serializer: ProtobufSerializer<Grpc_Testing_SimpleRequest>(),
        deserializer: ProtobufDeserializer<Grpc_Testing_SimpleResponse>())
      try Expect.equal("response is compressed", response.wasCompressed, wish)
      try check(response.message)
    }
  }

  @Sendable static func clientCompressedStreaming(_ setting: CaseSetting) async throws {
    let probe = setting.service.streamingInputCall()
    try await Expect.failure(of: "the probe", .invalidArgument) {
      try await probe.requests.write(input(27_182, expectCompressed: true))
      _ = try await probe.response()
    }
    let call = setting.service.streamingInputCall(options: compressing)
    try await call.requests.write(input(27_182, expectCompressed: true))
    try await call.requests.write(input(45_904, expectCompressed: false), mayCompress: false)
    let response = try await call.response()
    try Expect.equal("aggregated payload size", response.aggregatedPayloadSize, 73_086)
  }

  @Sendable static func serverCompressedStreaming(_ setting: CaseSetting) async throws {
    var request = Grpc_Testing_StreamingOutputCallRequest()
    let wishes: [(size: Int, isCompressed: Bool)] = [(31_415, true), (92_653, false)]
    request.responseParameters = wishes.map { wish in
      var parameters = Grpc_Testing_ResponseParameters()
      parameters.size = Int32(wish.size)
      parameters.compressed = Grpc_Testing_BoolValue(wish.isCompressed)
      return parameters
    }
    let call = setting.client.serverStreaming(
      request, method: Grpc_Testing_TestService.Method.StreamingOutputCall.descriptor,
      serializer: ProtobufSerializer<Grpc_Testing_StreamingOutputCallRequest>(),
      deserializer: ProtobufDeserializer<Grpc_Testing_StreamingOutputCallResponse>())
    var responses = call.responses.makeAsyncIterator()
    for wish in wishes {
      let response = try await responses.next()
      try Expect.equal("bytes of the response", response?.payload?.body.count, wish.size)
      try Expect.equal(
        "response is compressed", call.lastResponseWasCompressed, wish.isCompressed)
    }
    try Expect.absent("surplus response", try await responses.next())
  }

  private static func request(
    _ fill: (inout Grpc_Testing_SimpleRequest) -> Void
  ) -> Grpc_Testing_SimpleRequest {
    var request = Grpc_Testing_SimpleRequest()
    request.responseSize = Int32(UnaryCases.largeResponseBytes)
    request.payload = Grpc_Testing_Payload(zeros: UnaryCases.largeRequestBytes)
    fill(&request)
    return request
  }

  private static func check(_ response: Grpc_Testing_SimpleResponse) throws {
    try Expect.equal(
      "payload bytes", response.payload?.body.count, UnaryCases.largeResponseBytes)
  }

  private static func input(
    _ bytes: Int, expectCompressed: Bool
  ) -> Grpc_Testing_StreamingInputCallRequest {
    var request = Grpc_Testing_StreamingInputCallRequest()
    request.payload = Grpc_Testing_Payload(zeros: bytes)
    request.expectCompressed = Grpc_Testing_BoolValue(expectCompressed)
    return request
  }
}

extension Grpc_Testing_BoolValue {
  /// Wraps the value.
  fileprivate init(_ value: Bool) {
    self.init()
    self.value = value
  }
}
