import GRPC
import HTTP2

/// The server's rules for one call: a header block through a real session, then payload.
enum ServerStreamFuzz {
  private struct Bytes: MessageSerializer, MessageDeserializer {
    func serialize(_ message: [UInt8], headroom: Int) throws -> [UInt8] {
      [UInt8](repeating: 0, count: headroom) + message
    }

    func deserialize(_ bytes: UnsafeRawBufferPointer) throws -> [UInt8] { Array(bytes) }
  }

  private static let service = ServiceDescriptor(fullyQualifiedService: "a.B")
  private static let routes: RoutingTable = {
    var router = RPCRouter()
    let unary = MethodDescriptor(service: service, method: "C", kind: .unary)
    let both = MethodDescriptor(service: service, method: "D", kind: .bidirectionalStreaming)
    router.registerUnary(unary, deserializer: Bytes(), serializer: Bytes()) { input, _ in input }
    router.registerBidirectional(both, deserializer: Bytes(), serializer: Bytes()) { _, _, _ in }
    router.setMaxRequestBytes(1_000, for: service)
    return router.freeze(interceptors: [])
  }()

  static func run(_ input: inout FuzzInput) throws(BrokenProperty) {
    let fields = requestFields(&input)
    let piece = input.pieceBytes()
    guard let whole = try begin(fields), let cut = try begin(fields) else { return }
    let payload = input.rest
    let once = feed(payload, to: whole, piece: .max)
    let often = feed(payload, to: cut, piece: piece)
    try BrokenProperty.require(
      once == often, "cut into \(piece) bytes a request means \(often), in one piece \(once)")
  }

  private static func requestFields(_ input: inout FuzzInput) -> FieldList {
    var fields = FieldList()
    let flags = input.byte()
    if flags & 1 == 0 {
      fields.append(":method", literal: "POST")
      fields.append(":scheme", literal: "http")
      fields.append(":path", literal: "/a.B/C")
      if flags & 2 == 0 { fields.append("content-type", literal: "application/grpc") }
    } else if flags & 2 == 0 {
      fields.append(":method", literal: "POST")
      fields.append(":scheme", literal: "http")
      fields.append(":path", literal: "/a.B/D")
      fields.append("content-type", literal: "application/grpc+proto")
    }
    if flags & 4 != 0 { fields.append("grpc-timeout", bytes: input.chunk()) }
    if flags & 8 != 0 { fields.append("grpc-encoding", bytes: input.chunk()) }
    if flags & 16 != 0 { fields.append("grpc-accept-encoding", bytes: input.chunk()) }
    for _ in 0..<(flags >> 5) {
      fields.append(nameBytes: Array(input.chunk()), valueBytes: Array(input.chunk()))
    }
    return fields
  }

  /// The machine after the header block; nil when no call begins.
  private static func begin(
    _ fields: FieldList
  ) throws(BrokenProperty) -> ServerStreamStateMachine? {
    var begun: ServerStreamStateMachine?
    var problem: String?
    guard let client = try? Session(role: .client), let server = try? Session(role: .server)
    else { throw BrokenProperty(description: "no session") }
    carry(fields, from: client, to: server) { block in
      var machine = ServerStreamStateMachine()
      switch machine.receiveHeaders(RequestHeaders(block), routes: routes) {
      case .begin(_, let timeout):
        if let timeout, timeout < 0 { problem = "a deadline of \(timeout) ns" }
        begun = machine
      case .refuse(let answer): if answer.isEmpty { problem = "an empty refusal" }
      case .nothing: problem = "a first header block means nothing"
      }
    }
    if let problem { throw BrokenProperty(description: problem) }
    return begun
  }

  /// Sends fields from a client's session to a server's, which lets only some pass.
  @inline(never)  // inlined, its closures make the optimizer of Swift 6.3.1 crash
  private static func carry(
    _ fields: FieldList, from client: Session, to server: Session, _ body: (FieldView) -> Void
  ) {
    guard (try? client.submitRequest(fields)) != nil else { return }
    var bytes: [UInt8] = []
    _ = try? client.pullOutput({ bytes.append(contentsOf: $0) }, { _ in })
    let sent = bytes
    sent.withUnsafeBytes { view in
      try? server.receive(view) { event in
        if case .headers(_, let block) = event { body(block) }
      }
    }
  }

  private struct Outcome: Equatable {
    var messages: [[UInt8]] = []
    var failure: Status?
    var end = ServerStreamStateMachine.OnEnd.nothing
  }

  private static func feed(
    _ payload: UnsafeRawBufferPointer, to machine: consuming ServerStreamStateMachine, piece: Int
  ) -> Outcome {
    var outcome = Outcome()
    payload.inPieces(of: piece) { bytes in
      if case .fail(let status) = machine.receiveData(
        bytes, deliver: { outcome.messages.append($0.bytes) })
      {
        outcome.failure = outcome.failure ?? status
      }
      return true
    }
    outcome.end = machine.receiveEnd()
    return outcome
  }
}
