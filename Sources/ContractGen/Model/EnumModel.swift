/// An enum with its Swift cases.
struct EnumModel: Sendable {
  /// One value as the `.proto` file declares it.
  struct Value: Sendable {
    let protoName: String
    let number: Int32
    /// The Swift case, or for an alias the static property.
    let swiftName: String
    /// The case with the same number that was declared before, nil for the first.
    let aliasOf: String?
    let comment: [String]
  }

  /// Full proto name without a leading dot.
  let protoName: String
  /// The type's own name.
  let swiftName: String
  /// In the order of the `.proto` file.
  let values: [Value]
  let comment: [String]

  /// The values that are cases of the Swift enum.
  var cases: [Value] { values.filter { $0.aliasOf == nil } }
}
