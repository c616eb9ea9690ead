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
      writer.line()
      emitDeferredForm(method, to: &writer)
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

  /// The protocol by which a service says that one of its methods is called back by what it waits
  /// for.
  private func emitDeferredForm(
    _ method: ServiceModel.Method, to writer: inout CodeWriter
  ) {
    let name = method.namespace(in: model)
    writer.block("extension \(name)") { writer in
      writer.comment([
        "Adopted beside `SimpleServiceProtocol` by a service that is called back with the answer",
        "of this method.",
        "",
        "Calls then begin on the event loop, without a task. They must not block, and return",
        "within microseconds. The answer is given once, from any thread; throwing gives it, too.",
      ])
      writer.block("\(access)protocol Deferred: Sendable") { writer in
        writer.comment(["The method as `SimpleServiceProtocol` has it, but for its answer."])
        writer.line("func \(method.swiftName)(")
        writer.indented { writer in
          writer.line("request: \(method.inputType),")
          writer.line("context: ServerContext,")
          writer.line("answer: PendingAnswer<\(method.outputType)>")
        }
        writer.line(") throws")
      }
    }
    writer.line()
    writer.block("extension \(name).Deferred") { writer in
      writer.comment(["Waits for the answer."])
      writer.line("\(access)func \(method.swiftName)(")
      writer.indented { writer in
        writer.line("request: \(method.inputType),")
        writer.line("context: ServerContext")
      }
      writer.block(") async throws -> \(method.outputType)") { writer in
        writer.block("try await PendingAnswer.wait") { writer in
          writer.line("try \(method.swiftName)(request: request, context: context, answer: $0)")
        }
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
    let name = method.namespace(in: model)
    writer.line("if let service = self as? any \(name).Synchronous {")
    writer.indented { writer in
      emitCall(of: "registerSynchronousUnary", "try service", method, to: &writer)
    }
    writer.line("} else if let service = self as? any \(name).Deferred {")
    writer.indented { writer in
      emitCall(of: "registerDeferredUnary", "try service", method, isDeferred: true, to: &writer)
    }
    writer.line("} else {")
    writer.indented { writer in
      emitCall(of: "registerUnary", "try await self", method, to: &writer)
    }
    writer.line("}")
  }

  private func emitCall(
    of function: String, _ receiver: String, _ method: ServiceModel.Method,
    isDeferred: Bool = false, to writer: inout CodeWriter
  ) {
    writer.line("router.\(function)(")
    writer.indented { writer in
      writer.line("\(method.namespace(in: model)).descriptor,")
      writer.line("deserializer: ProtobufDeserializer<\(method.inputType)>(),")
      writer.line("serializer: ProtobufSerializer<\(method.outputType)>()")
    }
    var names = method.serverStreaming ? ["request", "response", "context"] : ["request", "context"]
    if isDeferred { names.append("answer") }
    let arguments = names.map { "\($0): \($0)" }.joined(separator: ", ")
    writer.line(") { \(names.joined(separator: ", ")) in")
    writer.line("  \(receiver).\(method.swiftName)(\(arguments))")
    writer.line("}")
  }
}
