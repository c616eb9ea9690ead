import HTTP2

/// What happened on one side, copied out of the session's buffers.
enum Seen: Equatable {
  case headers(Int32, [String])
  case trailers(Int32, [String])
  case headersTooLarge(Int32)
  case data(Int32, [UInt8])
  case endOfStream(Int32)
  case writable(Int32)
  case closed(Int32, ErrorCode)
  case ping(UInt64, isReply: Bool)
  case goAway(Int32, ErrorCode)
}

/// A client and a server session that talk through memory.
final class SessionPair {
  let client: Session
  let server: Session
  var seenByClient: [Seen] = []
  var seenByServer: [Seen] = []
  /// What the server does with each event, before it is recorded.
  var onServerEvent: (Session, Event) -> Void = { _, _ in }
  var onClientEvent: (Session, Event) -> Void = { _, _ in }
  /// Bytes fed per call of `receive`; everything at once when nil.
  var feedBytesMax: Int?

  init(
    client: SessionConfiguration = SessionConfiguration(),
    server: SessionConfiguration = SessionConfiguration()
  ) throws {
    self.client = try Session(role: .client, configuration: client)
    self.server = try Session(role: .server, configuration: server)
  }

  init(client: Session, server: Session) {
    self.client = client
    self.server = server
  }

  /// Carries bytes both ways until neither side has any.
  func settle() throws {
    for _ in 0..<10_000 {
      let toServer = try output(of: client)
      try feed(toServer, to: server)
      let toClient = try output(of: server)
      try feed(toClient, to: client)
      if toServer.isEmpty, toClient.isEmpty { return }
    }
    preconditionFailure("the sessions never come to rest")
  }

  func output(of session: Session) throws -> [UInt8] {
    var bytes: [UInt8] = []
    try session.pullOutput({ bytes.append(contentsOf: $0) }, { note($0, at: session) })
    return bytes
  }

  func feed(_ bytes: [UInt8], to session: Session) throws {
    var start = 0
    while start < bytes.count {
      let end = min(bytes.count, start + (feedBytesMax ?? bytes.count))
      try bytes[start..<end].withUnsafeBytes { piece in
        try session.receive(piece) { note($0, at: session) }
      }
      start = end
    }
  }

  private func note(_ event: Event, at session: Session) {
    if session === server {
      onServerEvent(session, event)
      if let seen = Seen(event) { seenByServer.append(seen) }
    } else {
      onClientEvent(session, event)
      if let seen = Seen(event) { seenByClient.append(seen) }
    }
  }
}

extension Seen {
  init?(_ event: Event) {
    switch event {
    case .headers(let stream, let fields): self = .headers(stream.id, Seen.text(fields))
    case .trailers(let stream, let fields): self = .trailers(stream.id, Seen.text(fields))
    case .headersTooLarge(let stream): self = .headersTooLarge(stream.id)
    case .data(let stream, let bytes): self = .data(stream.id, Array(bytes))
    case .endOfStream(let stream): self = .endOfStream(stream.id)
    case .writable(let stream): self = .writable(stream.id)
    case .closed(let stream, let code): self = .closed(stream.id, code)
    case .ping(let payload, let isReply): self = .ping(payload, isReply: isReply)
    case .goAway(let last, let code, _): self = .goAway(last, code)
    case .settings, .settingsAcknowledged: return nil
    }
  }

  static func text(_ fields: FieldView) -> [String] {
    fields.map { field in
      String(decoding: field.name, as: UTF8.self) + "="
        + String(decoding: field.value, as: UTF8.self)
    }
  }

  /// The payload of all data events, joined: how payload is cut is nobody's business.
  static func payload(_ events: [Seen]) -> [UInt8] {
    events.flatMap { event -> [UInt8] in
      if case .data(_, let bytes) = event { bytes } else { [] }
    }
  }
}

extension FieldList {
  static func request(path: String = "/a.B/C", more: [(String, String)] = []) -> FieldList {
    var fields = FieldList()
    fields.append(":method", literal: "POST")
    fields.append(":scheme", literal: "http")
    fields.append(":path", path)
    fields.append(":authority", "test")
    for (name, value) in more { fields.append(name: name, value: value) }
    return fields
  }

  static let response: FieldList = {
    var fields = FieldList()
    fields.append(":status", literal: "200")
    return fields
  }()

  static let trailers: FieldList = {
    var fields = FieldList()
    fields.append("grpc-status", literal: "0")
    return fields
  }()
}
