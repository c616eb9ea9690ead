import GRPC
import GRPCServices
import Ledger

/// Ids, models and sessions that requests name.
enum CheckedIdentifier {
  /// Throws INVALID_ARGUMENT naming `field` unless the name follows the rule of all ids.
  static func require(_ name: String, field: String) throws(RPCError) {
    guard Identifier.isValid(name) else {
      throw .invalidArgument(field: field, description: "must match [A-Za-z0-9_.:-]{1,64}")
    }
  }

  /// The name that a filter asks for, nil when it is empty and asks for nothing; throws as
  /// ``require(_:field:)`` does.
  static func optional(_ name: String, field: String) throws(RPCError) -> String? {
    guard !name.isEmpty else { return nil }
    try require(name, field: field)
    return name
  }
}
