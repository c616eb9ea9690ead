#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Whether the process has file descriptors to spare for another connection.
///
/// Storage, resolvers and calls to other servers need some too, and they come first: a connection
/// that is accepted a moment later is served, a journal that cannot be opened is not.
struct DescriptorReserve: Sendable {
  /// Descriptors that the process may have: the numbers are below it.
  let limit: Int
  /// Those that connections may not take.
  let reserve: Int

  /// - Parameters:
  ///   - limit: of the process.
  ///   - reserve: nil = a twentieth of the limit, 32 at least; never more than half of it.
  init(limit: Int, reserve: Int?) {
    self.limit = limit
    self.reserve = min(max(reserve ?? max(limit / 20, 32), 0), limit / 2)
  }

  /// The rule for this process, as it is limited now.
  init(ofThisProcessWith reserve: Int?) {
    var limits = rlimit()
    #if canImport(Glibc)
      let answer = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits)
    #else
      let answer = getrlimit(RLIMIT_NOFILE, &limits)
    #endif
    self.init(limit: answer == 0 ? Int(clamping: limits.rlim_cur) : 1024, reserve: reserve)
  }

  /// Whether a connection may be accepted when the next descriptor has this number; nil = none is
  /// left.
  func allows(next: Int?) -> Bool {
    guard let next else { return false }
    return next < limit - reserve
  }

  /// The number of the next descriptor, the lowest that is free; nil when there is none.
  ///
  /// Zero where that cannot be told: a root without devices is no reason to serve nobody.
  static func next() -> Int? {
    let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return errno == EMFILE || errno == ENFILE ? nil : 0 }
    close(descriptor)
    return Int(descriptor)
  }
}
