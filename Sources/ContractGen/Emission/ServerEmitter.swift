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

  private func emitRegistration(_ method: ServiceModel.Method, to writer: inout CodeWriter) {
    let function =
      switch (method.clientStreaming, method.serverStreaming) {
      case (false, false): "registerUnary"
      case (true, false): "registerClientStreaming"
      case (false, true): "registerServerStreaming"
      case (true, true): "registerBidirectional"
      }
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
    writer.line("  try await self.\(method.swiftName)(\(arguments))")
    writer.line("}")
  }
}
