import GRPC

/// Metadata of the caller's own, text and bytes.
enum MetadataCases {
  private static let initialValue = "test_initial_metadata_value"
  private static let trailingValue: [UInt8] = [0xAB, 0xAB, 0xAB]

  static let all = [InteropCase(name: "custom_metadata", run: customMetadata)]

  @Sendable static func customMetadata(_ setting: CaseSetting) async throws {
    try await unary(setting)
    try await fullDuplex(setting)
  }

  private static func unary(_ setting: CaseSetting) async throws {
    var request = Grpc_Testing_SimpleRequest()
    request.responseSize = Int32(UnaryCases.largeResponseBytes)
    request.payload = Grpc_Testing_Payload(zeros: UnaryCases.largeRequestBytes)
    let response = try await setting.client.unaryResponse(
      request,
      method: Grpc_Testing_TestService.Method.UnaryCall.descriptor,
      serializer: ProtobufSerializer<Grpc_Testing_SimpleRequest>(),
      deserializer: ProtobufDeserializer<Grpc_Testing_SimpleResponse>(),
      metadata: sent)
    try Expect.equal(
      "payload bytes", response.message.payload?.body.count, UnaryCases.largeResponseBytes)
    try check("UnaryCall", response.initialMetadata, response.trailingMetadata)
  }

  private static func fullDuplex(_ setting: CaseSetting) async throws {
    let call = setting.service.fullDuplexCall(metadata: sent)
    try await call.requests.write(
      StreamingCases.outputRequest(
        payload: UnaryCases.largeRequestBytes, responses: [UnaryCases.largeResponseBytes]))
    call.requests.finish()
    var responses: [Int] = []
    for try await response in call.responses { responses.append(response.payload?.body.count ?? 0) }
    try Expect.equal("bytes of each response", responses, [UnaryCases.largeResponseBytes])
    try check("FullDuplexCall", try await call.initialMetadata(), call.trailingMetadata)
  }

  private static var sent: Metadata {
    var metadata = Metadata()
    metadata.addString(initialValue, forKey: EchoedMetadata.initialKey)
    metadata.addBinary(trailingValue, forKey: EchoedMetadata.trailingKey)
    return metadata
  }

  private static func check(_ call: String, _ initial: Metadata, _ trailing: Metadata) throws {
    try Expect.equal(
      "initial metadata of \(call)", initial[stringValues: EchoedMetadata.initialKey],
      [initialValue])
    try Expect.equal(
      "trailing metadata of \(call)", trailing[binaryValues: EchoedMetadata.trailingKey],
      [trailingValue])
  }
}
