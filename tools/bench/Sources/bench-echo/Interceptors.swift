import GRPC
import Synchronization

/// Stands for authentication: looks at the caller's metadata before the payload is parsed.
struct CallerCheck: ServerInterceptor {
  func intercept(
    _ context: ServerContext, next: (ServerContext) async throws -> Void
  ) async throws {
    if context.metadata.firstString(forKey: "authorization") == "Bearer nobody" {
      throw RPCError(code: .unauthenticated, message: "nobody may not call")
    }
    try await next(context)
  }
}

/// Stands for the access log: times every call and counts it.
final class CallTimer: ServerInterceptor {
  private let calls = Atomic<UInt64>(0)
  private let nanoseconds = Atomic<Int64>(0)

  func intercept(
    _ context: ServerContext, next: (ServerContext) async throws -> Void
  ) async throws {
    let start = ContinuousClock.now
    try await next(context)
    let taken = start.duration(to: .now).components
    calls.add(1, ordering: .relaxed)
    nanoseconds.add(
      taken.seconds &* 1_000_000_000 &+ taken.attoseconds / 1_000_000_000, ordering: .relaxed)
  }
}
