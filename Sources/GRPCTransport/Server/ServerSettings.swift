import GRPC
import Logging
import Synchronization

/// What all connections of a server share.
final class ServerSettings: Sendable {
  let routes: RoutingTable
  let limits: ServerLimits
  let logger: Logger
  let onUnknownError: @Sendable (any Error, MethodDescriptor) -> Void
  let maxCallNanoseconds: Int64
  private let draining = Atomic(false)

  init(
    routes: RoutingTable, limits: ServerLimits, logger: Logger,
    onUnknownError: @escaping @Sendable (any Error, MethodDescriptor) -> Void
  ) {
    self.routes = routes
    self.limits = limits
    self.logger = logger
    self.onUnknownError = onUnknownError
    maxCallNanoseconds = limits.maxCallDuration.saturatedNanoseconds
  }

  /// Whether the server is on its way out, so that connections accepted meanwhile are told at once.
  var isDraining: Bool { draining.load(ordering: .acquiring) }

  func beginDraining() {
    draining.store(true, ordering: .releasing)
  }
}
