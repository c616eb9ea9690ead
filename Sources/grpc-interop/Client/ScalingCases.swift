import GRPC

/// Calls beyond the streams that the server allows on one connection.
///
/// They need a server that allows two (`--max-concurrent-streams 2`), so `all` leaves them out, as
/// the published runner does.
enum ScalingCases {
  /// The published description has the long name, the published clients have the short one too.
  static let all = [
    InteropCase(name: "mcs_cs", run: anotherConnection),
    InteropCase(name: "max_concurrent_streams_connection_scaling", run: anotherConnection),
  ]

  /// Two calls fill the first connection; a third, while they last, gets another one.
  @Sendable private static func anotherConnection(_ setting: CaseSetting) async throws {
    try await setting.withNewChannel(connectionsMax: 2) { service in
      let first = try await Conversation(service)
      try Expect.equal("the server tells the address", first.address.isEmpty, false)
      let second = try await Conversation(service)
      try Expect.equal("address of the second call", second.address, first.address)
      let third = try await Conversation(service)
      try Expect.equal("the third call has the same", third.address == first.address, false)
      for conversation in [first, second, third] { try await conversation.end() }
    }
  }

  /// A call that lasts, and the address of the socket that carries it.
  private struct Conversation {
    let address: String
    private let call:
      BidirectionalCall<
        Grpc_Testing_StreamingOutputCallRequest, Grpc_Testing_StreamingOutputCallResponse
      >

    init(_ service: Grpc_Testing_TestService.Client) async throws {
      call = service.fullDuplexCall()
      try await call.requests.write(addressRequest)
      var responses = call.responses.makeAsyncIterator()
      address = try await responses.next()?.peerSocketAddress ?? ""
    }

    func end() async throws {
      call.requests.finish()
      var responses = call.responses.makeAsyncIterator()
      try Expect.absent("surplus response", try await responses.next())
    }
  }

  private static var addressRequest: Grpc_Testing_StreamingOutputCallRequest {
    var request = StreamingCases.outputRequest(payload: 0, responses: [1])
    var wish = Grpc_Testing_BoolValue()
    wish.value = true
    request.responseParameters[0].fillPeerSocketAddress = wish
    return request
  }
}
