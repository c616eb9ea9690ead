import Testing

@testable import GRPC

@Suite("What a server agrees to about compression")
struct ServerCompressionMachineTests {
  private typealias Base = ServerStreamStateMachineTests

  private static func routes(_ policy: CompressionPolicy) -> RoutingTable {
    RPCRouter.allShapes.freeze(interceptors: [], compression: policy)
  }

  /// The machine after a header block, or the text of the refusal.
  private static func begin(
    _ more: [(String, String)], _ policy: CompressionPolicy = CompressionPolicy()
  ) -> (machine: ServerStreamStateMachine, refusal: [String]?) {
    var machine = ServerStreamStateMachine()
    let refusal = HeaderBlock.with(
      Base.request(path: "/test.Service/Both", more: more)
    ) { view -> [String]? in
      if case .refuse(let answer) = machine.receiveHeaders(view, routes: routes(policy)) {
        return answer.text
      }
      return nil
    }
    return (machine, refusal)
  }

  @Test("the request's encoding is refused unless it is allowed, and the answer lists what is")
  func requests() {
    for (allowed, encoding, listed) in [
      (.all, "gzip", nil), (.all, "deflate", nil), (.gzip, "gzip", nil), ([], "identity", nil),
      (.gzip, "deflate", "identity,gzip"), (.deflate, "gzip", "identity,deflate"),
      ([], "gzip", "identity"), ([], "deflate", "identity"), (.all, "br", "identity,gzip,deflate"),
    ] as [(CompressionAlgorithms, String, String?)] {
      let begun = Self.begin([("grpc-encoding", encoding)], CompressionPolicy(allowed: allowed))
      if let listed {
        #expect(begun.refusal?.contains("grpc-status=12") == true, "\(encoding)")
        #expect(begun.refusal?.contains("grpc-accept-encoding=\(listed)") == true, "\(encoding)")
      } else {
        #expect(begun.refusal == nil && begun.machine.requestCompression.name == encoding)
      }
    }
  }

  @Test("responses are compressed with what the client accepts and the server allows only")
  func responses() {
    for (accepts, policy, accepted, unasked) in [
      ("gzip", .init(), .gzip, .identity),
      ("identity,deflate,gzip", .init(), .all, .identity),
      ("identity,deflate,gzip", .init(allowed: .gzip), .gzip, .identity),
      ("gzip", .init(responses: .gzip), .gzip, .gzip),
      ("deflate", .init(responses: .gzip), .deflate, .identity),
      ("identity", .init(responses: .gzip), [], .identity),
      ("gzip", .init(allowed: [], responses: .gzip), [], .identity),
    ] as [(String, CompressionPolicy, CompressionAlgorithms, CompressionAlgorithm)] {
      let machine = Self.begin([("grpc-accept-encoding", accepts)], policy).machine
      #expect(machine.acceptedCompression == accepted, "\(accepts)")
      #expect(machine.defaultCompression == unasked, "\(accepts)")
    }
    let split = Self.begin([("grpc-accept-encoding", "gzip"), ("grpc-accept-encoding", "deflate")])
    #expect(split.machine.acceptedCompression == .all)
    #expect(Self.begin([]).machine.acceptedCompression == [])
  }

  @Test("the header block names the encoding of the response")
  func fields() {
    let machine = Self.begin([("grpc-accept-encoding", "gzip")], .init(allowed: .gzip)).machine
    let head = [
      ":status=200", "content-type=application/grpc", "grpc-accept-encoding=identity,gzip",
    ]
    #expect(machine.initialFields(Metadata()).text == head)
    #expect(
      machine.initialFields(["a": "b"], encoding: .gzip).text
        == head + ["grpc-encoding=gzip", "a=b"])
  }

  @Test("compressed messages need an encoding, byte by byte and all at once", arguments: [1, 4, 99])
  func messages(piece: Int) {
    for (encoding, expected) in [
      ("gzip", nil), ("deflate", nil), ("identity", .internalError),
    ] as [(String, Status.Code?)] {
      var machine = Self.begin([("grpc-encoding", encoding)]).machine
      let bytes = Base.framed([5]) + Base.framed([8, 9], flag: 1)
      var found: [MessageDeframer.Payload] = []
      var failure: Status.Code?
      for start in stride(from: 0, to: bytes.count, by: piece) {
        Array(bytes[start..<min(bytes.count, start + piece)]).withUnsafeBytes { view in
          let action = machine.receiveData(view) { payload in
            found.append(payload.isCompressed ? payload : .owned(payload.bytes))
          }
          if case .fail(let status) = action { failure = status.code }
        }
      }
      #expect(failure == expected, "\(encoding)")
      #expect(found.map(\.bytes) == (expected == nil ? [[5], [8, 9]] : [[5]]))
      #expect(found.map(\.isCompressed) == (expected == nil ? [false, true] : [false]))
    }
  }

  @Test("the handler chooses before the first message, among what the client accepts")
  func choice() {
    let compression = CallCompression(
      Self.begin([("grpc-accept-encoding", "gzip")], .init(responses: .gzip)).machine)
    // `#expect` cannot look into what cannot be copied.
    let steps: [(Bool, CompressionAlgorithm)] = [
      (compression.choose(.deflate), compression.responses),
      (compression.choose(.identity), compression.responses),
      (compression.choose(.gzip), compression.fix()),
      // From here on a message may rely on it.
      (compression.choose(.identity), compression.responses),
      (compression.choose(.gzip), compression.fix()),
    ]
    #expect(steps.map(\.0) == [false, true, true, false, false])
    #expect(steps.map(\.1) == [.gzip, .identity, .gzip, .gzip, .gzip])
  }
}
