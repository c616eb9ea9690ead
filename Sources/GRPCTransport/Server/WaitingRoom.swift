import NIOCore

/// Stands at a listener and lets the new connections of repeat offenders wait: see
/// `RepeatOffenders`.
///
/// Those who wait have a socket and nothing else: nothing is read, no event loop knows them, and
/// the end of the server does not wait for them.
final class WaitingRoom: ChannelInboundHandler {
  typealias InboundIn = Channel
  typealias InboundOut = Channel

  private let wait: TimeAmount
  private let arrived: (ConnectionQuota.Source) -> RepeatOffenders.OnArrival
  private let waited: (ConnectionQuota.Source) -> Bool
  private var waiting: [ObjectIdentifier: any Channel] = [:]

  /// - Parameters:
  ///   - wait: time that a connection waits.
  ///   - arrived: judges a new connection.
  ///   - waited: judges one that has waited.
  init(
    wait: TimeAmount, arrived: @escaping (ConnectionQuota.Source) -> RepeatOffenders.OnArrival,
    waited: @escaping (ConnectionQuota.Source) -> Bool
  ) {
    self.wait = wait
    self.arrived = arrived
    self.waited = waited
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let channel = unwrapInboundIn(data)
    guard let source = ConnectionQuota.Source(channel.remoteAddress) else {
      return context.fireChannelRead(data)
    }
    switch arrived(source) {
    case .enter: context.fireChannelRead(data)
    case .wait: hold(channel, from: source, data, context)
    case .leave: channel.close(promise: nil)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    for channel in waiting.values { channel.close(promise: nil) }
    context.fireChannelInactive()
  }

  private func hold(
    _ channel: any Channel, from source: ConnectionQuota.Source, _ data: NIOAny,
    _ context: ChannelHandlerContext
  ) {
    let id = ObjectIdentifier(channel)
    waiting[id] = channel
    context.eventLoop.assumeIsolated().scheduleTask(in: wait) {
      self.waiting[id] = nil
      let mayEnter = self.waited(source)
      guard mayEnter, context.channel.isActive else { return channel.close(promise: nil) }
      context.fireChannelRead(data)
    }
  }
}
