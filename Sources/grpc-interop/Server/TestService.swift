import GRPC

/// The server of the interop tests: answers exactly as each request describes.
///
/// A request that claims falsely to be compressed is refused. The wish for a compressed response is
/// granted to clients that accept compression.
struct TestService: Grpc_Testing_TestService.SimpleServiceProtocol {
  typealias OutputRequest = Grpc_Testing_StreamingOutputCallRequest
  typealias OutputResponse = Grpc_Testing_StreamingOutputCallResponse

  /// Requests that a half-duplex call may collect before it answers.
  static let collectedRequestsMax = 1000

  /// What tells this server from others.
  private let serverID = "farebox-" + String(UInt64.random(in: .min ... .max), radix: 16)
  /// What the server says of its load outside of calls.
  let load: LoadReports

  func emptyCall(
    request: Grpc_Testing_Empty, context: ServerContext
  ) async throws -> Grpc_Testing_Empty {
    try EchoedMetadata.send(from: context)
    return Grpc_Testing_Empty()
  }

  func unaryCall(
    request: Grpc_Testing_SimpleRequest, context: ServerContext
  ) async throws -> Grpc_Testing_SimpleResponse {
    try EchoedMetadata.send(from: context)
    try Self.check(request.expectCompressed, context)
    if request.responseCompressed?.value == true { Self.compress(context) }
    try request.responseStatus?.throwUnlessOK()
    var response = Grpc_Testing_SimpleResponse()
    if request.responseSize != 0 {
      response.payload = try .zeros(request.responseSize, type: request.responseType)
    }
    if request.fillServerID { response.serverID = serverID }
    try request.orcaPerQueryReport?.reportedLoad.attach(to: context)
    return response
  }

  func cacheableUnaryCall(
    request: Grpc_Testing_SimpleRequest, context: ServerContext
  ) async throws -> Grpc_Testing_SimpleResponse {
    var caching = Metadata()
    caching.addString("max-age=60, public", forKey: "cache-control")
    try context.setInitialMetadata(caching)
    return try await unaryCall(request: request, context: context)
  }

  func streamingOutputCall(
    request: OutputRequest, response: RPCWriter<OutputResponse>, context: ServerContext
  ) async throws {
    try EchoedMetadata.send(from: context)
    Self.compress(context)
    try await answer(request, with: response, context)
  }

  func streamingInputCall(
    request: RPCAsyncSequence<Grpc_Testing_StreamingInputCallRequest>, context: ServerContext
  ) async throws -> Grpc_Testing_StreamingInputCallResponse {
    try EchoedMetadata.send(from: context)
    var response = Grpc_Testing_StreamingInputCallResponse()
    for try await message in request {
      try Self.check(message.expectCompressed, context)
      let (sum, overflow) = response.aggregatedPayloadSize.addingReportingOverflow(
        Int32(clamping: message.payload?.body.count ?? 0))
      guard !overflow else {
        throw RPCError(code: .outOfRange, message: "the payloads exceed 2^31 - 1 bytes together")
      }
      response.aggregatedPayloadSize = sum
    }
    return response
  }

  func fullDuplexCall(
    request: RPCAsyncSequence<OutputRequest>, response: RPCWriter<OutputResponse>,
    context: ServerContext
  ) async throws {
    try EchoedMetadata.send(from: context)
    Self.compress(context)
    for try await message in request {
      if let report = message.orcaOobReport?.reportedLoad { load.set(report) }
      try await answer(message, with: response, context)
    }
  }

  func halfDuplexCall(
    request: RPCAsyncSequence<OutputRequest>, response: RPCWriter<OutputResponse>,
    context: ServerContext
  ) async throws {
    try EchoedMetadata.send(from: context)
    Self.compress(context)
    var collected: [OutputRequest] = []
    for try await message in request {
      guard collected.count < Self.collectedRequestsMax else {
        throw RPCError(
          code: .resourceExhausted, message: "more than \(Self.collectedRequestsMax) requests")
      }
      var kept = message
      kept.payload = nil  // only what is asked for matters, and payloads are large
      collected.append(kept)
    }
    for message in collected { try await answer(message, with: response, context) }
  }

  func unimplementedCall(
    request: Grpc_Testing_Empty, context: ServerContext
  ) async throws -> Grpc_Testing_Empty {
    throw RPCError(code: .unimplemented, message: "no server implements this method")
  }

  private func answer(
    _ request: OutputRequest, with writer: RPCWriter<OutputResponse>, _ context: ServerContext
  ) async throws {
    try request.responseStatus?.throwUnlessOK()
    for wanted in request.responseParameters {
      var response = OutputResponse()
      response.payload = try .zeros(wanted.size, type: request.responseType)
      if wanted.fillPeerSocketAddress?.value == true {
        response.peerSocketAddress = context.remotePeer
      }
      if wanted.intervalUs > 0 {
        try await Task.sleep(for: .microseconds(Int64(wanted.intervalUs)))
      }
      try await writer.write(response, mayCompress: wanted.compressed?.value == true)
    }
  }

  private static func check(_ claim: Grpc_Testing_BoolValue?, _ context: ServerContext) throws {
    guard claim?.value == true, !context.lastRequestWasCompressed else { return }
    throw RPCError(code: .invalidArgument, message: "the request is not compressed")
  }

  private static func compress(_ context: ServerContext) {
    if !context.setResponseCompression(.gzip) { context.setResponseCompression(.deflate) }
  }
}
