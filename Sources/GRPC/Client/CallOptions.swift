/// What a caller may decide for one call.
public struct CallOptions: Sendable, Hashable {
  /// Time from the start of the call until it fails with DEADLINE_EXCEEDED, also while it waits for
  /// a connection; nil = none of its own. `Deadline.current` bounds the call in any case.
  public var timeout: Duration?
  /// Whether the call waits for a connection instead of failing at once with UNAVAILABLE when none
  /// can be made. Give such calls a timeout.
  public var waitForReady: Bool
  /// Whether the call may be made again by the transport's retry policy when it failed; nil = when
  /// the contract says that the method is idempotent or without side effects.
  public var isIdempotent: Bool?
  /// Bytes of the largest message to send; default 2,147,483,647 (the server has its own limit).
  public var maxRequestMessageBytes: Int
  /// Bytes of the largest message to accept; default 4 MiB.
  public var maxResponseMessageBytes: Int
  /// What requests are compressed with; default identity, not at all. A server that cannot inflate
  /// it answers with UNIMPLEMENTED.
  public var compression: CompressionAlgorithm
  /// What responses may be compressed with; default everything. The limit of a response message
  /// bounds it before and after it was inflated.
  public var acceptedCompression: CompressionAlgorithms

  /// Makes options; each default is the one of `defaults`.
  public init(
    timeout: Duration? = nil,
    waitForReady: Bool = false,
    maxRequestMessageBytes: Int = Int(Int32.max),
    maxResponseMessageBytes: Int = 4 * 1024 * 1024,
    compression: CompressionAlgorithm = .identity,
    acceptedCompression: CompressionAlgorithms = .all,
    isIdempotent: Bool? = nil
  ) {
    self.timeout = timeout
    self.waitForReady = waitForReady
    self.isIdempotent = isIdempotent
    self.maxRequestMessageBytes = maxRequestMessageBytes
    self.maxResponseMessageBytes = maxResponseMessageBytes
    self.compression = compression
    self.acceptedCompression = acceptedCompression
  }

  /// No timeout, fail fast, 4 MiB for responses, requests not compressed.
  public static let defaults = CallOptions()

  /// The defaults with a timeout.
  public static func timeout(_ timeout: Duration) -> CallOptions {
    CallOptions(timeout: timeout)
  }
}
