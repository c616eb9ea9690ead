import Protobuf

extension EnumModel {
  /// Builds the model of an enum.
  ///
  /// - Parameters:
  ///   - scope: package and enclosing messages with a dot at the end, or nothing.
  ///   - prefix: what top-level names start with, nil for nested ones.
  ///   - location: the enum's path in the source information.
  init(
    _ descriptor: Google_Protobuf_EnumDescriptorProto, scope: String, prefix: String?,
    comments: CommentTable, location: [Int32]
  ) {
    let name = descriptor.name ?? ""
    let names = EnumCaseNames.assign(to: descriptor)
    self.init(
      protoName: scope + name, swiftName: TypeTable.enumName(name, prefix: prefix),
      values: names.enumerated().map { index, assignment in
        Value(
          protoName: assignment.protoName, number: assignment.number,
          swiftName: assignment.swiftName, aliasOf: assignment.aliasOf,
          comment: comments.lines(
            at: location + [2, Int32(index)],
            deprecated: descriptor.value[index].options?.deprecated ?? false))
      },
      comment: comments.lines(at: location, deprecated: descriptor.options?.deprecated ?? false))
  }
}
