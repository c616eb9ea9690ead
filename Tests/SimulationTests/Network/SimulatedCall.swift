import GRPC
import HTTP2

/// The client's end of a call, which has a connection of its own.
///
/// Unchecked: it belongs to the simulation's thread.
final class SimulatedCall: ClientStream, @unchecked Sendable {
  private let session: Session
  private let stream: Session.Stream
  private var machine: ClientStreamStateMachine
  private var pendingLeading: ResponseHeaderBlock?
  private var messages: [(bytes: [UInt8], moment: Moment?)] = []
  private var end: Result<Metadata, RPCError>?
  private var waiting: CheckedContinuation<Void, Never>?
  /// When the bytes that were fed last left the server.
  private var moment: Moment?
  /// Told when a message or the error is taken, with the moment at which it left the server.
  var onAnswer: (Moment?) -> Void = { _ in }
  /// Called once, when the caller has given up.
  var onGivingUp: () -> Void = {}

  init(_ head: ClientRequestHead, message: [UInt8], now: Deadline) throws(HTTP2Error) {
    session = try Session(role: .client)
    machine = ClientStreamStateMachine(
      responseIsStream: head.method.responseIsStream,
      maxMessageBytes: head.options.maxResponseMessageBytes)
    var fields = FieldList()
    head.append(
      to: &fields,
      connection: ClientRequestHead.ConnectionFields(authority: "farebox", userAgent: "simulated"),
      now: now)
    stream = try session.submitRequest(fields)
    session.send(message, on: stream)
    session.finish(stream)
  }

  /// The bytes of the whole request.
  func request() throws(HTTP2Error) -> [UInt8] {
    var output: [UInt8] = []
    try session.pullOutput({ output.append(contentsOf: $0) }, { _ in })
    return output
  }

  var isEnded: Bool { end != nil }

  // MARK: From the network

  /// Takes bytes from the server.
  func feed(_ bytes: [UInt8], _ moment: Moment?) {
    guard end == nil else { return }
    self.moment = moment
    do {
      try bytes.withUnsafeBytes { try session.receive($0) { handle($0) } }
    } catch {
      conclude(.failure(RPCError(code: .internalError, message: "\(error)")))
    }
    wake()
  }

  /// Ends the call on this side.
  func fail(_ error: RPCError) {
    guard end == nil else { return }
    conclude(.failure(error))
    wake()
  }

  private func handle(_ event: Event) {
    switch event {
    case .headers(_, let fields):
      let block = ResponseHeaderBlock(fields)
      if stream.hasPeerEndedWithHeaders {
        pendingLeading = block
      } else {
        obey(machine.receiveHeaders(block, endStream: false))
      }
    case .trailers(_, let fields):
      settleLeading(endStream: false)
      obey(machine.receiveHeaders(ResponseHeaderBlock(fields), endStream: true))
    case .data(_, let bytes):
      settleLeading(endStream: false)
      obey(machine.receiveData(bytes, endStream: false) { messages.append(($0.bytes, moment)) })
    case .endOfStream:
      settleLeading(endStream: true)
      let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
      obey(machine.receiveData(nothing, endStream: true) { _ in })
    case .closed(_, let code):
      if let error = machine.receiveReset(errorCode: code.rawValue) { conclude(.failure(error)) }
    default: break
    }
  }

  private func settleLeading(endStream: Bool) {
    guard let block = pendingLeading else { return }
    pendingLeading = nil
    obey(machine.receiveHeaders(block, endStream: endStream))
  }

  private func obey(_ action: ClientStreamStateMachine.OnHeaders) {
    switch action {
    case .ignore, .initialMetadata: break
    case .end(let end): conclude(end)
    case .resetAndFail(let error): conclude(.failure(error))
    }
  }

  private func obey(_ action: ClientStreamStateMachine.OnData) {
    switch action {
    case .proceed: break
    case .end(let end): conclude(end)
    case .resetAndFail(let error): conclude(.failure(error))
    }
  }

  private func conclude(_ end: ClientStreamStateMachine.End) {
    switch end {
    case .ok(let trailing): conclude(.success(trailing))
    case .failed(let error): conclude(.failure(error))
    }
  }

  private func conclude(_ result: Result<Metadata, RPCError>) {
    if end == nil { end = result }
  }

  private func wake() {
    waiting.take()?.resume()
  }

  // MARK: For the caller

  func receive() async throws(RPCError) -> [UInt8]? {
    while true {
      if !messages.isEmpty {
        let message = messages.removeFirst()
        onAnswer(message.moment)
        return message.bytes
      }
      switch end {
      case .success: return nil
      case .failure(let error):
        onAnswer(moment)
        throw error
      case nil: break
      }
      await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
          if end == nil, messages.isEmpty { waiting = continuation } else { continuation.resume() }
        }
      } onCancel: {
        cancel()
      }
    }
  }

  func cancel() {
    guard end == nil else { return }
    onGivingUp()
    fail(RPCError(code: .cancelled, message: "the caller cancelled the call"))
  }

  var trailingMetadata: Metadata {
    if case .success(let metadata) = end { metadata } else { Metadata() }
  }

  func initialMetadata() async throws(RPCError) -> Metadata { Metadata() }
  func send(framedMessage: [UInt8]) async throws(RPCError) {}
  func finishSending() {}
}

extension ResponseHeaderBlock {
  fileprivate init(_ fields: FieldView) {
    self.init()
    for field in fields {
      field.name.withMemoryRebound(to: UInt8.self) { name in
        field.value.withMemoryRebound(to: UInt8.self) { add(name: name, value: $0) }
      }
    }
  }
}
