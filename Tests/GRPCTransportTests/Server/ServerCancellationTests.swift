import GRPC
import GRPCTransport
import Synchronization
import Testing

@Suite("Ends of server calls", .timeLimit(.minutes(10)), .fewAtOnce)
struct ServerCancellationTests {
  @Test(
    "the handler sees the client's deadline, and outgoing calls inherit it",
    arguments: Road.allCases)
  func deadlineIsKnown(road: Road) async throws {
    let test = try await ServerUnderTest(over: road) { router in
      router.unary("Left") { _, context in
        let left = try #require(context.deadline).remainingNanoseconds
        #expect(Deadline.current == context.deadline)
        return Array(String(left / 1_000_000_000).utf8)
      }
    }
    let seconds = try await test.client.call("Left", [], options: .timeout(.seconds(100)))
    #expect((90...100).contains(Int(String(decoding: seconds, as: UTF8.self)) ?? 0))
    await test.stop()
  }

  @Test(
    "the handler is cancelled when the server's own maximum is reached",
    arguments: Road.allCases)
  func serverMaximum(road: Road) async throws {
    var limits = ServerLimits()
    limits.maxCallDuration = .milliseconds(50)
    let cancelled = Gate()
    let test = try await ServerUnderTest(over: road, limits: limits) { router in
      router.unary("Hang") { _, context in
        do { try await Task.sleep(for: .seconds(60)) } catch { cancelled.open() }
        #expect(context.isCancelled)
        return []
      }
    }
    let error = await failure { _ = try await test.client.call("Hang") }
    #expect(error?.code == .deadlineExceeded)
    await cancelled.wait()
    await test.stop()
  }

  @Test("the handler is cancelled when the client cancels", arguments: Road.allCases)
  func clientCancels(road: Road) async throws {
    let started = Gate()
    let cancelled = Gate()
    let test = try await ServerUnderTest(over: road) { router in
      router.unary("Hang") { _, _ in
        started.open()
        do { try await Task.sleep(for: .seconds(60)) } catch { cancelled.open() }
        return []
      }
    }
    let call = Task { try await test.client.call("Hang") }
    await started.wait()
    call.cancel()
    await cancelled.wait()
    #expect(await failure { _ = try await call.value }?.code == .cancelled)
    await test.stop()
  }

  @Test(
    "a writer that waits for the client, and a reader, are woken when the client leaves",
    arguments: Road.allCases)
  func disconnect(road: Road) async throws {
    let started = Gate()
    let writerEnded = Gate()
    let readerEnded = Gate()
    let test = try await ServerUnderTest(over: road) { router in
      router.serverStreaming("Flood") { _, writer, _ in
        do {
          started.open()
          while true { try await writer.write([UInt8](repeating: 0, count: 50_000)) }
        } catch {
          #expect((error as? RPCError)?.code == .cancelled)
          writerEnded.open()
          throw error
        }
      }
      router.bidirectional("Listen") { requests, writer, _ in
        do {
          try await writer.write([])
          for try await _ in requests {}
          Issue.record("the request must not end well")
        } catch {
          readerEnded.open()
          throw error
        }
      }
    }
    let flood = test.client.watch("Flood")
    let listen = test.client.converse("Listen")
    var responses = listen.responses.makeAsyncIterator()
    #expect(try await responses.next() == [])
    await started.wait()
    // Both calls end with their connection.
    await test.transport.shutdown()
    await writerEnded.wait()
    await readerEnded.wait()
    withExtendedLifetime((flood, listen)) {}
    await test.stop()
  }

  @Test(
    "a shutdown lets calls in flight finish and accepts no new connection",
    arguments: Road.allCases)
  func gracefulShutdown(road: Road) async throws {
    let started = Gate()
    let proceed = Gate()
    let test = try await ServerUnderTest(over: road) { router in
      router.unary("Slow") { input, _ in
        started.open()
        await proceed.wait()
        return input
      }
    }
    let call = Task { try await test.client.call("Slow", [9]) }
    await started.wait()
    test.server.beginGracefulShutdown()
    proceed.open()
    #expect(try await call.value == [9])
    await test.server.waitUntilStopped()
    let error = await failure { _ = try await test.client.call("Slow") }
    #expect(error?.code == .unavailable)
    await test.transport.shutdown()
  }

  @Test("the grace period of a shutdown ends what hangs", arguments: Road.allCases)
  func graceEnds(road: Road) async throws {
    var limits = ServerLimits()
    limits.shutdownGrace = .milliseconds(50)
    let started = Gate()
    let test = try await ServerUnderTest(over: road, limits: limits) { router in
      router.unary("Hang") { _, _ in
        started.open()
        try await Task.sleep(for: .seconds(60))
        return []
      }
    }
    let call = Task { try await test.client.call("Hang") }
    await started.wait()
    test.server.beginGracefulShutdown()
    await test.server.waitUntilStopped()
    #expect(await failure { _ = try await call.value }?.code == .unavailable)
    await test.transport.shutdown()
  }
}
