/// Writes the protocol that a service implements, and how its methods are registered.
struct ServerEmitter {
  let model: ServiceModel
  let access: String
  let descriptorType: String?

  func emit(to writer: inout CodeWriter) {
    writer.block("extension \(model.swiftName)") { writer in
      writer.comment(model.comment)
      writer.block("\(access)protocol SimpleServiceProtocol: RegistrableRPCService") { writer in
        for (index, method) in model.methods.enumerated() {
          if index > 0 { writer.line() }
          writer.comment(method.comment)
          emitRequirement(method, to: &writer)
        }
      }
    }
    for method in model.methods where method.kind == "unary" {
      writer.line()
      emitSynchronousForm(method, to: &writer)
    }
    writer.line()
    writer.block("extension \(model.swiftName).SimpleServiceProtocol") { writer in
      writer.comment(["Registers all methods and the contract they come from."])
      writer.block("\(access)func registerMethods(with router: inout RPCRouter)") { writer in
        for method in model.methods { emitRegistration(method, to: &writer) }
        if let descriptorType {
          writer.line("router.register(fileDescriptors: [\(descriptorType).file])")
        }
      }
    }
  }

  private func emitRequirement(_ method: ServiceModel.Method, to writer: inout CodeWriter) {
    let request =
      method.clientStreaming ? "RPCAsyncSequence<\(method.inputType)>" : method.inputType
    writer.line("func \(method.swiftName)(")
    writer.indented { writer in
      writer.line("request: \(request),")
      if method.serverStreaming { writer.line("response: RPCWriter<\(method.outputType)>,") }
      writer.line("context: ServerContext")
    }
    writer.line(") async throws" + (method.serverStreaming ? "" : " -> \(method.outputType)"))
  }

  /// The protocol by which a service says that one of its methods never waits.
  private func emitSynchronousForm(
    _ method: ServiceModel.Method, to writer: inout CodeWriter
  ) {
    writer.block("extension \(method.namespace(in: model))") { writer in
      writer.comment([
        "Adopted beside `SimpleServiceProtocol` by a service that never waits in this method.",
        "",
        "Calls then run on the event loop, without a task. They must not block, and be done within",
        "microseconds: until then every call of the loop waits.",
      ])
      writer.block("\(access)protocol Synchronous: Sendable") { writer in
        writer.comment(method.comment)
        writer.line("func \(method.swiftName)(")
        writer.indented { writer in
          writer.line("request: \(method.inputType),")
          writer.line("context: ServerContext")
        }
        writer.line(") throws -> \(method.outputType)")
      }
    }
  }

  private func emitRegistration(_ method: ServiceModel.Method, to writer: inout CodeWriter) {
    guard method.kind == "unary" else {
      let function =
        switch (method.clientStreaming, method.serverStreaming) {
        case (_, false): "registerClientStreaming"
        case (false, true): "registerServerStreaming"
        case (true, true): "registerBidirectional"
        }
      return emitCall(of: function, "try await self", method, to: &writer)
    }
    let form = "\(method.namespace(in: model)).Synchronous"
    writer.line("if let service = self as? any \(form) {")
    writer.indented { writer in
      emitCall(of: "registerSynchronousUnary", "try service", method, to: &writer)
    }
    writer.line("} else {")
    writer.indented { writer in
      emitCall(of: "registerUnary", "try await self", method, to: &writer)
    }
    writer.line("}")
  }

  private func emitCall(
    of function: String, _ receiver: String, _ method: ServiceModel.Method,
    to writer: inout CodeWriter
  ) {
    writer.line("router.\(function)(")
    writer.indented { writer in
      writer.line("\(method.namespace(in: model)).descriptor,")
      writer.line("deserializer: ProtobufDeserializer<\(method.inputType)>(),")
      writer.line("serializer: ProtobufSerializer<\(method.outputType)>()")
    }
    let parameters = method.serverStreaming ? "request, response, context" : "request, context"
    let arguments =
      method.serverStreaming
      ? "request: request, response: response, context: context"
      : "request: request, context: context"
    writer.line(") { \(parameters) in")
    writer.line("  \(receiver).\(method.swiftName)(\(arguments))")
    writer.line("}")
  }
}
