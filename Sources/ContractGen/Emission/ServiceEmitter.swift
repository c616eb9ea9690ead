/// Writes everything of a service: its names, the protocol that servers implement, the client.
struct ServiceEmitter {
  let model: ServiceModel
  let options: PluginOptions
  /// The namespace of the file's embedded descriptor, nil without reflection data.
  let descriptorType: String?

  private var access: String { options.accessPrefix }

  func emit(to writer: inout CodeWriter) {
    writer.comment(model.comment)
    writer.block("\(access)enum \(model.swiftName)") { writer in
      writer.comment(["The name of the service."])
      writer.line("\(access)static let descriptor = ServiceDescriptor(")
      writer.line("  fullyQualifiedService: \(CodeWriter.literal(model.protoName)))")
      writer.line()
      emitMethods(to: &writer)
    }
    if options.server {
      writer.line()
      ServerEmitter(model: model, access: access, descriptorType: descriptorType)
        .emit(to: &writer)
    }
    if options.client {
      writer.line()
      ClientEmitter(model: model, access: access).emit(to: &writer)
    }
  }

  private func emitMethods(to writer: inout CodeWriter) {
    writer.comment(["The methods: their names and the types that travel."])
    writer.block("\(access)enum Method") { writer in
      for method in model.methods {
        writer.comment(["\(method.protoName): what goes in, what comes out, its name."])
        writer.block("\(access)enum \(method.swiftType)") { writer in
          writer.line("\(access)typealias Input = \(method.inputType)")
          writer.line("\(access)typealias Output = \(method.outputType)")
          writer.line("\(access)static let descriptor = MethodDescriptor(")
          writer.indented { writer in
            writer.line("service: \(model.swiftName).descriptor,")
            let idempotency = method.idempotency.map { ", idempotency: .\($0)" } ?? ""
            writer.line(
              "method: \(CodeWriter.literal(method.protoName)), kind: .\(method.kind)"
                + "\(idempotency))")
          }
        }
        writer.line()
      }
      writer.comment(["All methods in the order of the contract."])
      let names = model.methods.map { "\($0.swiftType).descriptor" }
      if names.isEmpty {
        writer.line("\(access)static let descriptors: [MethodDescriptor] = []")
      } else {
        writer.line("\(access)static let descriptors: [MethodDescriptor] = [")
        writer.indented { writer in for name in names { writer.line(name + ",") } }
        writer.line("]")
      }
    }
  }
}

extension ServiceModel.Method {
  /// `<namespace>.Method.<Name>` of a service.
  func namespace(in service: ServiceModel) -> String {
    "\(service.swiftName).Method.\(swiftType)"
  }
}

extension PluginOptions {
  /// `public `, `package ` or nothing, as it stands in front of declarations.
  var accessPrefix: String {
    switch visibility {
    case .public: "public "
    case .package: "package "
    case .internal: ""
    }
  }
}
