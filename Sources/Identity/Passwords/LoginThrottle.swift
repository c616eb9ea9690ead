import Synchronization

/// Bounds how many wrong passwords may be tried per user name: at most 100 in any hour.
///
/// Each name has a bucket of ten attempts that refills at 90 an hour; a successful login takes
/// nothing. Buckets are a fixed array that names are hashed into with a secret seed. So memory is
/// bounded whatever names arrive, no flood of names can push another name's bucket out, and the
/// rare two names that share a bucket merely share its attempts.
public final class LoginThrottle: Sendable {
  /// Attempts that a rested name has at once.
  public static let burst: Int64 = 10
  /// Seconds after which one attempt comes back.
  public static let refillSeconds: Int64 = 40
  private static let bucketCount = 16_384

  /// The instant at which each bucket is full again. An attempt moves it `refillSeconds` ahead, and
  /// is refused when that would take it more than `burst` attempts beyond now.
  private let fullAt: Mutex<[Int64]>
  private let clock: UnixClock

  /// A throttle with all attempts available.
  public init(clock: UnixClock = .system) {
    self.clock = clock
    self.fullAt = Mutex([Int64](repeating: 0, count: Self.bucketCount))
  }

  /// Takes one attempt for the name. Nil when it may go ahead; else how many seconds to wait.
  ///
  /// Taken before the password is checked, so that parallel attempts count, too.
  public func begin(_ username: Username) -> Int64? {
    let now = clock.now()
    let bucket = Self.bucket(of: username)
    return fullAt.withLock { fullAt in
      let next = max(fullAt[bucket], now) + Self.refillSeconds
      let wait = next - now - Self.burst * Self.refillSeconds
      guard wait <= 0 else { return wait }
      fullAt[bucket] = next
      return nil
    }
  }

  /// Gives the attempt back: the password was right, or was never checked.
  public func forgive(_ username: Username) {
    let bucket = Self.bucket(of: username)
    fullAt.withLock { $0[bucket] -= Self.refillSeconds }
  }

  private static func bucket(of username: Username) -> Int {
    var hasher = Hasher()
    hasher.combine(username)
    return Int(UInt(bitPattern: hasher.finalize()) % UInt(bucketCount))
  }
}
