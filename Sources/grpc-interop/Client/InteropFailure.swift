import GRPC

/// What differed from the public description of a case.
enum InteropFailure: Error, CustomStringConvertible {
  /// Something had another value.
  case differs(what: String, expected: String, found: String)
  /// A call succeeded that had to fail.
  case succeeded(call: String, expected: Status.Code?)
  /// More failed than the budget allows.
  case overBudget(what: String, found: Int, allowed: Int)

  var description: String {
    switch self {
    case .differs(let what, let expected, let found):
      "\(what): expected \(expected), found \(found)"
    case .succeeded(let call, let expected):
      "\(call) succeeded, expected \(expected.map { "\($0)" } ?? "a failure")"
    case .overBudget(let what, let found, let allowed):
      "\(what): \(found), allowed are \(allowed)"
    }
  }
}
