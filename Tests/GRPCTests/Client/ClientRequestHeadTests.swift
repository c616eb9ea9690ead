import HTTP2
import Testing

@testable import GRPC

@Suite("The header block of a request")
struct ClientRequestHeadTests {
  private static func fields(
    deadline: Deadline?, now: Deadline, options: CallOptions = .defaults,
    isEncrypted: Bool = false
  ) -> [String] {
    let method = MethodDescriptor(
      service: ServiceDescriptor(fullyQualifiedService: "a.v1.B"), method: "C", kind: .unary)
    let head = ClientRequestHead(
      method: method, metadata: ["x-one": "1", "x-two-bin": [1], "x-one": "2"],
      deadline: deadline, options: options)
    var fields = FieldList()
    head.append(
      to: &fields,
      connection: ClientRequestHead.ConnectionFields(
        authority: "host:1", userAgent: "grpc-swift-x/1", isEncrypted: isEncrypted),
      now: now)
    return fields.text
  }

  @Test("has pseudo fields, timeout, call definition and metadata in this order")
  func order() {
    let pseudo = [":method=POST", ":scheme=http", ":path=/a.v1.B/C", ":authority=host:1"]
    let definition = [
      "te=trailers", "content-type=application/grpc",
      "grpc-accept-encoding=identity,gzip,deflate", "user-agent=grpc-swift-x/1",
    ]
    let metadata = ["x-one=1", "x-two-bin=AQ", "x-one=2"]
    let now = Deadline(nanoseconds: 1000)
    #expect(Self.fields(deadline: nil, now: now) == pseudo + definition + metadata)
    #expect(
      Self.fields(deadline: now.advanced(byNanoseconds: 5_000_000), now: now)
        == pseudo + ["grpc-timeout=5000000n"] + definition + metadata)
  }

  @Test("announces what remains when it is sent, and never nothing")
  func remaining() {
    let deadline = Deadline(nanoseconds: 10_000)
    for (now, text) in [(4000, "6000n"), (9999, "1n"), (10_000, "1n"), (20_000, "1n")] {
      let fields = Self.fields(deadline: deadline, now: Deadline(nanoseconds: Int64(now)))
      #expect(fields.contains("grpc-timeout=\(text)"))
    }
  }
  @Test("names the encoding of the request only when there is one, and what it can inflate")
  func compression() {
    for (compression, accepted, encodings) in [
      (.identity, .all, ["grpc-accept-encoding=identity,gzip,deflate"]),
      (.identity, .gzip, ["grpc-accept-encoding=identity,gzip"]),
      (.identity, [], []),
      (.gzip, [], ["grpc-encoding=gzip"]),
      (.deflate, .deflate, ["grpc-encoding=deflate", "grpc-accept-encoding=identity,deflate"]),
    ] as [(CompressionAlgorithm, CompressionAlgorithms, [String])] {
      let options = CallOptions(compression: compression, acceptedCompression: accepted)
      let fields = Self.fields(deadline: nil, now: Deadline(nanoseconds: 0), options: options)
      #expect(fields.filter { $0.contains("encoding") } == encodings)
    }
  }
  @Test("says how the connection is protected")
  func scheme() {
    let now = Deadline(nanoseconds: 0)
    for (isEncrypted, scheme) in [(false, ":scheme=http"), (true, ":scheme=https")] {
      let fields = Self.fields(deadline: nil, now: now, isEncrypted: isEncrypted)
      #expect(fields[1] == scheme)
    }
  }
}
