import Testing

@testable import GRPC

@Suite("The message deframer")
struct MessageDeframerTests {
  static let messages: [[UInt8]] = [[1, 2, 3], [], Array(repeating: 7, count: 300), [], [9]]

  static var stream: [UInt8] { messages.flatMap(framed) }

  static func framed(_ message: [UInt8]) -> [UInt8] {
    var framed = [UInt8](repeating: 0, count: 5) + message
    LengthPrefixedMessage.writePrefix(into: &framed)
    return framed
  }

  private func deframe(_ pieces: [ArraySlice<UInt8>], limit: Int = 1000) throws -> [[UInt8]] {
    var deframer = MessageDeframer(maxMessageBytes: limit)
    var found: [[UInt8]] = []
    for piece in pieces {
      try piece.withUnsafeBytes { bytes in
        try deframer.receive(bytes) { found.append($0.bytes) }
      }
    }
    #expect(!deframer.isInsideMessage)
    return found
  }

  @Test("finds all messages when everything comes at once")
  func atOnce() throws {
    #expect(try deframe([Self.stream[...]]) == Self.messages)
  }

  @Test("finds all messages byte by byte")
  func byteByByte() throws {
    let stream = Self.stream
    #expect(try deframe(stream.indices.map { stream[$0...$0] }) == Self.messages)
  }

  @Test("finds all messages however the stream is cut in two or three")
  func everyCut() throws {
    let stream = Self.stream
    for cut in 0...stream.count {
      #expect(try deframe([stream[..<cut], stream[cut...]]) == Self.messages)
      let second = min(stream.count, cut + 3)
      #expect(
        try deframe([stream[..<cut], stream[cut..<second], stream[second...]]) == Self.messages)
    }
  }

  @Test("accepts a message of exactly the limit and refuses one byte more at the prefix")
  func limit() throws {
    #expect(try deframe([Self.framed([1, 2, 3])[...]], limit: 3) == [[1, 2, 3]])
    for cut in 1...5 {
      var deframer = MessageDeframer(maxMessageBytes: 3)
      let prefix: [UInt8] = [0, 0, 0, 0, 4]
      let error = #expect(throws: RPCError.self) {
        for part in [prefix[..<cut], prefix[cut...]] {
          try part.withUnsafeBytes { bytes in
            try deframer.receive(bytes) { _ in Issue.record("no message is whole") }
          }
        }
      }
      #expect(error?.code == .resourceExhausted)
    }
  }

  @Test("refuses compressed messages and unknown flags", arguments: [1, 2, 0x80, 0xFF] as [UInt8])
  func flags(flag: UInt8) {
    var deframer = MessageDeframer(maxMessageBytes: 10)
    let error = #expect(throws: RPCError.self) {
      try [flag, 0, 0, 0, 0].withUnsafeBytes { bytes in
        try deframer.receive(bytes) { _ in Issue.record("not a message") }
      }
    }
    #expect(error?.code == .internalError)
  }

  @Test("delivers compressed messages as such, however they are cut, once they are allowed")
  func compressed() throws {
    let stream = Self.framed([1]) + [1, 0, 0, 0, 2, 8, 9] + [1, 0, 0, 0, 0] + Self.framed([2])
    for piece in 1...stream.count {
      var deframer = MessageDeframer(maxMessageBytes: 2, allowsCompression: true)
      var found: [([UInt8], Bool)] = []
      for start in stride(from: 0, to: stream.count, by: piece) {
        try stream[start..<min(stream.count, start + piece)].withUnsafeBytes { bytes in
          try deframer.receive(bytes) { found.append(($0.bytes, $0.isCompressed)) }
        }
      }
      #expect(found.map(\.0) == [[1], [8, 9], [], [2]])
      #expect(found.map(\.1) == [false, true, true, false])
    }
    for (prefix, code) in [
      ([1, 0, 0, 0, 3], .resourceExhausted), ([2, 0, 0, 0, 1], .internalError),
      ([0x81, 0, 0, 0, 1], .internalError),
    ] as [([UInt8], Status.Code)] {
      var deframer = MessageDeframer(maxMessageBytes: 2, allowsCompression: true)
      let error = #expect(throws: RPCError.self) {
        try prefix.withUnsafeBytes { bytes in
          try deframer.receive(bytes) { _ in Issue.record("no message is whole") }
        }
      }
      #expect(error?.code == code)
    }
  }

  @Test("knows when it is inside a message")
  func inside() throws {
    var deframer = MessageDeframer(maxMessageBytes: 10)
    let bytes = Self.framed([1, 2])
    for (position, byte) in bytes.enumerated() {
      try [byte].withUnsafeBytes { bytes in try deframer.receive(bytes) { _ in } }
      #expect(deframer.isInsideMessage == (position < bytes.count - 1))
    }
  }
}
