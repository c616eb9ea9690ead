import GRPC

extension ServerContext {
  /// What the client sees of a call whose handler ended so: a call that was cut short has been
  /// answered already, whatever its handler says later.
  func outcome(_ error: (any Error)?) -> Status.Code {
    if let cancellation { return cancellation.code }
    return error.map { RPCError(wrapping: $0).code } ?? .ok
  }
}
