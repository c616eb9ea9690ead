import NIOCore
import Synchronization

@testable import GRPCTransport

/// A resolver whose answers are written by the test, by the number of the lookup, from 1.
final class ScriptedResolver: NameResolver {
  private let answer: @Sendable (Int) throws -> [SocketAddress]
  private let count = Mutex(0)

  init(_ answer: @escaping @Sendable (Int) throws -> [SocketAddress]) {
    self.answer = answer
  }

  var lookups: Int { count.withLock { $0 } }

  func addresses(
    of host: String, port: Int, on eventLoop: any EventLoop
  ) -> EventLoopFuture<[SocketAddress]> {
    let number = count.withLock { count in
      count += 1
      return count
    }
    return eventLoop.submit { try self.answer(number) }
  }

  /// Addresses of this machine.
  static func loopback(_ ports: Int...) throws -> [SocketAddress] {
    try ports.map { try SocketAddress(ipAddress: "127.0.0.1", port: $0) }
  }
}
