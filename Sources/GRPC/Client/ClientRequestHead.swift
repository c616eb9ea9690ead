/// Everything about a call that is known before its first message.
public struct ClientRequestHead: Sendable {
  /// Which method is called.
  public var method: MethodDescriptor
  /// Custom metadata to send.
  public var metadata: Metadata
  /// When the call fails locally, whatever it is waiting for.
  public var deadline: Deadline?
  /// What the caller decided.
  public var options: CallOptions
  /// Who hears what the attempts of the call have carried; nil = nobody, which costs nothing. For
  /// interceptors to set.
  public var trafficObserver: (any CallTrafficObserver)?

  /// Makes a head with an explicit deadline.
  public init(
    method: MethodDescriptor, metadata: Metadata, deadline: Deadline?, options: CallOptions
  ) {
    self.method = method
    self.metadata = metadata
    self.deadline = deadline
    self.options = options
  }

  /// Makes a head whose deadline is the earlier one of the options' timeout and of the call being
  /// served by this task (`Deadline.current`).
  public init(method: MethodDescriptor, metadata: Metadata, options: CallOptions) {
    self.init(
      method: method, metadata: metadata,
      deadline: Self.deadline(timeout: options.timeout, inherited: Deadline.current),
      options: options)
  }

  /// Whether the call may be made again when it failed: the caller's word, or else the contract's.
  package var isRepeatable: Bool { options.isIdempotent ?? (method.idempotency != .unknown) }

  /// An inherited deadline is brought forward a little, so that the caller of this process still
  /// gets an answer that says why: by a tenth of what remains, 10 ms at most.
  static func deadline(timeout: Duration?, inherited: Deadline?) -> Deadline? {
    let own = timeout.map { Deadline(after: $0) }
    guard let inherited else { return own }
    let margin = min(max(inherited.remainingNanoseconds, 0) / 10, 10_000_000)
    let bound = inherited.advanced(byNanoseconds: -margin)
    return own.map { min($0, bound) } ?? bound
  }
}
