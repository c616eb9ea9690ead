import Contracts
import Protobuf

/// Canonical JSON, as rpcurl reads it: what is read can be written, and means the same.
enum JSONFuzz {
  static func run(_ input: inout FuzzInput) throws(BrokenProperty) {
    let choice = input.byte()
    let text = String(decoding: input.rest, as: UTF8.self)
    switch choice % 4 {
    case 0: try roundTrip(Farebox_Accounting_V1_OpenHoldRequest.self, text)
    case 1: try roundTrip(Google_Protobuf_Struct.self, text)
    case 2: try roundTrip(Farebox_Accounting_V1_AllocateCreditsRequest.self, text)
    default: try roundTrip(Google_Protobuf_FileDescriptorProto.self, text)
    }
  }

  private static func roundTrip<M: Message>(
    _ type: M.Type, _ text: String
  ) throws(BrokenProperty) {
    guard let message = try? M(jsonString: text) else { return }
    // A timestamp in range on the way in is in range on the way out, and so is everything else.
    let written: String
    let again: M
    do {
      written = try message.jsonString()
      again = try M(jsonString: written)
    } catch {
      throw BrokenProperty(description: "\(M.self) is read and cannot be written: \(error)")
    }
    let rewritten = try? again.jsonString()
    try BrokenProperty.require(rewritten == written, "\(M.self) changes when it is written again")
  }
}
