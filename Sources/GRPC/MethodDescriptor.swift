/// The name of a service, for example `farebox.auth.v1.AuthService`.
public struct ServiceDescriptor: Sendable, Hashable {
  /// Package and service, separated by dots, without a leading slash.
  public let fullyQualifiedService: String

  /// Names a service.
  public init(fullyQualifiedService: String) {
    self.fullyQualifiedService = fullyQualifiedService
  }
}

/// The name and the shape of one method.
public struct MethodDescriptor: Sendable, Hashable {
  /// How many messages travel in each direction.
  public enum Kind: Sendable, Hashable {
    /// One request, one response.
    case unary
    /// Many requests, one response.
    case clientStreaming
    /// One request, many responses.
    case serverStreaming
    /// Many requests, many responses.
    case bidirectionalStreaming
  }

  /// What calling the method twice does (`idempotency_level` of the contract).
  public enum Idempotency: Sendable, Hashable {
    /// Perhaps something else than calling it once.
    case unknown
    /// The same as calling it once.
    case idempotent
    /// Nothing, as calling it once does.
    case noSideEffects
  }

  /// The service the method belongs to.
  public let service: ServiceDescriptor
  /// The method's own name, for example `Login`.
  public let method: String
  /// The shape of the call.
  public let kind: Kind
  /// What calling it twice does.
  public let idempotency: Idempotency
  /// The `:path` of the request: `/package.Service/Method`.
  public let path: String

  /// Names a method.
  public init(
    service: ServiceDescriptor, method: String, kind: Kind, idempotency: Idempotency = .unknown
  ) {
    self.idempotency = idempotency
    self.service = service
    self.method = method
    self.kind = kind
    self.path = "/\(service.fullyQualifiedService)/\(method)"
  }

  /// `package.Service/Method`, as logs and authorization tables write it.
  public var fullyQualifiedMethod: String { "\(service.fullyQualifiedService)/\(method)" }

  /// Whether the client may send other than exactly one message.
  public var requestIsStream: Bool { kind == .clientStreaming || kind == .bidirectionalStreaming }
  /// Whether the server may send other than exactly one message.
  public var responseIsStream: Bool { kind == .serverStreaming || kind == .bidirectionalStreaming }
}
