import GRPC
import GRPCServices
import Identity
import Protobuf

/// Why the auth service does not do what it was asked.
enum AuthRefusal: Error, Sendable {
  /// A field of the request breaks its rule.
  case invalid(field: String, String)
  /// Too many failed logins for this name; how long to wait.
  case throttled(seconds: Int64)
  /// Too many password checks wait.
  case busy
  /// Unknown user, wrong password, disabled user: nobody learns which.
  case badCredentials
  /// A user of that name exists.
  case userExists
  /// The caller gave up.
  case cancelled
  /// Storage, memory or a damaged row; the cause is for the log.
  case failed(any Error)

  static let usernameRule = "must match [A-Za-z0-9_.:-]{1,64}"

  init(_ failure: AuthenticationFailure) {
    switch failure {
    case .hashing(let error): self.init(error)
    case .store(let error): self = .failed(error)
    }
  }

  init(_ refusal: AddUserRefusal) {
    switch refusal {
    case .badUsername: self = .invalid(field: "username", Self.usernameRule)
    case .badPassword:
      self = .invalid(
        field: "password",
        "must have \(UserDirectory.passwordBytesMin) to \(PasswordHasher.passwordBytesMax) bytes")
    case .noRole:
      self = .invalid(field: "roles", "must name at least one role, and known ones only")
    case .hashing(let error): self.init(error)
    case .usernameTaken: self = .userExists
    case .store(let error): self = .failed(error)
    }
  }

  private init(_ error: PasswordHasherError) {
    switch error {
    case .passwordTooLong:
      self = .invalid(
        field: "password", "must have at most \(PasswordHasher.passwordBytesMax) bytes")
    case .busy: self = .busy
    case .cancelled: self = .cancelled
    case .failed: self = .failed(error)
    }
  }
}

/// The one door by which a refusal of this service becomes a status.
extension AuthRefusal: RPCErrorConvertible {
  var rpcError: RPCError {
    switch self {
    case .invalid(let field, let rule): .invalidArgument(field: field, description: rule)
    case .throttled(let seconds): Self.throttled(seconds)
    case .busy:
      RPCError(
        code: .resourceExhausted, message: "too many password checks wait; try again later",
        reason: "LOGIN_BUSY", domain: "farebox")
    case .badCredentials:
      RPCError(
        code: .unauthenticated, message: "the user name or the password is wrong",
        reason: "BAD_CREDENTIALS", domain: "farebox")
    case .userExists:
      RPCError(
        code: .alreadyExists, message: "a user of that name exists", reason: "USER_EXISTS",
        domain: "farebox")
    case .cancelled: RPCError(code: .cancelled, message: "the call was cancelled")
    case .failed(let error):
      RPCError(code: .internalError, message: "the user store failed", cause: error)
    }
  }

  private static func throttled(_ seconds: Int64) -> RPCError {
    var info = Google_Rpc_ErrorInfo()
    info.reason = "LOGIN_THROTTLED"
    info.domain = "farebox"
    var delay = Google_Protobuf_Duration()
    delay.seconds = seconds
    var retry = Google_Rpc_RetryInfo()
    retry.retryDelay = delay
    let details: [Google_Protobuf_Any?] = [try? .packing(info), try? .packing(retry)]
    return RPCError(
      code: .resourceExhausted,
      message: "too many failed logins for this name; try again in \(seconds) s",
      details: details.compactMap { $0 })
  }
}
