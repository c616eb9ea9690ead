import Foundation
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import NIOPosix

/// The grpc-swift-2 peer: `grpc-swift-echo HOST:PORT`. Stopped by a signal.
///
/// Messages pass as bytes and are neither decoded nor encoded, which flatters the peer: what is
/// compared is the runtime, not swift-protobuf. One event loop, because the harness gives the
/// server one core; handlers run where grpc-swift-2 runs them, on Swift's global executor.
@main
enum GRPCSwiftEcho {
  static func main() async throws {
    let parts = CommandLine.arguments.dropFirst().first?.split(separator: ":") ?? []
    guard parts.count == 2, let port = Int(parts[1]) else {
      FileHandle.standardError.write(Data("usage: grpc-swift-echo HOST:PORT\n".utf8))
      exit(64)
    }
    let transport = HTTP2ServerTransport.Posix(
      address: .ipv4(host: String(parts[0]), port: port),
      transportSecurity: .plaintext,
      eventLoopGroup: MultiThreadedEventLoopGroup(numberOfThreads: 1))
    var router = RPCRouter<HTTP2ServerTransport.Posix>()
    router.registerHandler(
      forMethod: MethodDescriptor(
        fullyQualifiedService: "farebox.bench.v1.EchoService", method: "Echo"),
      deserializer: Bytes(), serializer: Bytes()
    ) { request, _ in
      // What the code generated for a unary method does with its streams.
      let request = try await ServerRequest(stream: request)
      return StreamingServerResponse(single: ServerResponse(message: request.message))
    }
    try await GRPCServer(transport: transport, router: router).serve()
  }
}

/// Messages as they are on the wire.
struct Bytes: MessageSerializer, MessageDeserializer {
  func serialize<Out: GRPCContiguousBytes>(_ message: [UInt8]) throws -> Out {
    Out(message)
  }

  func deserialize<In: GRPCContiguousBytes>(_ serializedMessageBytes: In) throws -> [UInt8] {
    serializedMessageBytes.withUnsafeBytes { Array($0) }
  }
}
