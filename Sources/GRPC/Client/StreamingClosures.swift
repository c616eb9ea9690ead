/// Streaming calls within a closure: nothing of the call outlives it.
///
/// The handles (`ServerStreamingCall` and the others) are for calls that must be kept, handed on or
/// cancelled from elsewhere.
extension ServerStreamingCall {
  /// Hands the responses to `body` and returns what it returns. When `body` leaves before their
  /// end, the call is cancelled.
  ///
  /// Throws what `body` throws.
  public nonisolated(nonsending) func within<Returned>(
    _ body: (RPCAsyncSequence<Output>) async throws -> Returned
  ) async throws -> Returned {
    defer { cancel() }
    return try await body(responses)
  }
}

extension ClientStreamingCall {
  /// Lets `write` write the requests, says that no more follow, and waits for the response.
  ///
  /// A server may answer before it was sent everything: then writing fails with CANCELLED, and if
  /// `write` throws that, the answer is returned all the same. When `write` throws anything else,
  /// the call is cancelled and the error thrown.
  public nonisolated(nonsending) func response(
    writing write: (RequestWriter<Input>) async throws -> Void
  ) async throws -> Output {
    do {
      try await write(requests)
    } catch {
      cancel()  // does nothing when the answer is there
      if (error as? RPCError)?.code == .cancelled, let early = try? await response() {
        return early
      }
      throw error
    }
    return try await response()
  }
}

extension BidirectionalCall {
  /// Hands both halves of the call to `body` and returns what it returns. When `body` leaves before
  /// the end of the responses, the call is cancelled.
  ///
  /// To write and read at the same time, do one of them in a child task. Throws what `body` throws.
  public nonisolated(nonsending) func within<Returned>(
    _ body: (RequestWriter<Input>, RPCAsyncSequence<Output>) async throws -> Returned
  ) async throws -> Returned {
    defer { cancel() }
    return try await body(requests, responses)
  }
}
