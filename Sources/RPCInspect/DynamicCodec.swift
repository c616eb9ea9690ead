import GRPC
import Protobuf

/// Serializes messages whose type is known only at run time.
struct DynamicSerializer: MessageSerializer {
  func serialize(_ message: DynamicMessage, headroom: Int) throws -> [UInt8] {
    do {
      return try message.serializedBytes(headroom: headroom)
    } catch {
      throw RPCError(
        code: .internalError, message: "the request could not be encoded: \(error)", cause: error)
    }
  }
}

/// Deserializes messages of one type that is known only at run time.
struct DynamicDeserializer: MessageDeserializer {
  let schema: MessageSchema

  func deserialize(_ bytes: UnsafeRawBufferPointer) throws -> DynamicMessage {
    do {
      return try DynamicMessage(schema: schema, serializedBytes: bytes, limits: .trusted)
    } catch {
      throw RPCError(
        code: .internalError, message: "the response could not be decoded: \(error)", cause: error)
    }
  }
}
