/// A message with everything the emitters need to know, names resolved.
struct MessageModel: Sendable {
  /// Full proto name without a leading dot.
  let protoName: String
  /// The type's own name.
  let swiftName: String
  /// The name with the types it is nested in.
  let swiftFullName: String
  /// In the order of the `.proto` file.
  var fields: [FieldModel]
  let oneofs: [OneofModel]
  /// Nested messages, map entries left out.
  let messages: [MessageModel]
  let enums: [EnumModel]
  let comment: [String]

  /// The fields in the order of views and writers.
  var fieldsByNumber: [FieldModel] { fields.sorted { $0.number < $1.number } }

  /// The members of a oneof in the order of the `.proto` file.
  func members(ofOneof index: Int) -> [FieldModel] {
    fields.filter { if case .oneof(index) = $0.shape { true } else { false } }
  }
}
