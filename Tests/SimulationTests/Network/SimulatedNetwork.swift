import GRPC
import HTTP2
import LedgerConformance

/// Carries calls to the process that lives at the time, and answers back: late, twice, or not.
///
/// Unchecked: it belongs to the simulation's thread.
final class SimulatedNetwork: @unchecked Sendable {
  private unowned let world: World
  private var simulator: Simulator { world.simulator }
  /// Until when nothing passes, by client.
  private var clogged: [String: Int64] = [:]

  init(_ world: World) { self.world = world }

  /// Lets nothing of a client through for a while.
  func clog(_ client: String, for pause: Duration) {
    simulator.history.count("network: clogged")
    clogged[client] = simulator.nanoseconds + pause.wholeNanoseconds
  }

  /// Sends the request of a call.
  func dispatch(_ call: SimulatedCall, _ request: [UInt8], _ transport: SimulatedTransport) {
    if happens(world.faults.requestLost, "request lost", transport) { return }
    transport.operation?.copies += 1
    carry(request, transport, call)
    guard happens(world.faults.requestTwice, "request twice", transport) else { return }
    transport.operation?.copies += 1
    carry(request, transport, nil)
  }

  private func happens(_ percent: Int, _ name: String, _ transport: SimulatedTransport) -> Bool {
    guard percent > 0, simulator.random.chance(percent) else { return false }
    simulator.history.count("network: \(name)")
    simulator.note("\(transport.client) \(name)")
    return true
  }

  private func delay(_ transport: SimulatedTransport) -> Duration {
    let isSlow = simulator.random.chance(world.faults.slowMessage)
    let micros = Int64.random(in: isSlow ? 1_000...300_000 : 50...900, using: &simulator.random)
    let wait = max(0, (clogged[transport.client] ?? 0) - simulator.nanoseconds)
    return .microseconds(micros) + .nanoseconds(wait)
  }

  /// A copy of a request whose answer nobody takes has no call.
  private func carry(_ request: [UInt8], _ transport: SimulatedTransport, _ call: SimulatedCall?) {
    simulator.after(delay(transport)) {
      guard let process = self.world.process, process.isOpen else {
        self.simulator.history.count("network: connection refused")
        self.tell(call, "the connection was refused", transport)
        return
      }
      self.deliver(request, transport, call, to: process)
    }
  }

  private func tell(_ call: SimulatedCall?, _ reason: String, _ transport: SimulatedTransport) {
    simulator.after(delay(transport)) {
      call?.fail(RPCError(code: .unavailable, message: reason))
    }
  }

  private func deliver(
    _ request: [UInt8], _ transport: SimulatedTransport, _ call: SimulatedCall?,
    to process: SimulatedProcess
  ) {
    var earliest: Int64 = 0
    let isLost = call == nil || happens(world.faults.replyLost, "reply lost", transport)
    let isReset = !isLost && happens(world.faults.connectionReset, "connection reset", transport)
    var connection: SimulatedConnection?
    do {
      connection = try SimulatedConnection(process, world) { bytes, moment in
        guard !isLost, !isReset else { return }
        // One connection's bytes arrive in order.
        let arrival = self.simulator.nanoseconds + self.delay(transport).wholeNanoseconds
        earliest = max(earliest, arrival)
        self.simulator.after(.nanoseconds(earliest - self.simulator.nanoseconds)) {
          call?.feed(bytes, moment)
        }
      }
    } catch {
      simulator.fail("no session: \(error)")
    }
    guard let connection else { return }
    process.opened(connection)
    // Weakly: the connection holds the call, and thousands of simulations share the memory.
    call?.onGivingUp = { [weak connection] in
      self.simulator.after(self.delay(transport)) { connection?.lose() }
    }
    if isReset {
      let pause = Duration.microseconds(
        Int64.random(in: 0...20_000, using: &simulator.random))
      simulator.after(pause) {
        connection.lose()
        self.tell(call, "the connection was reset", transport)
      }
    }
    connection.onServersEnd = { if !isLost { self.tell(call, "the server is gone", transport) } }
    connection.feed(request)
  }
}

/// Makes the calls of one client, each with its own deadline.
struct SimulatedTransport: ClientTransport {
  let world: World
  let client: String
  /// What the calls are about, when they are commands.
  var operation: Operation?
  var timeout: Duration?
  /// Told of each message or error that is taken, with the moment at which it left the server.
  var onAnswer: @Sendable (Moment?) -> Void = { _ in }

  func unary(
    _ head: ClientRequestHead, framedMessage: [UInt8]
  ) async throws(RPCError) -> ClientReply {
    let call = try start(head, framedMessage)
    var reply = ClientReply()
    while let message = try await call.receive() { reply.message = message }
    reply.trailingMetadata = call.trailingMetadata
    return reply
  }

  func openStream(_ head: ClientRequestHead, onlyMessage: [UInt8]?) -> any ClientStream {
    do {
      return try start(head, onlyMessage ?? [])
    } catch {
      fatalError("a call that cannot begin: \(error)")
    }
  }

  /// Sends a call and sets its deadline.
  func start(_ head: ClientRequestHead, _ message: [UInt8]) throws(RPCError) -> SimulatedCall {
    let simulator = world.simulator
    var head = head
    let now = Deadline(nanoseconds: simulator.nanoseconds)
    head.deadline = timeout.map { now.advanced(byNanoseconds: $0.wholeNanoseconds) }
    let call: SimulatedCall
    do throws(HTTP2Error) {
      call = try SimulatedCall(head, message: message, now: now)
      world.network.dispatch(call, try call.request(), self)
    } catch {
      throw RPCError(code: .internalError, message: "\(error)")
    }
    call.onAnswer = onAnswer
    guard let timeout else { return call }
    simulator.after(timeout) {
      guard !call.isEnded else { return }
      simulator.history.count("call: deadline at the client")
      call.onGivingUp()
      call.fail(RPCError(code: .deadlineExceeded, message: "the deadline passed"))
    }
    return call
  }
}
