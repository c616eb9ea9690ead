/// Writes the protocol of a client and the client itself.
struct ClientEmitter {
  let model: ServiceModel
  let access: String

  func emit(to writer: inout CodeWriter) {
    writer.block("extension \(model.swiftName)") { writer in
      emitProtocol(to: &writer)
      writer.line()
      emitClient(to: &writer)
    }
    if model.methods.isEmpty { return }
    writer.line()
    emitDefaults(to: &writer)
  }

  private func emitProtocol(to writer: inout CodeWriter) {
    writer.comment(model.comment)
    writer.block("\(access)protocol ClientProtocol: Sendable") { writer in
      for (index, method) in model.methods.enumerated() {
        if index > 0 { writer.line() }
        writer.comment(method.comment)
        emitSignature(method, prefix: "", suffix: "", to: &writer)
      }
    }
  }

  private func emitClient(to writer: inout CodeWriter) {
    writer.comment(["Calls the service through a `GRPCClient`. A value: copy it freely."])
    writer.block("\(access)struct Client: ClientProtocol") { writer in
      writer.line("private let client: GRPCClient")
      writer.line()
      writer.comment(["Calls over this client's transport."])
      writer.block("\(access)init(wrapping client: GRPCClient)") { writer in
        writer.line("self.client = client")
      }
      for method in model.methods {
        writer.line()
        emitSignature(method, prefix: access, suffix: " {", to: &writer)
        writer.indented { emitCall(method, to: &$0) }
        writer.line("}")
      }
    }
  }

  /// Lets callers leave out metadata, options or both. Two overloads that cannot be mistaken for
  /// the requirement: one with its labels would be taken for its implementation.
  private func emitDefaults(to writer: inout CodeWriter) {
    writer.block("extension \(model.swiftName).ClientProtocol") { writer in
      for (index, method) in model.methods.enumerated() {
        if index > 0 { writer.line() }
        emitOverload(
          method, parameter: "metadata: Metadata = Metadata()",
          arguments: "metadata: metadata, options: .defaults", to: &writer)
        writer.line()
        emitOverload(
          method, parameter: "options: CallOptions",
          arguments: "metadata: Metadata(), options: options", to: &writer)
        if method.isUnary { continue }
        writer.line()
        emitClosureForm(method, to: &writer)
      }
    }
  }

  private func emitOverload(
    _ method: ServiceModel.Method, parameter: String, arguments: String,
    to writer: inout CodeWriter
  ) {
    writer.line("\(access)func \(method.swiftName)(")
    writer.indented { writer in
      if !method.clientStreaming { writer.line("_ message: \(method.inputType),") }
      writer.line(parameter)
    }
    writer.line(") \(Self.effects(method))-> \(Self.result(method)) {")
    let attempt = method.isUnary ? "try await " : ""
    let message = method.clientStreaming ? "" : "message, "
    writer.line("  \(attempt)self.\(method.swiftName)(\(message)\(arguments))")
    writer.line("}")
  }

  /// The form of a streaming call that ends with a closure, beside the one that returns a handle.
  private func emitClosureForm(_ method: ServiceModel.Method, to writer: inout CodeWriter) {
    let requests = "RequestWriter<\(method.inputType)>"
    let responses = "RPCAsyncSequence<\(method.outputType)>"
    let (closure, use, comment) =
      switch (method.clientStreaming, method.serverStreaming) {
      case (true, false):
        (
          "writing write: (\(requests)) async throws -> Void", "response(writing: write)",
          "Writes the requests in a closure and waits for the response."
        )
      case (true, true):
        (
          "within body: (\(requests), \(responses)) async throws -> Returned", "within(body)",
          "Makes the call within a closure: it has ended when this returns."
        )
      case (false, _):
        (
          "within body: (\(responses)) async throws -> Returned", "within(body)",
          "Makes the call within a closure: it has ended when this returns."
        )
      }
    let (generic, result) =
      method.serverStreaming ? ("<Returned>", "Returned") : ("", method.outputType)
    writer.comment([comment])
    writer.line("\(access)nonisolated(nonsending) func \(method.swiftName)\(generic)(")
    writer.indented { writer in
      if !method.clientStreaming { writer.line("_ message: \(method.inputType),") }
      writer.line("metadata: Metadata = Metadata(),")
      writer.line("options: CallOptions = .defaults,")
      writer.line(closure)
    }
    writer.line(") async throws -> \(result) {")
    let message = method.clientStreaming ? "" : "message, "
    writer.indented { writer in
      writer.line("let call = self.\(method.swiftName)(")
      writer.line("  \(message)metadata: metadata, options: options)")
      writer.line("return try await call.\(use)")
    }
    writer.line("}")
  }

  private func emitSignature(
    _ method: ServiceModel.Method, prefix: String, suffix: String, to writer: inout CodeWriter
  ) {
    writer.line("\(prefix)func \(method.swiftName)(")
    writer.indented { writer in
      if !method.clientStreaming { writer.line("_ message: \(method.inputType),") }
      writer.line("metadata: Metadata,")
      writer.line("options: CallOptions")
    }
    writer.line(") \(Self.effects(method))-> \(Self.result(method))\(suffix)")
  }

  private func emitCall(_ method: ServiceModel.Method, to writer: inout CodeWriter) {
    let attempt = method.isUnary ? "try await " : ""
    writer.line("\(attempt)client.\(method.kind)(")
    writer.indented { writer in
      if !method.clientStreaming { writer.line("message,") }
      writer.line("method: \(method.namespace(in: model)).descriptor,")
      writer.line("serializer: ProtobufSerializer<\(method.inputType)>(),")
      writer.line("deserializer: ProtobufDeserializer<\(method.outputType)>(),")
      writer.line("metadata: metadata, options: options)")
    }
  }

  private static func effects(_ method: ServiceModel.Method) -> String {
    method.isUnary ? "async throws " : ""
  }

  private static func result(_ method: ServiceModel.Method) -> String {
    switch (method.clientStreaming, method.serverStreaming) {
    case (false, false): method.outputType
    case (true, false): "ClientStreamingCall<\(method.inputType), \(method.outputType)>"
    case (false, true): "ServerStreamingCall<\(method.outputType)>"
    case (true, true): "BidirectionalCall<\(method.inputType), \(method.outputType)>"
    }
  }
}

extension ServiceModel.Method {
  /// Whether one message goes in and one comes out.
  var isUnary: Bool { !clientStreaming && !serverStreaming }
}
