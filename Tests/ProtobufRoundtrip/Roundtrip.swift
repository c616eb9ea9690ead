import Contracts
import Foundation
import Protobuf

/// What the Python property tests compare Google's implementation with: decodes and encodes messages
/// on request. Test tool only; nothing that ships depends on it.
///
/// Requests on standard input and answers on standard output, lengths big-endian:
/// ```
/// request   4 bytes length | 1 byte operation | 1 byte n | n bytes message name | payload
/// answer    4 bytes length | 1 byte outcome   | payload, or text when refused
/// ```
@main
enum Roundtrip {
  /// What to do with the payload.
  enum Operation: UInt8 {
    /// Wire bytes to wire bytes.
    case wire = 0x42  // B
    /// Wire bytes to canonical JSON.
    case toJSON = 0x4A  // J
    /// JSON to wire bytes.
    case fromJSON = 0x50  // P
  }

  static func main() throws {
    let types = Dictionary(uniqueKeysWithValues: known.map { ($0.schema.name, $0) })
    while let header = try read(4) {
      let length = header.reduce(0) { $0 << 8 | Int($1) }
      guard let request = try read(length), request.count >= 2,
        let operation = Operation(rawValue: request[0]),
        request.count >= 2 + Int(request[1])
      else { throw Malformed() }
      let name = String(decoding: request[2..<(2 + Int(request[1]))], as: UTF8.self)
      guard let type = types[name] else {
        try answer(2, Array("no message is called \(name)".utf8))
        continue
      }
      let payload = Array(request[(2 + Int(request[1]))...])
      do {
        try answer(0, convert(payload, operation, type))
      } catch {
        try answer(1, Array("\(error)".utf8))
      }
    }
  }

  private static func convert(
    _ payload: [UInt8], _ operation: Operation, _ type: any Protobuf.Message.Type
  ) throws -> [UInt8] {
    switch operation {
    case .wire: try type.init(serializedBytes: payload).serializedBytes()
    case .toJSON: Array(try type.init(serializedBytes: payload).jsonString().utf8)
    case .fromJSON:
      try type.init(jsonString: String(decoding: payload, as: UTF8.self)).serializedBytes()
    }
  }

  /// Reads exactly `count` bytes; nil at the end of the input.
  private static func read(_ count: Int) throws -> [UInt8]? {
    var bytes: [UInt8] = []
    while bytes.count < count {
      guard let more = try FileHandle.standardInput.read(upToCount: count - bytes.count),
        !more.isEmpty
      else { return nil }
      bytes += more
    }
    return bytes
  }

  private static func answer(_ outcome: UInt8, _ payload: [UInt8]) throws {
    let length = UInt32(payload.count + 1)
    let header = (0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * $0)) }
    try FileHandle.standardOutput.write(contentsOf: header + [outcome] + payload)
  }

  /// The request does not follow the format above.
  struct Malformed: Error {}

  /// The messages that can be asked for.
  private static let known: [any Protobuf.Message.Type] = [
    Roundtrip_V1_Everything.self,
    Roundtrip_V1_Everything.Inner.self,
    Roundtrip_V1_Newcomer.self,
    Test_V1_Scalars.self,
    Test_V1_OptionalScalars.self,
    Test_V1_RepeatedScalars.self,
    Test_V1_Maps.self,
    Test_V1_Choices.self,
    Test_V1_Tree.self,
    Test_V1_Keywords.self,
    Test_V1_Names.self,
    Farebox_Accounting_V1_CheckCreditsRequest.self,
    Farebox_Accounting_V1_CheckCreditsResponse.self,
    Farebox_Accounting_V1_AllocateCreditsRequest.self,
    Farebox_Accounting_V1_GetBalanceResponse.self,
    Farebox_Accounting_V1_OpenHoldResponse.self,
    Farebox_Accounting_V1_ListUsageResponse.self,
    Farebox_Chat_V1_ChatResponse.self,
    Farebox_Auth_V1_LoginResponse.self,
  ]
}
