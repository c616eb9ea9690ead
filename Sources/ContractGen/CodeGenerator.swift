import Protobuf

/// Turns what protoc asks into what it gets back.
public enum CodeGenerator {
  /// The plugin understands proto3 `optional`.
  private static let supportedFeatures = UInt64(
    Google_Protobuf_Compiler_CodeGeneratorResponse.Feature.proto3Optional.rawValue)

  /// Answers a serialized `CodeGeneratorRequest` with a serialized `CodeGeneratorResponse`.
  ///
  /// Faults of the input, such as an unknown option, are part of the response.
  /// - Throws: ``GenerationError`` when the bytes are not a request or the response is too large.
  public static func respond(to request: [UInt8]) throws(GenerationError) -> [UInt8] {
    let decoded: Google_Protobuf_Compiler_CodeGeneratorRequest
    do {
      decoded = try .init(serializedBytes: request, limits: .trusted)
    } catch {
      throw GenerationError("the input is not a CodeGeneratorRequest: \(error)")
    }
    do {
      return try response(to: decoded).serializedBytes()
    } catch {
      throw GenerationError("the output cannot be encoded: \(error)")
    }
  }

  static func response(
    to request: Google_Protobuf_Compiler_CodeGeneratorRequest
  ) -> Google_Protobuf_Compiler_CodeGeneratorResponse {
    var response = Google_Protobuf_Compiler_CodeGeneratorResponse()
    response.supportedFeatures = supportedFeatures
    do throws(GenerationError) {
      for output in try outputs(for: request) {
        var file = Google_Protobuf_Compiler_CodeGeneratorResponse.File()
        file.name = output.name
        file.content = output.content
        response.file.append(file)
      }
    } catch {
      response.error = error.description
    }
    return response
  }

  /// The output files, in the order in which the inputs were named.
  static func outputs(
    for request: Google_Protobuf_Compiler_CodeGeneratorRequest
  ) throws(GenerationError) -> [FileEmitter.Output] {
    let options = try PluginOptions(parameter: request.parameter ?? "")
    let builder = FileModelBuilder(types: TypeTable(request.protoFile))
    var outputs: [FileEmitter.Output] = []
    var sources: [String: String] = [:]
    for path in request.fileToGenerate {
      guard let descriptor = request.protoFile.first(where: { $0.name == path }) else {
        throw GenerationError("\(path): not in the request")
      }
      let model = try builder.file(descriptor)
      for output in FileEmitter(model: model, options: options).outputs() {
        if let other = sources.updateValue(path, forKey: output.name) {
          throw GenerationError(
            "\(other) and \(path) would both be written to \(output.name); "
              + "use FileNaming=PathToUnderscores or FileNaming=FullPath")
        }
        outputs.append(output)
      }
    }
    return outputs
  }
}
