import GRPC
import HTTP2
import Ledger

/// When an answer left the process, by what the ledger knew then.
struct Moment {
  let seq: Int64
  let time: LedgerTime
  /// When the first of the messages was made that left together.
  let firstTime: LedgerTime
}

/// The server's end of one connection, which carries one call: what the server's driver of sockets
/// does, without sockets.
///
/// Unchecked: it belongs to the simulation's thread.
final class SimulatedConnection: ServerCallHost, @unchecked Sendable {
  private static let peers = PeerNames(remote: "ipv4:10.0.0.1:50000", local: "ipv4:10.0.0.2:7001")

  private unowned let world: World
  private let process: SimulatedProcess
  /// Takes what the server says, with the moment at which the call was answered.
  private let reply: ([UInt8], Moment?) -> Void
  private let loop: SimulatedQueue
  private(set) var session: Session?
  private var isFeeding = false
  private var isFlushScheduled = false
  private var borrowed: [ServerCall] = []
  private var running = 0
  private var moment: Moment?
  /// Called when the process ends before the call does.
  var onServersEnd: () -> Void = {}

  init(
    _ process: SimulatedProcess, _ world: World, reply: @escaping ([UInt8], Moment?) -> Void
  ) throws {
    self.process = process
    self.world = world
    self.reply = reply
    loop = SimulatedQueue(world.simulator)
    session = try Session(role: .server)
  }

  /// Whether nothing runs here any more.
  var isOver: Bool { session == nil || (running == 0 && session?.isIdle == true) }

  // MARK: For the calls

  var isOnLoop: Bool { true }
  var executor: any TaskExecutor { world.simulator.executor }
  var now: Deadline { Deadline(nanoseconds: world.simulator.nanoseconds) }

  func runOnLoop(_ work: @escaping @Sendable () -> Void) { loop.run(work) }

  func setNeedsFlush() {
    if let ledger = process.ledger {
      let now = ledger.now
      moment = Moment(
        seq: ledger.committedSeq, time: now,
        firstTime: isFlushScheduled ? moment?.firstTime ?? now : now)
    }
    guard !isFeeding, !isFlushScheduled else { return }
    isFlushScheduled = true
    loop.run {
      self.isFlushScheduled = false
      self.flush()
    }
  }

  func handlerSuspended(_ call: ServerCall) {
    running += 1
    call.isCounted = true
    guard let deadline = call.deadline else { return }
    let left = deadline.nanoseconds - world.simulator.nanoseconds
    world.simulator.after(.nanoseconds(left)) { [weak call] in
      guard let call, !call.isHandlerDone, !self.process.isDead else { return }
      self.world.simulator.history.count("call: deadline at the server")
      call.deadlineReached()
    }
  }

  func handlerReturned(_ call: ServerCall) {
    guard call.isCounted else { return }
    call.isCounted = false
    running -= 1
  }

  func report(_ error: any Error, from call: ServerCall) {
    guard !process.isDead else { return }
    // The disk said so: clients are told to come again, and the operator is told why.
    if case .failed? = (error as? RPCError)?.cause as? StoreError { return }
    world.simulator.fail("\(call.method.descriptor.fullyQualifiedMethod) failed with \(error)")
  }

  // MARK: The wire

  /// Takes bytes from the client.
  func feed(_ bytes: [UInt8]) {
    guard let session else { return }
    isFeeding = true
    do {
      try bytes.withUnsafeBytes { try session.receive($0) { handle($0, session) } }
    } catch {
      world.simulator.fail("the session does not take a request: \(error)")
    }
    for call in borrowed { call.keepRequest() }
    borrowed = []
    isFeeding = false
    flush()
  }

  /// The connection is gone; handlers are told.
  func lose() {
    guard let ended = session else { return }
    session = nil
    for stream in ended.openStreams {
      let call = stream.context as? ServerCall
      stream.context = nil
      call?.closed()
    }
  }

  /// The process has ended.
  func serverEnds() {
    if session != nil { onServersEnd() }
    lose()
  }

  private func handle(_ event: Event, _ session: Session) {
    switch event {
    case .headers(let stream, let fields): begin(stream, fields, session)
    case .data(let stream, let bytes):
      guard let call = stream.context as? ServerCall else { return }
      if call.receive(bytes) { borrowed.append(call) }
    case .endOfStream(let stream): (stream.context as? ServerCall)?.receiveEnd()
    case .writable(let stream): (stream.context as? ServerCall)?.becameWritable()
    case .closed(let stream, _):
      let call = stream.context as? ServerCall
      stream.context = nil
      call?.closed()
    default: break
    }
  }

  private func begin(_ stream: Session.Stream, _ fields: FieldView, _ session: Session) {
    guard let routes = process.routes else { return }
    let headers = RequestHeaders(fields)
    var machine = ServerStreamStateMachine()
    switch machine.receiveHeaders(headers, routes: routes) {
    case .begin(let method, let timeout):
      let call = ServerCall(
        method: method, metadata: headers.metadata, begunAt: now,
        deadline: timeout.map { now.advanced(byNanoseconds: $0) }, peers: Self.peers,
        stream: stream, machine: consume machine, host: self)
      stream.context = call
    case .refuse(let answer): session.submitResponse(stream, answer, endStream: true)
    case .nothing: break
    }
  }

  private func flush() {
    guard let session, !process.isDead else { return }
    var output: [UInt8] = []
    do {
      try session.pullOutput({ output.append(contentsOf: $0) }, { handle($0, session) })
    } catch {
      world.simulator.fail("the session does not answer: \(error)")
    }
    if !output.isEmpty { reply(output, moment) }
  }
}
