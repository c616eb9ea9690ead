import Protobuf
import Testing

@Suite struct DescriptorProtoTests {
  private func fixture() throws -> Google_Protobuf_FileDescriptorProto {
    try Google_Protobuf_FileDescriptorProto(serializedBytes: FixtureFile.fixture)
  }

  @Test("a file compiled by protoc is read whole")
  func file() throws {
    let file = try fixture()
    #expect(file.name == "fixture.proto")
    #expect(file.package == "test.fixture")
    #expect(file.syntax == "proto3")
    #expect(file.dependency == ["missing/other.proto"])
    #expect(file.options?.swiftPrefix == "Fx")
    let node = try #require(file.messageType.first)
    #expect(node.field.map(\.name) == [
      "weight", "name", "numbers", "loose", "children", "text", "link", "color", "other", "ratio",
    ])
    #expect(node.field[0].proto3Optional == true)
    #expect(node.field[0].oneofIndex == 1)
    #expect(node.field[1].proto3Optional == nil)
    #expect(node.field[3].options?.packed == false)
    #expect(node.field[4].typeName == ".test.fixture.Node.ChildrenEntry")
    #expect(node.field[5].oneofIndex == 0)
    #expect(node.field[9].jsonName == "share")
    #expect(node.field[9].options?.deprecated == true)
    #expect(node.field[9].type == .double)
    #expect(node.nestedType.first?.options?.mapEntry == true)
    #expect(node.oneofDecl.map(\.name) == ["body", "_weight"])
    #expect(node.reservedRange.first?.end == 31)
  }

  @Test("services carry streaming flags and idempotency")
  func service() throws {
    let service = try #require(try fixture().service.first)
    #expect(service.method.map(\.name) == ["Get", "Watch"])
    #expect(service.method.map { $0.clientStreaming ?? false } == [false, true])
    #expect(service.method.map { $0.serverStreaming ?? false } == [false, true])
    #expect(service.method[1].options?.idempotencyLevel == .noSideEffects)
    #expect(service.method[0].inputType == ".test.fixture.Node")
  }

  @Test("comments are found by path")
  func comments() throws {
    let locations = try #require(try fixture().sourceCodeInfo).location
    func comment(_ path: [Int32]) -> String? {
      locations.first { $0.path == path }?.leadingComments
    }
    #expect(comment([4, 0]) == " A node of a tree.\n")
    #expect(comment([6, 0]) == " Serves nodes.\n")
    #expect(comment([6, 0, 2, 0]) == " One node.\n")
  }

  @Test("options without a field of their own survive a round trip")
  func unknownOptions() throws {
    let file = try fixture()
    #expect(file.options?.unknownFields.bytes == Wire.field(1, "org.example"))
    let again = try Google_Protobuf_FileDescriptorProto(serializedBytes: file.serializedBytes())
    #expect(again == file)
    #expect(try again.serializedBytes().count == FixtureFile.fixture.count)
  }
}
