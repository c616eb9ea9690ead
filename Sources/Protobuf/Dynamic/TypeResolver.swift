/// Finds message types by their full name, for the contents of `google.protobuf.Any`.
public protocol TypeResolver: Sendable {
  /// The schema of the message called `name`, such as `google.rpc.ErrorInfo`; nil when unknown.
  func messageSchema(named name: String) -> MessageSchema?
}

/// A fixed set of message types known to the program.
public struct KnownTypes: TypeResolver {
  private let schemas: [String: MessageSchema]

  /// Knows the given types and nothing else; of equal names the first wins.
  public init(_ schemas: [MessageSchema]) {
    self.schemas = Dictionary(schemas.map { ($0.name, $0) }) { first, _ in first }
  }

  public func messageSchema(named name: String) -> MessageSchema? { schemas[name] }
}

/// Asks several resolvers in turn.
public struct ResolverChain: TypeResolver {
  private let resolvers: [any TypeResolver]

  /// Asks in the order given.
  public init(_ resolvers: [any TypeResolver]) { self.resolvers = resolvers }

  public func messageSchema(named name: String) -> MessageSchema? {
    for resolver in resolvers {
      if let schema = resolver.messageSchema(named: name) { return schema }
    }
    return nil
  }
}
