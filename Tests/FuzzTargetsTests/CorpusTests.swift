import Contracts
import Foundation
import FuzzTargets
import GRPCServices
import Protobuf
import Testing

@Suite("Corpus")
struct CorpusTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Corpus")

  static let contracts = [
    Farebox_Auth_V1_AuthService_FileDescriptor.file,
    Farebox_Accounting_V1_AccountingService_FileDescriptor.file,
    Farebox_Chat_V1_ChatService_FileDescriptor.file,
    Farebox_Version_V1_VersionService_FileDescriptor.file,
    Grpc_Health_V1_Health_FileDescriptor.file,
    Grpc_Reflection_V1_Reflection_FileDescriptor.file,
    Grpc_Reflection_V1alpha_Reflection_FileDescriptor.file,
  ]

  @Test("every input that a fuzzer found worth keeping keeps every promise",
    arguments: FuzzTarget.allCases)
  func replay(target: FuzzTarget) throws {
    let inputs = try FileManager.default.contentsOfDirectory(
      at: Self.folder.appending(path: target.rawValue), includingPropertiesForKeys: nil)
    #expect(!inputs.isEmpty)
    for input in inputs {
      let bytes = try Array(Data(contentsOf: input))
      var broken: BrokenProperty?
      bytes.withUnsafeBytes { view in
        do throws(BrokenProperty) { try target.run(view) } catch { broken = error }
      }
      if let broken { Issue.record("\(input.lastPathComponent): \(broken)") }
    }
  }

  @Test("empty input means something to every target", arguments: FuzzTarget.allCases)
  func empty(target: FuzzTarget) throws {
    try target.run(UnsafeRawBufferPointer(start: nil, count: 0))
  }

  @Test("every request type of every service is decoded by the fuzzer")
  func requestTypes() throws {
    let fuzzed = Set(ProtobufFuzz.types.map { $0.schema.name })
    var missing: [String] = []
    for file in Self.contracts {
      let descriptor = try Google_Protobuf_FileDescriptorProto(
        serializedBytes: file.serialized, limits: .trusted)
      for method in descriptor.service.flatMap(\.method) {
        let name = String((method.inputType ?? "").drop { $0 == "." })
        if !fuzzed.contains(name) { missing.append(name) }
      }
    }
    #expect(missing == [])
  }
}
