import GRPC

extension Grpc_Testing_Payload {
  /// Bytes of the largest payload that may be asked for.
  static let bodyBytesMax: Int32 = 64 * 1024 * 1024

  /// A payload of zeros.
  init(zeros count: Int) {
    self.init()
    body = [UInt8](repeating: 0, count: count)
  }

  /// The payload that a caller asked for; throws INVALID_ARGUMENT when there is none like that.
  static func zeros(
    _ count: Int32, type: Grpc_Testing_PayloadType
  ) throws(RPCError) -> Grpc_Testing_Payload {
    guard type == .compressable else {
      throw RPCError(code: .invalidArgument, message: "there is no payload type \(type.rawValue)")
    }
    guard (0...bodyBytesMax).contains(count) else {
      throw RPCError(
        code: .invalidArgument, message: "a payload has 0 to \(bodyBytesMax) bytes, not \(count)")
    }
    return Grpc_Testing_Payload(zeros: Int(count))
  }
}
