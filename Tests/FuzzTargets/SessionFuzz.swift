import HTTP2

/// A session of either role that answers like a server or client would, and watches its streams.
private final class LivelySession {
  private let session: Session
  private var choices: UInt64
  private var gone: Set<Int32> = []
  private var problem: String?

  init(_ session: Session, choices: UInt64) {
    self.session = session
    self.choices = choices
  }

  /// Feeds bytes, then takes what the session has to say; false when the session has ended.
  func feed(_ bytes: UnsafeRawBufferPointer) -> Bool {
    do {
      try session.receive(bytes, react)
      try pull()
      return !session.isEnded
    } catch {
      try? pull()
      return false
    }
  }

  func pull() throws(HTTP2Error) {
    try session.pullOutput(limit: 1 << 20, { _ in }, react)
  }

  /// What must hold at any time.
  func check() throws(BrokenProperty) {
    if let problem { throw BrokenProperty(description: problem) }
    guard session.role == .server else { return }
    let open = session.openStreams.count
    try BrokenProperty.require(
      open <= Int(session.configuration.maxConcurrentStreams) + 1,
      "\(open) streams are open, more than were allowed")
    try BrokenProperty.require(
      session.openStreams.allSatisfy { !$0.isClosed }, "a closed stream counts as open")
  }

  private func react(_ event: Event) {
    noteStream(of: event)
    switch event {
    case .headers(let stream, let fields):
      for field in fields { choices &+= UInt64(field.value.count) }
      if session.role == .server { answer(stream) }
    case .headersTooLarge(let stream):
      if session.role == .server { session.submitResponse(stream, status(431), endStream: true) }
    case .data(let stream, let bytes):
      session.consumeConnection(bytes.count)
      if chance(3) { session.consumeStream(stream, bytes.count) }
      if session.role == .server, chance(2) { session.send(Array(bytes), on: stream) }
    case .endOfStream(let stream), .writable(let stream):
      if chance(2) { session.finish(stream, trailers: status(0)) }
    case .closed(let stream, _):
      session.send([1], on: stream)
      session.reset(stream, .cancel)
    case .trailers(let stream, _):
      if chance(4) { session.reset(stream, .noError) }
    case .ping(let payload, let isReply):
      if !isReply, chance(4) { session.submitPing(payload) }
    case .settings, .settingsAcknowledged, .goAway:
      break
    }
  }

  /// Nothing comes of a stream that is gone, and it goes once.
  private func noteStream(of event: Event) {
    switch event {
    case .headers(let stream, _), .headersTooLarge(let stream), .data(let stream, _),
      .endOfStream(let stream), .writable(let stream), .trailers(let stream, _):
      if gone.contains(stream.id) { problem = "\(event) after the end of the stream" }
    case .closed(let stream, _):
      if !gone.insert(stream.id).inserted { problem = "a stream is closed twice" }
    case .settings, .settingsAcknowledged, .ping, .goAway:
      break
    }
  }

  private func answer(_ stream: Session.Stream) {
    switch choices % 5 {
    case 0: session.submitResponse(stream, status(200), endStream: true)
    case 1: session.reset(stream, .refusedStream)
    case 2: break
    default:
      session.submitResponse(stream, status(200))
      session.send([UInt8](repeating: 7, count: Int(choices % 70_000)), on: stream)
      if chance(2) { session.finish(stream) }
    }
  }

  /// Decided by what came so far, so that an input always means the same.
  private func chance(_ one: UInt64) -> Bool {
    choices = choices &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return (choices >> 33) % one == 0
  }

  private func status(_ code: Int) -> FieldList {
    var fields = FieldList()
    if code > 0 { fields.append(":status", "\(code)") } else { fields.append("grpc-status", "0") }
    return fields
  }
}

/// A server's session: preface and frames of a client.
enum ServerSessionFuzz {
  private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
  private static let emptySettings: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0]

  static func run(_ input: inout FuzzInput) throws(BrokenProperty) {
    let flags = input.byte()
    let piece = input.pieceBytes()
    guard let session = try? Session(role: .server) else {
      throw BrokenProperty(description: "no session")
    }
    let lively = LivelySession(session, choices: UInt64(flags))
    if flags & 1 == 0 {
      _ = (preface + emptySettings).withUnsafeBytes { lively.feed($0) }
    }
    try input.rest.inPieces(of: piece) { bytes throws(BrokenProperty) in
      let goesOn = lively.feed(bytes)
      try lively.check()
      return goesOn
    }
  }
}

/// A client's session with three requests under way: frames of a server.
enum ClientSessionFuzz {
  static func run(_ input: inout FuzzInput) throws(BrokenProperty) {
    let flags = input.byte()
    let piece = input.pieceBytes()
    guard let session = try? Session(role: .client) else {
      throw BrokenProperty(description: "no session")
    }
    let lively = LivelySession(session, choices: UInt64(flags))
    for index in 0..<3 {
      guard let stream = try? session.submitRequest(request, endStream: index == 0) else {
        throw BrokenProperty(description: "no request")
      }
      if index == 1 { session.send([0, 0, 0, 0, 1, 9], on: stream) }
    }
    try? lively.pull()
    try input.rest.inPieces(of: piece) { bytes throws(BrokenProperty) in
      let goesOn = lively.feed(bytes)
      try lively.check()
      return goesOn
    }
  }

  private static var request: FieldList {
    var fields = FieldList()
    fields.append(":method", literal: "POST")
    fields.append(":scheme", literal: "http")
    fields.append(":path", literal: "/a.B/C")
    fields.append(":authority", literal: "x")
    fields.append("te", literal: "trailers")
    return fields
  }
}
