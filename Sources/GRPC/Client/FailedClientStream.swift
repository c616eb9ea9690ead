/// A call that failed before it began.
final class FailedClientStream: ClientStream {
  private let error: RPCError

  init(_ error: RPCError) { self.error = error }

  func send(framedMessage: [UInt8]) async throws(RPCError) { throw error }
  func finishSending() {}
  func receive() async throws(RPCError) -> [UInt8]? { throw error }
  func initialMetadata() async throws(RPCError) -> Metadata { throw error }
  var trailingMetadata: Metadata { Metadata() }
  func cancel() {}
}
