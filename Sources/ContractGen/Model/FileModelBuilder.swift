import Protobuf

/// Turns the descriptor of one file into its model.
struct FileModelBuilder {
  let types: TypeTable

  /// Builds the model.
  ///
  /// - Throws: ``GenerationError`` when the file uses something that cannot be generated.
  func file(
    _ descriptor: Google_Protobuf_FileDescriptorProto
  ) throws(GenerationError) -> FileModel {
    let path = descriptor.name ?? ""
    let syntax = descriptor.syntax ?? ""
    guard ["", "proto2", "proto3"].contains(syntax) else {
      throw GenerationError("\(path): \(syntax) files are not supported, only proto2 and proto3")
    }
    let package = descriptor.package ?? ""
    let scope = package.isEmpty ? "" : package + "."
    let prefix = TypeTable.prefix(of: descriptor)
    let comments = CommentTable(descriptor.sourceCodeInfo)
    let builder = MessageModelBuilder(
      types: types, comments: comments, path: path, isProto3: syntax == "proto3")
    var messages: [MessageModel] = []
    for (index, message) in descriptor.messageType.enumerated() {
      messages.append(
        try builder.message(
          message, scope: scope, swiftScope: "", prefix: prefix, location: [4, Int32(index)]))
    }
    let enums = descriptor.enumType.enumerated().map { index, enumeration in
      EnumModel(
        enumeration, scope: scope, prefix: prefix, comments: comments,
        location: [5, Int32(index)])
    }
    var services: [ServiceModel] = []
    for (index, service) in descriptor.service.enumerated() {
      services.append(
        try self.service(
          service, scope: scope, prefix: prefix, comments: comments, location: [6, Int32(index)]))
    }
    return FileModel(
      path: path, dependencies: descriptor.dependency, messages: messages, enums: enums,
      services: services, descriptor: try Self.embeddable(descriptor))
  }

  private func service(
    _ descriptor: Google_Protobuf_ServiceDescriptorProto, scope: String, prefix: String,
    comments: CommentTable, location: [Int32]
  ) throws(GenerationError) -> ServiceModel {
    let name = descriptor.name ?? ""
    var methods: [ServiceModel.Method] = []
    for (index, method) in descriptor.method.enumerated() {
      let methodName = method.name ?? ""
      methods.append(
        ServiceModel.Method(
          protoName: methodName,
          swiftName: ReservedNames.method(IdentifierCase.lowerFirstWord(methodName)),
          swiftType: ReservedNames.methodType(IdentifierCase.upperFirst(methodName)),
          inputType: try messageType(method.inputType, of: "\(scope)\(name).\(methodName)"),
          outputType: try messageType(method.outputType, of: "\(scope)\(name).\(methodName)"),
          clientStreaming: method.clientStreaming ?? false,
          serverStreaming: method.serverStreaming ?? false,
          idempotency: idempotency(method.options?.idempotencyLevel),
          comment: comments.lines(
            at: location + [2, Int32(index)], deprecated: method.options?.deprecated ?? false)))
    }
    return ServiceModel(
      protoName: scope + name, swiftName: prefix + IdentifierCase.upperFirst(name),
      methods: methods,
      comment: comments.lines(at: location, deprecated: descriptor.options?.deprecated ?? false))
  }

  private func idempotency(
    _ level: Google_Protobuf_MethodOptions.IdempotencyLevel?
  ) -> String? {
    switch level {
    case .idempotent: "idempotent"
    case .noSideEffects: "noSideEffects"
    case .idempotencyUnknown, .UNRECOGNIZED, nil: nil
    }
  }

  private func messageType(
    _ name: String?, of method: String
  ) throws(GenerationError) -> String {
    guard case .message(let type, _)? = types[name ?? ""] else {
      throw GenerationError("the type \(name ?? "") of \(method) is not in the request")
    }
    return type
  }

  /// The descriptor as reflection serves it: without comments and positions.
  private static func embeddable(
    _ descriptor: Google_Protobuf_FileDescriptorProto
  ) throws(GenerationError) -> [UInt8] {
    var stripped = descriptor
    stripped.sourceCodeInfo = nil
    do {
      return try stripped.serializedBytes()
    } catch {
      throw GenerationError("\(descriptor.name ?? ""): the descriptor cannot be embedded: \(error)")
    }
  }
}
