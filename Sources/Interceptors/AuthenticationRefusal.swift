import GRPC
import GRPCServices
import Identity

/// Why the caller is not known.
enum AuthenticationRefusal: Sendable, Hashable {
  /// There is no `authorization` metadata.
  case missing
  /// The `authorization` metadata is not `Bearer` and a token.
  case notBearer
  /// The token is not accepted.
  case token(TokenError)

  var message: String {
    switch self {
    case .missing: "an access token is required: send authorization metadata \"Bearer <token>\""
    case .notBearer: "the authorization metadata is not \"Bearer <token>\""
    case .token(let error): error.message
    }
  }

  /// The word that programs switch on: log in again, or mend the client.
  var reason: String {
    switch self {
    case .missing: "TOKEN_MISSING"
    case .notBearer, .token(.malformed), .token(.tooLong): "TOKEN_MALFORMED"
    case .token(.expired): "TOKEN_EXPIRED"
    case .token(.keysUnavailable): "KEYS_UNAVAILABLE"
    case .token: "TOKEN_INVALID"
    }
  }
}

extension RPCError {
  /// The one door by which a refusal to know the caller becomes a status.
  static func unauthenticated(_ refusal: AuthenticationRefusal) -> RPCError {
    // A token that cannot be judged may be good: the caller should retry and not log in again.
    let code: Code = refusal == .token(.keysUnavailable) ? .unavailable : .unauthenticated
    return RPCError(
      code: code, message: refusal.message, reason: refusal.reason, domain: "farebox")
  }
}

extension AccessDenied: RPCErrorConvertible {
  /// PERMISSION_DENIED, the same for every account.
  public var rpcError: RPCError {
    RPCError(
      code: .permissionDenied, message: message, reason: "ACCOUNT_FORBIDDEN", domain: "farebox")
  }
}
