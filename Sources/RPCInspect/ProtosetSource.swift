import Protobuf

/// Descriptors from files that `protoc --descriptor_set_out --include_imports` wrote.
public struct ProtosetSource: DescriptorSource {
  private let table: DeclarationTable

  /// Takes the contents of descriptor set files; of files with the same name the first stays.
  ///
  /// - Throws: ``InspectError/unreadableProtoset(path:reason:)``.
  public init(_ sets: [(path: String, bytes: [UInt8])]) throws(InspectError) {
    var table = DeclarationTable()
    for set in sets {
      do {
        let files = try Google_Protobuf_FileDescriptorSet(
          serializedBytes: set.bytes, limits: .trusted)
        for file in files.file { table.add(file) }
      } catch {
        throw .unreadableProtoset(path: set.path, reason: "this is no descriptor set: \(error)")
      }
    }
    self.table = table
  }

  public func serviceNames() async throws -> [String] { table.services }

  public func files(
    declaring symbol: String
  ) async throws -> [Google_Protobuf_FileDescriptorProto] {
    guard table[symbol] != nil else { throw InspectError.symbolNotFound(symbol) }
    return Array(table.files.values)
  }

  public func files(named name: String) async throws -> [Google_Protobuf_FileDescriptorProto] {
    table.files[name].map { [$0] } ?? []
  }
}

/// Asks several sources in turn, as when a descriptor set completes what a server tells.
public struct SourceChain: DescriptorSource {
  private let sources: [any DescriptorSource]

  /// Asks in the order given.
  public init(_ sources: [any DescriptorSource]) { self.sources = sources }

  public func serviceNames() async throws -> [String] {
    guard let first = sources.first else { return [] }
    return try await first.serviceNames()
  }

  public func files(
    declaring symbol: String
  ) async throws -> [Google_Protobuf_FileDescriptorProto] {
    for source in sources.dropLast() {
      if let files = try? await source.files(declaring: symbol) { return files }
    }
    guard let last = sources.last else { throw InspectError.symbolNotFound(symbol) }
    return try await last.files(declaring: symbol)
  }

  public func files(named name: String) async throws -> [Google_Protobuf_FileDescriptorProto] {
    for source in sources {
      if let files = try? await source.files(named: name), !files.isEmpty { return files }
    }
    return []
  }
}
