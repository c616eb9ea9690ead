/// The bytes of one input, from which a target reads its choices first and the parser's food after.
struct FuzzInput {
  private(set) var rest: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer) {
    rest = bytes
  }

  var isEmpty: Bool { rest.isEmpty }

  /// The next byte; zero when there is none.
  mutating func byte() -> UInt8 {
    guard let first = rest.first else { return 0 }
    rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst())
    return first
  }

  /// Up to `count` bytes.
  mutating func take(_ count: Int) -> UnsafeRawBufferPointer {
    let taken = min(count, rest.count)
    defer { rest = UnsafeRawBufferPointer(rebasing: rest[taken...]) }
    return UnsafeRawBufferPointer(rebasing: rest[..<taken])
  }

  /// As many bytes as the next byte says.
  mutating func chunk() -> UnsafeRawBufferPointer {
    take(Int(byte()))
  }

  /// Into how small pieces a stream is to be cut: 1, 2, 5, 9, 16, 100, 1,000 bytes or not at all.
  mutating func pieceBytes() -> Int {
    [1, 2, 5, 9, 16, 100, 1_000, .max][Int(byte() & 7)]
  }
}

extension UnsafeRawBufferPointer {
  /// Hands out the bytes in pieces; stops when `body` says false.
  func inPieces<Failure: Error>(
    of count: Int, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Bool
  ) throws(Failure) {
    var left = self
    while !left.isEmpty {
      let taken = Swift.min(count, left.count)
      guard try body(UnsafeRawBufferPointer(rebasing: left[..<taken])) else { return }
      left = UnsafeRawBufferPointer(rebasing: left[taken...])
    }
  }
}
