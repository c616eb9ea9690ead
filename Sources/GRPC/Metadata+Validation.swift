extension Metadata {
  /// Names a caller may not set: the protocol or HTTP owns them.
  private static let reserved: Set<String> = [
    "te", "content-type", "user-agent", "connection", "keep-alive", "proxy-connection",
    "transfer-encoding", "upgrade", "host", "content-length",
  ]

  /// Checks that every field may go on the wire; throws INTERNAL naming the first that may not.
  ///
  /// nghttp2 does not look at what we send, so this is what keeps CR, LF and NUL out of headers.
  /// Values are never quoted in the error: they may be secrets.
  public func validateForSending() throws(RPCError) {
    guard !isEmpty else { return }
    var problem: String?
    forEachField { name, value in
      if problem == nil { problem = Self.problem(name: name, value: value) }
    }
    if let problem { throw RPCError(code: .internalError, message: problem) }
  }

  private static func problem(
    name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>
  ) -> String? {
    guard !name.isEmpty else { return "a metadata name is empty" }
    guard name.allSatisfy(isNameByte) else {
      let printable = name.map { isNameByte($0) ? $0 : UInt8(ascii: "?") }
      let shown = String(decoding: printable, as: UTF8.self)
      return "the metadata name '\(shown)' has other characters than 0-9 a-z _ - ."
    }
    let text = String(decoding: name, as: UTF8.self)
    // What a handler may say about retries is the one field of the protocol that is its own.
    let isReserved = text.hasPrefix("grpc-") && text != "grpc-retry-pushback-ms"
    if isReserved || reserved.contains(text) {
      return "the metadata name '\(text)' is reserved"
    }
    guard value.allSatisfy({ (0x20...0x7E).contains($0) }) else {
      return "the metadata value of '\(text)' has other characters than printable ASCII"
    }
    return nil
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
      true
    default: false
    }
  }
}
