import NIOCore
import Synchronization

/// One end of a connection that never leaves the process: what is flushed here is read at the other
/// end in the next turn of the event loop that both ends share.
///
/// ```
/// write ──▶ pending ──flush──▶ peer.arriving ──next turn──▶ the channelRead of the peer
///             └───── unread bytes above the high mark: not writable ─────┘
/// ```
/// Nothing is lost on the way: what was flushed before a close arrives before the end does.
/// Everything but the two flags belongs to the event loop.
final class MemoryChannel: Channel, ChannelCore, @unchecked Sendable {
  /// The marks of a server's sockets, see `GRPCServer`.
  private static let waterMark = (low: 64 * 1024, high: 512 * 1024)

  let eventLoop: any EventLoop
  let allocator = ByteBufferAllocator()
  let parent: (any Channel)? = nil
  private let closePromise: EventLoopPromise<Void>
  // The pipeline wants its channel.
  private var ownPipeline: ChannelPipeline?
  private var peer: MemoryChannel?
  private var pending: [ByteBuffer] = []
  private var arriving: [ByteBuffer] = []
  private var hasPeerEnded = false
  private var isDeliveryScheduled = false
  /// Bytes written here that the other end has not read.
  private var unreadBytes = 0
  private let active = Atomic(false)
  private let writable = Atomic(true)
  private var isClosed = false

  private init(eventLoop: any EventLoop) {
    self.eventLoop = eventLoop
    closePromise = eventLoop.makePromise()
    ownPipeline = ChannelPipeline(channel: self)
  }

  /// Two joined ends, which do nothing before `activate`. On the loop.
  static func pair(on eventLoop: any EventLoop) -> (near: MemoryChannel, far: MemoryChannel) {
    let (near, far) = (MemoryChannel(eventLoop: eventLoop), MemoryChannel(eventLoop: eventLoop))
    near.peer = far
    far.peer = near
    return (near, far)
  }

  /// Tells the handlers that the connection stands. On the loop.
  func activate() {
    guard !isClosed else { return }
    active.store(true, ordering: .releasing)
    pipeline.fireChannelRegistered()
    pipeline.fireChannelActive()
  }

  // MARK: Channel

  var pipeline: ChannelPipeline {
    guard let ownPipeline else { preconditionFailure("a channel has its pipeline from the start") }
    return ownPipeline
  }

  var closeFuture: EventLoopFuture<Void> { closePromise.futureResult }
  var localAddress: SocketAddress? { nil }
  var remoteAddress: SocketAddress? { nil }
  var isWritable: Bool { writable.load(ordering: .acquiring) }
  var isActive: Bool { active.load(ordering: .acquiring) }
  var _channelCore: any ChannelCore { self }

  func setOption<Option: ChannelOption>(
    _ option: Option, value: Option.Value
  ) -> EventLoopFuture<Void> {
    eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
  }

  func getOption<Option: ChannelOption>(_ option: Option) -> EventLoopFuture<Option.Value> {
    eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
  }

  // MARK: Out

  func write0(_ data: NIOAny, promise: EventLoopPromise<Void>?) {
    guard !isClosed else {
      promise?.fail(ChannelError.ioOnClosedChannel)
      return
    }
    let bytes = unwrapData(data, as: ByteBuffer.self)
    pending.append(bytes)
    unreadBytes += bytes.readableBytes
    promise?.succeed()
    if unreadBytes > Self.waterMark.high { setWritable(false) }
  }

  func flush0() {
    guard let peer, !pending.isEmpty else { return }
    peer.arriving += pending
    pending = []
    peer.scheduleDelivery()
  }

  private func setWritable(_ isWritable: Bool) {
    guard writable.exchange(isWritable, ordering: .acquiringAndReleasing) != isWritable else {
      return
    }
    pipeline.fireChannelWritabilityChanged()
  }

  private func noteRead(_ count: Int) {
    unreadBytes -= count
    if !isClosed, unreadBytes < Self.waterMark.low { setWritable(true) }
  }

  // MARK: In

  private func scheduleDelivery() {
    guard !isDeliveryScheduled, !isClosed else { return }
    isDeliveryScheduled = true
    eventLoop.execute { self.deliver() }
  }

  private func deliver() {
    isDeliveryScheduled = false
    guard !isClosed else { return }
    let arrived = arriving
    arriving = []
    var count = 0
    for bytes in arrived {
      count += bytes.readableBytes
      pipeline.fireChannelRead(bytes)
    }
    if !arrived.isEmpty { pipeline.fireChannelReadComplete() }
    peer?.noteRead(count)
    // More may have come while this was read, and goes first.
    if hasPeerEnded, arriving.isEmpty { close0(error: ChannelError.eof, mode: .all, promise: nil) }
  }

  // MARK: End

  func close0(error: any Error, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    guard mode == .all else {
      promise?.fail(ChannelError.operationUnsupported)
      return
    }
    guard !isClosed else {
      promise?.fail(ChannelError.alreadyClosed)
      return
    }
    isClosed = true
    flush0()
    let other = peer
    peer = nil
    other?.hasPeerEnded = true
    other?.scheduleDelivery()
    let wasActive = active.exchange(false, ordering: .acquiringAndReleasing)
    promise?.succeed()
    // In a turn of its own: the handler that closes is still at work.
    eventLoop.execute {
      if wasActive {
        self.pipeline.fireChannelInactive()
        self.pipeline.fireChannelUnregistered()
      }
      self.removeHandlers(pipeline: self.pipeline)
      self.closePromise.succeed()
      self.arriving = []
    }
  }

  func triggerUserOutboundEvent0(_ event: Any, promise: EventLoopPromise<Void>?) {
    promise?.fail(ChannelError.operationUnsupported)
  }

  // MARK: What a connection in memory has no use for

  func localAddress0() throws -> SocketAddress { throw ChannelError.unknownLocalAddress }
  func remoteAddress0() throws -> SocketAddress { throw ChannelError.operationUnsupported }
  func register0(promise: EventLoopPromise<Void>?) { promise?.succeed() }
  func registerAlreadyConfigured0(promise: EventLoopPromise<Void>?) { promise?.succeed() }
  func bind0(to address: SocketAddress, promise: EventLoopPromise<Void>?) {
    promise?.fail(ChannelError.operationUnsupported)
  }
  func connect0(to address: SocketAddress, promise: EventLoopPromise<Void>?) {
    promise?.fail(ChannelError.operationUnsupported)
  }
  func read0() {}
  func channelRead0(_ data: NIOAny) {}
  func errorCaught0(error: any Error) {}
}
