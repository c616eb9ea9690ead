import CNghttp2
import Testing

@testable import HTTP2

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// `malloc` and its companions, of which the k-th call fails, and all after it when it is lasting.
private final class ScarceMemory {
  private let failing: Int
  private let isLasting: Bool
  private(set) var callCount = 0
  /// What was handed out and not given back.
  private(set) var liveCount = 0

  init(failing: Int, isLasting: Bool) {
    self.failing = failing
    self.isLasting = isLasting
  }

  var hasFailed: Bool { callCount >= failing }

  private func allows() -> Bool {
    callCount += 1
    return isLasting ? callCount < failing : callCount != failing
  }

  private static func of(_ data: UnsafeMutableRawPointer?) -> ScarceMemory {
    guard let data else { preconditionFailure("memory of nobody") }
    return Unmanaged.fromOpaque(data).takeUnretainedValue()
  }

  /// For as long as this object is there.
  var functions: nghttp2_mem {
    nghttp2_mem(
      mem_user_data: Unmanaged.passUnretained(self).toOpaque(),
      malloc: { size, data in
        guard ScarceMemory.of(data).allows() else { return nil }
        ScarceMemory.of(data).liveCount += 1
        return malloc(size)
      },
      free: { pointer, data in
        if pointer != nil { ScarceMemory.of(data).liveCount -= 1 }
        free(pointer)
      },
      calloc: { count, size, data in
        guard ScarceMemory.of(data).allows() else { return nil }
        ScarceMemory.of(data).liveCount += 1
        return calloc(count, size)
      },
      realloc: { pointer, size, data in
        guard ScarceMemory.of(data).allows() else { return nil }
        if pointer == nil { ScarceMemory.of(data).liveCount += 1 }
        return realloc(pointer, size)
      })
  }
}

@Suite("Memory that runs out below a session")
struct ScarceMemoryTests {
  /// A few calls between a session with scarce memory and an honest one.
  private func converse(_ scarce: Session.Role, _ memory: ScarceMemory) throws(HTTP2Error) {
    var functions = memory.functions
    let poor = try Session(role: scarce, configuration: .init(), memory: &functions)
    let rich = try Session(role: scarce == .server ? .client : .server)
    let pair =
      scarce == .server
      ? SessionPair(client: rich, server: poor) : SessionPair(client: poor, server: rich)
    pair.onServerEvent = { session, event in
      if case .endOfStream(let stream) = event {
        session.submitResponse(stream, .response)
        session.send([UInt8](repeating: 7, count: 40_000), on: stream)
        session.finish(stream, trailers: .trailers)
      }
    }
    do {
      for number in 0..<3 {
        let more = (0..<20).map { ("x-field-\(number)-\($0)", String(repeating: "v", count: 90)) }
        let stream = try pair.client.submitRequest(.request(more: more))
        pair.client.send([UInt8](repeating: 3, count: 20_000), on: stream)
        pair.client.finish(stream)
        try pair.settle()
      }
      pair.client.submitPing(7)
      pair.server.submitShutdownNotice()
      pair.server.goAway()
      try pair.settle()
    } catch let error as HTTP2Error {
      throw error
    } catch {
      preconditionFailure("an error of another type: \(error)")
    }
  }

  @Test(
    "whichever allocation fails, the session ends with a typed error and gives all memory back",
    arguments: [Session.Role.server, .client], [false, true])
  func sweep(role: Session.Role, isLasting: Bool) {
    var errors = 0
    var k = 0
    while true {
      k += 1
      let memory = ScarceMemory(failing: k, isLasting: isLasting)
      do throws(HTTP2Error) {
        try converse(role, memory)
      } catch {
        errors += 1
      }
      #expect(memory.liveCount == 0, "call \(k) leaves memory behind")
      guard memory.hasFailed else { break }
    }
    // A frame that cannot be queued is no error of the session: it is dropped, its stream ends.
    // What a client sends as fields takes none of the library's memory.
    let places = role == .server ? 60 : 25
    #expect(errors > 20 && k > places, "\(errors) errors in \(k) places")
    let word = isLasting ? "for ever" : "once"
    print("allocations of a \(role), \(word): \(k - 1), \(errors) errors")
  }
}
