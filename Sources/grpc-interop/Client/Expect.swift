import GRPC

/// The comparisons that cases are made of.
enum Expect {
  /// Throws ``InteropFailure/differs(what:expected:found:)`` unless both are the same.
  static func equal<Value: Equatable>(
    _ what: String, _ found: Value, _ expected: Value
  ) throws(InteropFailure) {
    guard found != expected else { return }
    throw .differs(what: what, expected: "\(expected)", found: "\(found)")
  }

  /// The same for something that may be missing, which is a difference.
  static func equal<Value: Equatable>(
    _ what: String, _ found: Value?, _ expected: Value
  ) throws(InteropFailure) {
    guard found != expected else { return }
    let text = found.map { "\($0)" } ?? "nothing"
    throw .differs(what: what, expected: "\(expected)", found: text)
  }

  /// Throws when there is something that must not be there; its text may be long and stays out.
  static func absent(_ what: String, _ found: (some Any)?) throws(InteropFailure) {
    guard found != nil else { return }
    throw .differs(what: what, expected: "nothing", found: "something")
  }

  /// Throws unless `call` fails, with that code and message where they are given.
  static func failure(
    of name: String, _ code: Status.Code? = nil, message: String? = nil,
    _ call: () async throws -> Void
  ) async throws(InteropFailure) {
    do {
      try await call()
    } catch let error as RPCError {
      if let code { try equal("status code of \(name)", error.code, code) }
      if let message { try equal("status message of \(name)", error.message, message) }
      return
    } catch {
      throw .differs(what: "error of \(name)", expected: "a status", found: "\(error)")
    }
    throw .succeeded(call: name, expected: code)
  }
}
