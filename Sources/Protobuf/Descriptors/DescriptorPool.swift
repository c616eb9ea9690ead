import Synchronization

/// A collection of `.proto` files that finds symbols and makes schemas of message types at run
/// time.
///
/// Files may come in any order and their imports may be missing: a field whose type is unknown then
/// decodes as a message or enum without known content, and asking for the type itself says what is
/// missing. Safe to use from several threads. A pool that has produced a schema lives as long as
/// the process, like the schema.
public final class DescriptorPool: Sendable {
  struct State {
    var table = SymbolTable()
    var fileNames: [String] = []
    var files: [String: Google_Protobuf_FileDescriptorProto] = [:]
    var serialized: [String: [UInt8]] = [:]
    var messageSchemas: [String: MessageSchema] = [:]
    var enumSchemas: [String: EnumSchema] = [:]
  }

  let state = Mutex(State())

  public init() {}

  // MARK: Adding

  /// Adds a serialized `google.protobuf.FileDescriptorProto`. Adding the same bytes again does
  /// nothing.
  ///
  /// - Throws: ``DescriptorError``; the pool is then as before.
  public func add(serializedFile bytes: [UInt8]) throws(DescriptorError) {
    let file: Google_Protobuf_FileDescriptorProto
    do {
      file = try Google_Protobuf_FileDescriptorProto(serializedBytes: bytes, limits: .trusted)
    } catch {
      throw .undecodable(error)
    }
    try add(file, serialized: bytes)
  }

  /// Adds a file that is decoded already.
  ///
  /// - Throws: ``DescriptorError``; the pool is then as before.
  public func add(_ file: Google_Protobuf_FileDescriptorProto) throws(DescriptorError) {
    let bytes: [UInt8]
    do {
      bytes = try file.serializedBytes()
    } catch {
      throw .malformed(symbol: file.name ?? "", problem: "\(error)")
    }
    try add(file, serialized: bytes)
  }

  /// Adds every file of a set, such as protoc's `--descriptor_set_out` writes.
  ///
  /// - Throws: ``DescriptorError``; files before the offending one stay.
  public func add(_ set: Google_Protobuf_FileDescriptorSet) throws(DescriptorError) {
    for file in set.file { try add(file) }
  }

  private func add(
    _ file: Google_Protobuf_FileDescriptorProto, serialized bytes: [UInt8]
  ) throws(DescriptorError) {
    let name = file.name ?? ""
    try state.withLock { state throws(DescriptorError) in
      if let known = state.serialized[name] {
        if known == bytes { return }
        throw .duplicateFile(name)
      }
      var table = state.table
      try table.add(file)
      state.table = table
      state.fileNames.append(name)
      state.files[name] = file
      state.serialized[name] = bytes
    }
  }

  // MARK: Files

  /// Names of all files in the order they were added.
  public var fileNames: [String] { state.withLock(\.fileNames) }

  /// The descriptor of a file.
  public func file(named name: String) -> Google_Protobuf_FileDescriptorProto? {
    state.withLock { $0.files[name] }
  }

  /// A file as it was added.
  public func serializedFile(named name: String) -> [UInt8]? {
    state.withLock { $0.serialized[name] }
  }

  /// Files that are imported and were not added, sorted.
  public var missingImports: [String] { state.withLock(\.missingImports) }

  // MARK: Symbols

  /// The file that defines a message, enum, service, method, field, oneof, enum value or extension.
  public func fileName(containingSymbol symbol: String) -> String? {
    state.withLock { $0.table.files[symbol] }
  }

  /// The file that defines the extension of a message type with this number.
  public func fileName(containingExtension number: Int32, of type: String) -> String? {
    state.withLock { $0.table.extensions[.init(type: type, number: number)] }
  }

  /// Numbers of all known extensions of a message type, ascending.
  public func extensionNumbers(of type: String) -> [Int32] {
    state.withLock { $0.table.extensions.keys.filter { $0.type == type }.map(\.number).sorted() }
  }

  /// Full names of all services in the order they were added.
  public var serviceNames: [String] { state.withLock(\.table.serviceNames) }

  public func service(named name: String) -> Google_Protobuf_ServiceDescriptorProto? {
    state.withLock { $0.table.services[name] }
  }

  public func message(named name: String) -> Google_Protobuf_DescriptorProto? {
    state.withLock { $0.table.messages[name]?.descriptor }
  }

  public func enumeration(named name: String) -> Google_Protobuf_EnumDescriptorProto? {
    state.withLock { $0.table.enums[name] }
  }

  /// Full names of all messages, sorted; map entries included.
  public var messageNames: [String] { state.withLock { $0.table.messages.keys.sorted() } }
}

extension DescriptorPool.State {
  var missingImports: [String] {
    var missing: Set<String> = []
    for file in files.values {
      for name in file.dependency where files[name] == nil { missing.insert(name) }
    }
    return missing.sorted()
  }
}
