import HTTP2
import Testing

@testable import GRPC

@Suite("The header block of a request")
struct ClientRequestHeadTests {
  private static func fields(deadline: Deadline?, now: Deadline) -> [String] {
    let method = MethodDescriptor(
      service: ServiceDescriptor(fullyQualifiedService: "a.v1.B"), method: "C", kind: .unary)
    let head = ClientRequestHead(
      method: method, metadata: ["x-one": "1", "x-two-bin": [1], "x-one": "2"],
      deadline: deadline, options: .defaults)
    var fields = FieldList()
    head.append(
      to: &fields,
      connection: ClientRequestHead.ConnectionFields(
        authority: "host:1", userAgent: "grpc-swift-x/1"),
      now: now)
    return fields.text
  }

  @Test("has pseudo fields, timeout, call definition and metadata in this order")
  func order() {
    let pseudo = [":method=POST", ":scheme=http", ":path=/a.v1.B/C", ":authority=host:1"]
    let definition = ["te=trailers", "content-type=application/grpc", "user-agent=grpc-swift-x/1"]
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
}
