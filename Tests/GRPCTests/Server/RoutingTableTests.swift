import Testing

@testable import GRPC

@Suite("RoutingTable")
struct RoutingTableTests {
  private func lookUp(_ path: String, in table: RoutingTable) -> String? {
    Array(path.utf8).withUnsafeBufferPointer { table.method(at: $0)?.descriptor.method }
  }

  @Test("every registered path is found, and only by its exact bytes")
  func exact() {
    var router = RPCRouter()
    for index in 0..<500 {
      router.registerUnary(
        .test("M\(index)", .unary), deserializer: RawBytes(), serializer: RawBytes()
      ) { input, _ in input }
    }
    let table = router.freeze(interceptors: [])
    for index in 0..<500 {
      #expect(lookUp("/test.Service/M\(index)", in: table) == "M\(index)")
    }
    for path in ["", "/", "/test.Service/M500", "test.Service/M1", "/test.Service/m1",
      "//test.Service/M1", "/test.Service/M1?", "/test.Service/M1\0"]
    {
      #expect(lookUp(path, in: table) == nil)
    }
  }

  @Test("a table without methods finds nothing")
  func empty() {
    #expect(lookUp("/a/b", in: RPCRouter().freeze(interceptors: [])) == nil)
  }

  @Test("a method's own limit wins over its service's, and that over the default")
  func limits() {
    var router = RPCRouter.allShapes
    router.setMaxRequestBytes(100, for: ServiceDescriptor(fullyQualifiedService: "test.Service"))
    router.setMaxRequestBytes(7, for: .test("Up", .clientStreaming))
    let table = router.freeze(interceptors: [])
    func limit(_ name: String) -> Int? {
      Array("/test.Service/\(name)".utf8).withUnsafeBufferPointer {
        table.method(at: $0)?.maxRequestBytes
      }
    }
    #expect(limit("Up") == 7)
    #expect(limit("Unary") == 100)
    #expect(RPCRouter.defaultMaxRequestBytes == 4 * 1024 * 1024)
  }
}
