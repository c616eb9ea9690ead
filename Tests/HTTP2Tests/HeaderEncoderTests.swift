import CNghttp2
import Testing

@testable import HTTP2

/// Reads what the encoder wrote as a peer does that uses libnghttp2.
private final class Decoder {
  private let inflater: OpaquePointer

  init() throws {
    var made: OpaquePointer?
    try #require(nghttp2_hd_inflate_new(&made) == 0)
    inflater = try #require(made)
  }

  deinit { nghttp2_hd_inflate_del(inflater) }

  /// How much the peer allows from now on.
  func limitTable(toBytes bytes: Int) {
    nghttp2_hd_inflate_change_table_size(inflater, bytes)
  }

  func fields(of block: [UInt8]) throws -> [String] {
    var fields: [String] = []
    var rest = block[...]
    while true {
      var pair = nghttp2_nv()
      var flags: Int32 = 0
      let read = rest.withUnsafeBufferPointer {
        nghttp2_hd_inflate_hd2(inflater, &pair, &flags, $0.baseAddress, $0.count, 1)
      }
      try #require(read >= 0, "libnghttp2: \(String(cString: nghttp2_strerror(Int32(read))))")
      rest = rest.dropFirst(read)
      if flags & Int32(NGHTTP2_HD_INFLATE_EMIT.rawValue) != 0 {
        let name = UnsafeBufferPointer(start: pair.name, count: pair.namelen)
        let value = UnsafeBufferPointer(start: pair.value, count: pair.valuelen)
        let nameText = String(decoding: name, as: UTF8.self)
        fields.append(nameText + "=" + String(decoding: value, as: UTF8.self))
      }
      if flags & Int32(NGHTTP2_HD_INFLATE_FINAL.rawValue) != 0 {
        nghttp2_hd_inflate_end_headers(inflater)
        return fields
      }
    }
  }
}

extension HeaderEncoder {
  fileprivate mutating func block(_ fields: [(String, String)]) -> [UInt8] {
    var list = FieldList()
    for (name, value) in fields { list.append(name: name, value: value) }
    var block: [UInt8] = []
    encode(list, to: &block)
    return block
  }
}

private let token = "Bearer " + String(repeating: "secret", count: 70)
private let request = [
  (":method", "POST"), (":scheme", "http"), (":path", "/farebox.v1.Service/Method"),
  (":authority", "localhost:50051"), ("te", "trailers"), ("content-type", "application/grpc"),
  ("user-agent", "test"), ("authorization", token),
]

@Suite("HeaderEncoder")
struct HeaderEncoderTests {
  @Test("a field that comes for the third time costs one byte")
  func repeated() throws {
    var encoder = HeaderEncoder()
    let decoder = try Decoder()
    let sent = request.map { "\($0)=\($1)" }
    let blocks = (0..<3).map { _ in encoder.block(request) }
    for block in blocks { #expect(try decoder.fields(of: block) == sent) }
    #expect(blocks[1].count > token.utf8.count)
    #expect(blocks[2].count == request.count)
  }

  @Test("values that change with every call drive nothing out of the table")
  func changing() throws {
    var encoder = HeaderEncoder()
    let decoder = try Decoder()
    var last = 0
    for call in 0..<500 {
      let fields = request + [("traceparent", "00-\(call)-0123456789abcdef0123456789abcdef-01")]
      let block = encoder.block(fields)
      #expect(try decoder.fields(of: block) == fields.map { "\($0)=\($1)" })
      last = block.count
    }
    #expect(last < request.count + 70)
  }

  @Test(
    "a credential that could be guessed stays out of the table, under a mark that keeps it there",
    arguments: ["authorization", "proxy-authorization", "cookie"])
  func secrets(name: String) throws {
    var encoder = HeaderEncoder()
    let decoder = try Decoder()
    let short = (name, String(repeating: "a", count: HeaderEncoder.indexedSecretBytesMin - 1))
    let long = (name, String(repeating: "a", count: HeaderEncoder.indexedSecretBytesMin))
    for _ in 0..<4 {
      let block = encoder.block([short])
      #expect(block[0] & 0xF0 == 0x10 && block.count > short.1.utf8.count)
      #expect(try decoder.fields(of: block) == ["\(name)=\(short.1)"])
    }
    let blocks = (0..<3).map { _ in encoder.block([long]) }
    for block in blocks { #expect(try decoder.fields(of: block) == ["\(name)=\(long.1)"]) }
    #expect(blocks[2].count == 1)
  }

  @Test("a field that is marked as one that changes is never indexed")
  func marked() throws {
    var encoder = HeaderEncoder()
    for _ in 0..<4 {
      var list = FieldList()
      list.append("grpc-timeout", "100m", neverIndexed: true)
      var block: [UInt8] = []
      encoder.encode(list, to: &block)
      #expect(block[0] == 0x10 && block.count == 3 + 12 + 4)
    }
  }

  @Test("a field larger than half the table is sent as it is")
  func large() throws {
    var encoder = HeaderEncoder()
    let decoder = try Decoder()
    let huge = ("x-huge", String(repeating: "h", count: 30_000))
    for _ in 0..<4 {
      let block = encoder.block(request + [huge])
      #expect(try decoder.fields(of: block).last == "x-huge=\(huge.1)")
      #expect(block.count > 30_000)
    }
    #expect(encoder.block(request).count == request.count)
  }

  @Test("every field of the appendix has the index that peers know")
  func appendix() throws {
    let decoder = try Decoder()
    // What nghttp2's own table says, asked with one index after the other.
    for index in 1...61 {
      let known = try #require(try decoder.fields(of: [0x80 | UInt8(index)]).first)
      let parts = known.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let field = (String(parts[0]), String(parts[1]))
      var encoder = HeaderEncoder()
      // An empty credential is one that could be guessed.
      if !["authorization", "proxy-authorization", "cookie"].contains(field.0) {
        #expect(encoder.block([field]) == [0x80 | UInt8(index)], "\(known)")
      }
      // Of several fields with the name, the first stands for it.
      let named = encoder.block([(field.0, String(repeating: "v", count: 64))])
      let decoded = try Decoder().fields(of: named)
      #expect(decoded == ["\(field.0)=" + String(repeating: "v", count: 64)])
      #expect(named.count < 70, "\(known): its name is not sent")
    }
  }

  @Test(
    "the table follows the peer's limit, and says so at the beginning of the next block",
    arguments: [
      ([0], [0x20]),
      ([100], [0x3F, 69]),
      ([100, 4096], [0x3F, 69, 0x3F, 0xE1, 0x1F]),
      ([0, 100, 50], [0x20, 0x3F, 19]),
      ([8192], []),
      ([4096], []),
      ([8192, 4096], []),
    ] as [([UInt32], [UInt8])])
  func limits(limits: [UInt32], announced: [UInt8]) throws {
    var encoder = HeaderEncoder()
    let decoder = try Decoder()
    for _ in 0..<3 { _ = try decoder.fields(of: encoder.block(request)) }
    for limit in limits {
      encoder.limitTable(toBytes: limit)
      decoder.limitTable(toBytes: Int(limit))
    }
    let sent = request.map { "\($0)=\($1)" }
    let block = encoder.block(request)
    #expect(Array(block.prefix(announced.count)) == announced)
    #expect(try decoder.fields(of: block) == sent)
    let next = encoder.block(request)
    #expect(next.first == 0x83, "announced twice")
    #expect(try decoder.fields(of: next) == sent)
  }

  @Test("whatever fields are sent under whatever limits, the peer reads them")
  func random() throws {
    var random = SeededRandom()
    var encoder = HeaderEncoder()
    let decoder = try Decoder()
    let names = request.map(\.0) + (0..<10).map { "x-name-\($0)" }
    let values = request.map(\.1) + (0..<10).map { String(repeating: "v", count: $0 * $0 * 5) }
    for round in 0..<2_000 {
      if Int.random(in: 0..<20, using: &random) == 0 {
        let limit = Int.random(in: 0..<5_000, using: &random)
        encoder.limitTable(toBytes: UInt32(limit))
        decoder.limitTable(toBytes: limit)
      }
      let fields = (0..<Int.random(in: 0..<20, using: &random)).map { _ in
        let fresh = "fresh-\(UInt64.random(in: 0 ... .max, using: &random))"
        let value = Bool.random(using: &random) ? values.randomElement(using: &random) : fresh
        return (names.randomElement(using: &random) ?? "", value ?? "")
      }
      let sent = fields.map { "\($0)=\($1)" }
      let block = encoder.block(fields)
      try #require(
        try decoder.fields(of: block) == sent, "FAREBOX_SEED=\(random.seed), round \(round)")
    }
  }
}
