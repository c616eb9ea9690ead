#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The wall clock in whole seconds, injectable for tests.
public struct UnixClock: Sendable {
  private let read: @Sendable () -> Int64

  /// A clock that reads `read`: seconds since 1970.
  public init(_ read: @escaping @Sendable () -> Int64) {
    self.read = read
  }

  /// Seconds since 1970.
  public func now() -> Int64 { read() }

  /// The system's clock.
  public static let system = UnixClock {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec)
  }
}
