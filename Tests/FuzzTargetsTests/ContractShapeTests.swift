import Foundation
import Protobuf
import Testing

/// What the shapes of the contracts promise to those who decode them.
@Suite("The shape of contracts")
struct ContractShapeTests {
  private struct Types {
    var messages: [String: Google_Protobuf_DescriptorProto] = [:]
    var requests: Set<String> = []

    mutating func add(_ message: Google_Protobuf_DescriptorProto, scope: String) {
      let name = scope + "." + (message.name ?? "")
      messages[name] = message
      for nested in message.nestedType { add(nested, scope: name) }
    }
  }

  private static func types() throws -> Types {
    var types = Types()
    var pending = CorpusTests.contracts
    var seen: Set<String> = []
    while let file = pending.popLast() {
      guard seen.insert(file.name).inserted else { continue }
      pending += file.dependencies
      let descriptor = try Google_Protobuf_FileDescriptorProto(
        serializedBytes: file.serialized, limits: .trusted)
      let scope = descriptor.package.map { "." + $0 } ?? ""
      for message in descriptor.messageType { types.add(message, scope: scope) }
      types.requests.formUnion(descriptor.service.flatMap(\.method).compactMap(\.inputType))
    }
    return types
  }

  /// How many levels a message can have; nil when there is no end.
  private static func depth(
    of name: String, in types: Types, below path: [String] = []
  ) -> Int? {
    if path.contains(name) { return nil }
    guard let message = types.messages[name] else { return nil }
    var deepest = 0
    for part in message.field.compactMap(\.typeName) where types.messages[part] != nil {
      guard let below = depth(of: part, in: types, below: path + [name]) else { return nil }
      deepest = max(deepest, below)
    }
    return deepest + 1
  }

  @Test("no request can contain itself, and none has more than eight levels")
  func acyclic() throws {
    let types = try Self.types()
    #expect(types.requests.count > 40)
    for request in types.requests.sorted() {
      let depth = Self.depth(of: request, in: types)
      #expect(depth.map { $0 <= 8 } ?? false, "\(request): \(depth.map(String.init) ?? "endless")")
    }
  }

  @Test("a message that contains itself would be noticed")
  func cyclic() {
    var part = Google_Protobuf_FieldDescriptorProto()
    part.typeName = ".a.B"
    var message = Google_Protobuf_DescriptorProto()
    message.field = [part]
    #expect(Self.depth(of: ".a.B", in: Types(messages: [".a.B": message])) == nil)
  }

  @Test("the fuzzer's sanitizer ends the run, and nothing is suppressed but by name")
  func sanitizer() throws {
    var top = CorpusTests.folder
    for _ in 0..<2 { top.deleteLastPathComponent() }
    let script = try String(contentsOf: top.appending(path: "tools/fuzz"), encoding: .utf8)
    #expect(script.contains("--sanitize address") && script.contains("-fsanitize=address"))
    #expect(script.contains("detect_leaks=1"))
    for word in ["halt_on_error", "sanitize-recover", "suppressions", "exitcode=0"] {
      #expect(!script.contains(word), "\(word)")
    }
  }
}
