// How a handler sends the messages of a streaming response.

extension ServerCall {
  /// The writer of a streaming response.
  ///
  /// A message that is written on the loop, while the peer keeps up, is queued with the others
  /// without a suspension point; what is queued in one loop turn leaves together.
  func writer<Output: Sendable>(
    with serializer: some MessageSerializer<Output>
  ) -> RPCWriter<Output> {
    RPCWriter(beginning: { output, mayCompress in
      let framed = try LengthPrefixedMessage.frame(
        output, with: serializer, maxBytes: RPCRouter.defaultMaxResponseBytes)
      let algorithm = self.compression.fix()
      if algorithm != .identity, mayCompress {
        return {
          try await self.send(MessageCompression.compressAside(framed: framed, with: algorithm))
        }
      }
      guard self.host.isOnLoop else { return { try await self.send(framed) } }
      return try self.sendOnLoop(framed)
    })
  }

  /// Queues a message; returns how to wait for the peer, when it has to be waited for.
  private func sendOnLoop(_ framed: [UInt8]) throws -> (@Sendable () async throws -> Void)? {
    let sent = write(framed)
    if case .full = sent { return { try await self.settle(sent) } }
    try checkForEnd(sent)
    return nil
  }

  private func send(_ framed: [UInt8]) async throws {
    let sent: Sent
    if host.isOnLoop {
      sent = write(framed)
    } else {
      sent = await withCheckedContinuation { continuation in
        host.runOnLoop { continuation.resume(returning: self.write(framed)) }
      }
    }
    try await settle(sent)
  }

  private func settle(_ sent: Sent) async throws {
    if case .full = sent { await waitUntilWritable() }
    try checkForEnd(sent)
  }

  private func checkForEnd(_ sent: Sent) throws {
    if let cancellation = shared.withLock({ $0.cancellation }) { throw cancellation }
    if case .ended = sent {
      throw RPCError(code: .cancelled, message: "the call has ended")
    }
    try Task.checkCancellation()
  }

  private func waitUntilWritable() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isLate = shared.withLock { shared in
          if shared.cancellation != nil || Task.isCancelled { return true }
          shared.writerWaiting = continuation
          return false
        }
        if isLate { return continuation.resume() }
        // The peer may have taken enough while we were on the way here.
        host.runOnLoop { if !self.stream.isFull { self.becameWritable() } }
      }
    } onCancel: {
      becameWritable()
    }
  }
}
