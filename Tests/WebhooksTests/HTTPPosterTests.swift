import NIOCore
import NIOPosix
import Testing
import WebhookTransport

@testable import Webhooks

@Suite("The poster")
struct HTTPPosterTests {
  private func run(
    _ answer: HTTPReceiver.Answer, _ limits: HTTPPoster.Limits = HTTPPoster.Limits(),
    _ body: (HTTPPoster, HTTPReceiver) async throws -> Void
  ) async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let receiver = try await HTTPReceiver(answer, on: group)
    let poster = try HTTPPoster(group: group, limits: limits)
    let result: Result<Void, any Error>
    do { result = .success(try await body(poster, receiver)) } catch { result = .failure(error) }
    try? await receiver.close()
    try await group.shutdownGracefully()
    try result.get()
  }

  private func request(_ port: Int, scheme: String = "http") throws -> WebhookRequest {
    WebhookRequest(
      url: try WebhookURL("\(scheme)://127.0.0.1:\(port)/hook?a=b"),
      headers: [("webhook-id", "e7"), ("webhook-timestamp", "1")], body: Array(#"{"a":1}"#.utf8))
  }

  @Test("posts the bytes with their headers, and returns the status")
  func posts() async throws {
    try await run(.status(204)) { poster, receiver in
      let result = await poster.post(try request(receiver.port))
      #expect(result == .answered(status: 204))
      let received = try #require(receiver.received.first)
      #expect(received.method == "POST" && received.target == "/hook?a=b")
      #expect(received.body == #"{"a":1}"# && received.headers["content-length"] == "7")
      #expect(received.headers["content-type"] == "application/json")
      #expect(received.headers["webhook-id"] == "e7")
      #expect(received.headers["host"] == "127.0.0.1:\(receiver.port)")
    }
  }

  @Test("follows no redirect")
  func redirects() async throws {
    let location = [("location", "http://127.0.0.1:1/")]
    try await run(.status(302, headers: location)) { poster, receiver in
      let result = try await poster.post(request(receiver.port))
      #expect(result == .answered(status: 302))
      #expect(receiver.received.count == 1)
    }
  }

  @Test("gives up on a receiver that does not answer, hangs up or is not there")
  func failures() async throws {
    var limits = HTTPPoster.Limits()
    limits.overall = .milliseconds(100)
    try await run(.silence, limits) { poster, receiver in
      let result = try await poster.post(request(receiver.port))
      #expect(result == .failed("no answer in time"))
    }
    try await run(.hangUp) { poster, receiver in
      let port = receiver.port
      guard case .failed = try await poster.post(request(port)) else {
        Issue.record("an answer of nobody")
        return
      }
      try await receiver.close()
      guard case .failed = try await poster.post(request(port)) else {
        Issue.record("an answer of nobody")
        return
      }
    }
  }

  @Test("does not read a long answer to its end; the status stands")
  func longAnswer() async throws {
    var limits = HTTPPoster.Limits()
    limits.bodyBytesMax = 1_000
    try await run(.status(200, body: String(repeating: "x", count: 200_000)), limits) {
      poster, receiver in
      let result = try await poster.post(request(receiver.port))
      #expect(result == .answered(status: 200))
    }
  }

  @Test("speaks TLS to https, and believes nobody without a certificate")
  func tls() async throws {
    var limits = HTTPPoster.Limits()
    limits.overall = .seconds(5)
    try await run(.status(200), limits) { poster, receiver in
      guard case .failed = try await poster.post(request(receiver.port, scheme: "https")) else {
        Issue.record("plain text was taken for TLS")
        return
      }
      #expect(receiver.received.isEmpty)
    }
  }

  @Test("ends at once when the task is cancelled", .timeLimit(.minutes(10)))
  func cancelled() async throws {
    try await run(.silence) { poster, receiver in
      let question = try request(receiver.port)
      let post = Task { await poster.post(question) }
      while receiver.received.isEmpty { try await Task.sleep(for: .milliseconds(2)) }
      post.cancel()
      #expect(await post.value == .failed("the process stops"))
    }
  }
}
