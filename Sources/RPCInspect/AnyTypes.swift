import GRPC
import GRPCServices
import Protobuf

extension Catalog {
  /// Loads the types inside every `Any` of a message, so that it can be shown.
  public func prepareTypes(in message: DynamicMessage) async {
    // An Any may hold another one: each round uncovers one level.
    for _ in 0..<8 {
      let unknown = AnyTypes.names(in: message, resolver: resolver).filter {
        resolver.messageSchema(named: $0) == nil
      }
      let before = unknown.count
      for name in unknown { await prepare(type: name) }
      let after = unknown.count { resolver.messageSchema(named: $0) == nil }
      if before == after { return }
    }
  }

  /// Loads the types of the details of a failure.
  public func prepareTypes(in failure: RPCError) async {
    for detail in failure.statusDetails?.details ?? [] {
      await prepare(type: String(detail.typeURL.split(separator: "/").last ?? ""))
    }
  }
}

/// The types that `Any` values refer to.
enum AnyTypes {
  /// Levels of messages that are searched.
  private static let depthMax = 100

  /// Full names of the types of all `Any` values in a message, also in those that can be decoded.
  static func names(in message: DynamicMessage, resolver: any TypeResolver) -> Set<String> {
    var names: Set<String> = []
    collect(message, resolver, &names, depth: 0)
    return names
  }

  private static func collect(
    _ message: DynamicMessage, _ resolver: any TypeResolver, _ names: inout Set<String>, depth: Int
  ) {
    guard depth < depthMax else { return }
    if message.schema.name == "google.protobuf.Any" {
      guard let url = message[field: "type_url"]?.asString,
        let name = url.split(separator: "/").last.map(String.init)
      else { return }
      names.insert(name)
      if let schema = resolver.messageSchema(named: name),
        let content = try? DynamicMessage(
          schema: schema, serializedBytes: message[field: "value"]?.asBytes ?? [])
      {
        collect(content, resolver, &names, depth: depth + 1)
      }
      return
    }
    for index in message.schema.fields.indices {
      guard message.schema.fields[index].type.messageSchema != nil, let value = message[index]
      else { continue }
      for nested in messages(in: value) { collect(nested, resolver, &names, depth: depth + 1) }
    }
  }

  private static func messages(in value: DynamicValue) -> [DynamicMessage] {
    switch value {
    case .message(let message): [message]
    case .list(let elements): elements.compactMap(\.asMessage)
    case .map(let entries): entries.compactMap(\.value.asMessage)
    default: []
    }
  }
}
