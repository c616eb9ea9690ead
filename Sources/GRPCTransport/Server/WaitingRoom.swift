import NIOCore

/// Stands at a listener and lets the new connections of repeat offenders wait: see
/// `RepeatOffenders`.
///
/// Those who wait have a socket and nothing else: nothing is read, no event loop knows them, and
/// the end of the server does not wait for them.
///
/// When there is no place for one more, its address is shut out for as long as somebody waits: see
/// `SynFilter`. By then those who took the places have left them.
final class WaitingRoom: ChannelInboundHandler {
  typealias InboundIn = Channel
  typealias InboundOut = Channel

  private let wait: TimeAmount
  private let arrived: (ConnectionQuota.Source) -> RepeatOffenders.OnArrival
  private let waited: (ConnectionQuota.Source) -> Bool
  private var waiting: [ObjectIdentifier: any Channel] = [:]
  private var filter = SynFilter()

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
    case .leave:
      channel.close(promise: nil)
      shutOut(source, context)
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

  private func shutOut(_ source: ConnectionQuota.Source, _ context: ChannelHandlerContext) {
    // Of those who are shut out some are still on their way.
    guard filter.insert(source) else { return }
    filter.apply(to: context.channel)
    context.eventLoop.assumeIsolated().scheduleTask(in: wait) {
      self.filter.remove(source)
      self.filter.apply(to: context.channel)
    }
  }
}
