import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// An HTTP server on a free port of the loopback that answers as a test says.
final class HTTPReceiver: Sendable {
  struct Received: Sendable {
    let method: String
    let target: String
    let headers: [String: String]
    let body: String
  }

  enum Answer: Sendable {
    case status(Int, headers: [(String, String)] = [], body: String = "")
    /// Never answers.
    case silence
    /// Closes without an answer.
    case hangUp
  }

  private let note: Note
  private let channel: any Channel
  let port: Int

  init(_ answer: Answer, on group: MultiThreadedEventLoopGroup) async throws {
    let note = Note()
    channel = try await ServerBootstrap(group: group)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          try pipeline.configureHTTPServerPipeline()
          try pipeline.addHandler(Answerer(answer, note))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    port = channel.localAddress?.port ?? 0
    self.note = note
  }

  var received: [Received] { note.log.withLock { $0 } }

  func close() async throws { try await channel.close() }

  fileprivate final class Note: Sendable {
    let log = Mutex<[Received]>([])
  }
}

private final class Answerer: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let answer: HTTPReceiver.Answer
  private let note: HTTPReceiver.Note
  private var head: HTTPRequestHead?
  private var body = ""

  init(_ answer: HTTPReceiver.Answer, _ note: HTTPReceiver.Note) {
    self.answer = answer
    self.note = note
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): self.head = head
    case .body(let bytes): body += String(buffer: bytes)
    case .end: reply(context)
    }
  }

  private func reply(_ context: ChannelHandlerContext) {
    guard let head else { return }
    let headers = Dictionary(head.headers.map { ($0.name.lowercased(), $0.value) }) { $1 }
    let received = HTTPReceiver.Received(
      method: head.method.rawValue, target: head.uri, headers: headers, body: body)
    note.log.withLock { $0.append(received) }
    switch answer {
    case .silence: return
    case .hangUp: context.close(promise: nil)
    case .status(let code, let extra, let text):
      var answer = HTTPHeaders([("content-length", "\(text.utf8.count)")])
      for (name, value) in extra { answer.add(name: name, value: value) }
      let head = HTTPResponseHead(
        version: .http1_1, status: HTTPResponseStatus(statusCode: code), headers: answer)
      context.write(wrapOutboundOut(.head(head)), promise: nil)
      let buffer = context.channel.allocator.buffer(string: text)
      context.write(wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
      context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
  }
}
