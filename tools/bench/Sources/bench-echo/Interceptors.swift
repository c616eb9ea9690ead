import GRPC
import Synchronization

/// Stands for authentication: looks at the caller's metadata before the payload is parsed.
struct CallerCheck: AdmittingInterceptor {
  func admit(_ context: inout ServerContext) throws -> Admission {
    if context.metadata.firstString(forKey: "authorization") == "Bearer nobody" {
      throw RPCError(code: .unauthenticated, message: "nobody may not call")
    }
    return .admitted
  }

  func intercept(
    _ context: ServerContext, next: (ServerContext) async throws -> Void
  ) async throws {
    var context = context
    _ = try admit(&context)
    try await next(context)
  }
}

/// Stands for the access log: times every call and counts it.
final class CallTimer: ObservingInterceptor {
  private let calls = Atomic<UInt64>(0)
  private let nanoseconds = Atomic<Int64>(0)

  func callBegins(_ context: inout ServerContext) -> ContinuousClock.Instant { .now }

  func callEnded(
    _ start: ContinuousClock.Instant, _ context: ServerContext, failure: (any Error)?
  ) {
    let taken = start.duration(to: .now).components
    calls.add(1, ordering: .relaxed)
    nanoseconds.add(
      taken.seconds &* 1_000_000_000 &+ taken.attoseconds / 1_000_000_000, ordering: .relaxed)
  }
}
