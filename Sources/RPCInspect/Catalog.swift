import GRPCServices
import Protobuf

/// What is known of a server's contracts, loaded from a source as names come up.
///
/// Imports that the source does not send along are asked for by name; those that nobody has are
/// left out, and what refers to them is shown as unknown fields.
public actor Catalog {
  private let source: any DescriptorSource
  private var table = DeclarationTable()
  private var unavailableFiles: Set<String> = []
  private var unavailableSymbols: Set<String> = []
  private let pool = DescriptorPool()

  /// Knows nothing yet; asks `source`.
  public init(source: any DescriptorSource) { self.source = source }

  /// Full names of the services, sorted.
  public func serviceNames() async throws -> [String] { try await source.serviceNames() }

  /// The declaration that a full name stands for; `pkg.Svc/Method` and a leading dot are
  /// understood.
  ///
  /// - Throws: ``InspectError/symbolNotFound(_:)``, or what went wrong on the way.
  public func declaration(of symbol: String) async throws -> Declaration {
    var name = symbol.hasPrefix(".") ? String(symbol.dropFirst()) : symbol
    name = name.replacing("/", with: ".")
    if let known = table[name] { return known }
    do {
      try await load(declaring: name)
    } catch InspectError.symbolNotFound {
      // Some servers know services and messages by name, not what is inside them (Python's do).
      guard let dot = name.lastIndex(of: ".") else { throw InspectError.symbolNotFound(name) }
      try? await load(declaring: String(name[..<dot]))
    }
    guard let loaded = table[name] else { throw InspectError.symbolNotFound(name) }
    return loaded
  }

  /// The service that a full name stands for, with the full name of each method as it is called.
  public func methods(ofService name: String) async throws -> [MethodShape] {
    let declaration = try await declaration(of: name)
    guard case .service(let service) = declaration.kind else {
      throw InspectError.notA(name, "a service")
    }
    return service.method.map { MethodShape($0, service: declaration.name) }
  }

  /// The method called `pkg.Svc/Method` or `pkg.Svc.Method`.
  public func method(_ name: String) async throws -> MethodShape {
    let declaration = try await declaration(of: name)
    guard case .method(let method) = declaration.kind,
      let dot = declaration.name.lastIndex(of: ".")
    else { throw InspectError.notA(name, "a method") }
    return MethodShape(method, service: String(declaration.name[..<dot]))
  }

  /// The schema of a message type.
  public func schema(ofMessage name: String) async throws -> MessageSchema {
    let declaration = try await declaration(of: name)
    guard case .message = declaration.kind else { throw InspectError.notA(name, "a message") }
    do {
      return try pool.requireMessageSchema(named: declaration.name)
    } catch {
      throw InspectError.unusableDescriptors("\(error)")
    }
  }

  /// The file that declares something, for its comments.
  public func file(of declaration: Declaration) -> Google_Protobuf_FileDescriptorProto? {
    table.files[declaration.file]
  }

  /// Finds types inside `Any`: those loaded so far and the standard details of failures.
  public nonisolated var resolver: any TypeResolver {
    ResolverChain([PoolResolver(pool: pool), StandardTypes.resolver])
  }

  /// Loads a type if it is not known; failure only means that it is shown undecoded.
  public func prepare(type name: String) async {
    guard resolver.messageSchema(named: name) == nil, !unavailableSymbols.contains(name) else {
      return
    }
    do {
      try await load(declaring: name)
    } catch {
      unavailableSymbols.insert(name)
    }
  }

  private func load(declaring symbol: String) async throws {
    try add(try await source.files(declaring: symbol))
    while let missing = table.missingFiles.subtracting(unavailableFiles).min() {
      let files = (try? await source.files(named: missing)) ?? []
      try add(files)
      if table.files[missing] == nil { unavailableFiles.insert(missing) }
    }
  }

  private func add(_ files: [Google_Protobuf_FileDescriptorProto]) throws {
    for file in files where table.files[file.name ?? ""] == nil {
      do {
        try pool.add(file)
      } catch {
        throw InspectError.unusableDescriptors("\(error)")
      }
      table.add(file)
    }
  }
}

private struct PoolResolver: TypeResolver {
  let pool: DescriptorPool

  func messageSchema(named name: String) -> MessageSchema? { pool.messageSchema(named: name) }
}

/// Types that every tool should be able to show: the details of failures and the well-known types.
enum StandardTypes {
  static let resolver = KnownTypes([
    Google_Rpc_Status.schema, Google_Rpc_ErrorInfo.schema, Google_Rpc_RetryInfo.schema,
    Google_Rpc_DebugInfo.schema, Google_Rpc_QuotaFailure.schema,
    Google_Rpc_PreconditionFailure.schema, Google_Rpc_BadRequest.schema,
    Google_Rpc_RequestInfo.schema, Google_Rpc_ResourceInfo.schema, Google_Rpc_Help.schema,
    Google_Rpc_LocalizedMessage.schema, Google_Protobuf_Any.schema,
    Google_Protobuf_Timestamp.schema, Google_Protobuf_Duration.schema,
    Google_Protobuf_Empty.schema, Google_Protobuf_Struct.schema, Google_Protobuf_Value.schema,
    Google_Protobuf_ListValue.schema, Google_Protobuf_FieldMask.schema,
    Google_Protobuf_StringValue.schema, Google_Protobuf_BytesValue.schema,
    Google_Protobuf_BoolValue.schema, Google_Protobuf_Int32Value.schema,
    Google_Protobuf_Int64Value.schema, Google_Protobuf_UInt32Value.schema,
    Google_Protobuf_UInt64Value.schema, Google_Protobuf_FloatValue.schema,
    Google_Protobuf_DoubleValue.schema,
  ])
}
