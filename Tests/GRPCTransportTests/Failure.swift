import GRPC

/// What a call failed with; nil when it did not, or not as calls do.
func failure(_ body: () async throws -> Void) async -> RPCError? {
  do {
    try await body()
    return nil
  } catch {
    return error as? RPCError
  }
}
