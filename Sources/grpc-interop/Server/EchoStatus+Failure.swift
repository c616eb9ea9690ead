import GRPC

extension Grpc_Testing_EchoStatus {
  /// Throws the failure that the caller asked for, UNKNOWN for a code that gRPC does not define.
  func throwUnlessOK() throws(RPCError) {
    guard code != 0 else { return }
    throw RPCError(code: Status.Code(rawValue: Int(code)) ?? .unknown, message: message)
  }
}
