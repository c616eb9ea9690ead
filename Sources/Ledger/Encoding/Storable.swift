/// A value with a stored form. Fields are only ever added at the end of a new version.
protocol Storable {
  init(from reader: inout ByteReader) throws(CorruptionError)
  func write(to writer: inout ByteWriter)
}

extension Storable {
  /// The stored form alone.
  var storedBytes: [UInt8] { ByteWriter.bytes { write(to: &$0) } }

  /// Reads a stored form that nothing follows.
  init(storedBytes: [UInt8]) throws(CorruptionError) {
    var reader = ByteReader(storedBytes)
    self = try Self(from: &reader)
    try reader.finish()
  }
}

extension Int64: Storable {
  init(from reader: inout ByteReader) throws(CorruptionError) { self = try reader.integer() }
  func write(to writer: inout ByteWriter) { writer.integer(self) }
}

extension Bool: Storable {
  init(from reader: inout ByteReader) throws(CorruptionError) {
    switch try reader.byte() {
    case 0: self = false
    case 1: self = true
    default: throw CorruptionError("neither true nor false")
    }
  }
  func write(to writer: inout ByteWriter) { writer.byte(self ? 1 : 0) }
}

extension String: Storable {
  init(from reader: inout ByteReader) throws(CorruptionError) {
    guard let text = String(validating: try reader.raw(), as: UTF8.self) else {
      throw CorruptionError("text is not UTF-8")
    }
    self = text
  }
  func write(to writer: inout ByteWriter) { writer.text(self) }
}

extension Digest: Storable {
  init(from reader: inout ByteReader) throws(CorruptionError) {
    guard let digest = Digest(bytes: try reader.raw()) else {
      throw CorruptionError("a digest of unlawful length")
    }
    self = digest
  }
  func write(to writer: inout ByteWriter) { withBytes { writer.raw($0) } }
}

extension LedgerTime: Storable {
  init(from reader: inout ByteReader) throws(CorruptionError) {
    self.init(microseconds: try reader.integer())
  }
  func write(to writer: inout ByteWriter) { writer.integer(microseconds) }
}

extension Duration: Storable {
  init(from reader: inout ByteReader) throws(CorruptionError) {
    self = .microseconds(try reader.integer())
  }
  func write(to writer: inout ByteWriter) { writer.integer(wholeMicroseconds) }
}

extension AccountID: Storable {
  init(from reader: inout ByteReader) throws(CorruptionError) { self.init(try reader.value()) }
  func write(to writer: inout ByteWriter) { writer.value(name) }
}

extension SequencedID {
  init(from reader: inout ByteReader) throws(CorruptionError) {
    self.init(seq: try reader.integer())
  }
  func write(to writer: inout ByteWriter) { writer.integer(seq) }
}

extension AllocationID: Storable {}
extension HoldID: Storable {}
extension UsageID: Storable {}

extension RawRepresentable<UInt8> {
  init(from reader: inout ByteReader) throws(CorruptionError) {
    guard let value = Self(rawValue: try reader.byte()) else {
      throw CorruptionError("an unknown case of \(Self.self)")
    }
    self = value
  }
  func write(to writer: inout ByteWriter) { writer.byte(rawValue) }
}

extension AllocationClass: Storable {}
extension AccountState: Storable {}
extension HoldState: Storable {}
extension Outcome: Storable {}
extension OverPolicy: Storable {}
extension CheckDecision: Storable {}
extension CreditWarning: Storable {}
extension Command.Kind: Storable {}
extension Change.Kind: Storable {}
