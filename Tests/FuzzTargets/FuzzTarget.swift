/// One parser of bytes that strangers send, as a fuzzer feeds it.
///
/// `tools/fuzz` runs each under libFuzzer with the address sanitizer; the ordinary tests replay
/// what it found worth keeping, which is under Tests/Corpus in a folder by the target's name.
package enum FuzzTarget: String, CaseIterable, Sendable {
  case http2Server = "http2-server"
  case http2Client = "http2-client"
  case serverStream = "server-stream"
  case clientStream = "client-stream"
  case framing
  case protobuf
  case json
  case base64
  case percentEncoding = "percent-encoding"
  case timeout
  case metadata

  /// Feeds one input. Throws ``BrokenProperty`` when the parser gave an answer it must not give;
  /// what is a crash is left to crash.
  package func run(_ bytes: UnsafeRawBufferPointer) throws(BrokenProperty) {
    var input = FuzzInput(bytes)
    switch self {
    case .http2Server: try ServerSessionFuzz.run(&input)
    case .http2Client: try ClientSessionFuzz.run(&input)
    case .serverStream: try ServerStreamFuzz.run(&input)
    case .clientStream: try ClientStreamFuzz.run(&input)
    case .framing: try FramingFuzz.run(&input)
    case .protobuf: try ProtobufFuzz.run(&input)
    case .json: try JSONFuzz.run(&input)
    case .base64: try TextFuzz.base64(input.rest)
    case .percentEncoding: try TextFuzz.percentEncoding(input.rest)
    case .timeout: try TextFuzz.timeout(&input)
    case .metadata: try MetadataFuzz.run(&input)
    }
  }
}

/// What a parser did that it promises not to do.
package struct BrokenProperty: Error, CustomStringConvertible {
  package let description: String

  /// Throws with the text unless the condition holds.
  static func require(_ holds: Bool, _ text: @autoclosure () -> String) throws(BrokenProperty) {
    if !holds { throw BrokenProperty(description: text()) }
  }
}
