import GRPC
import GRPCTransport
import Testing

/// The areas of the public conformance suite of connectrpc that concern gRPC, with our own cases:
/// every shape of call, over every road.
@Suite("Conformance", .timeLimit(.minutes(10)), .fewAtOnce)
struct ConformanceTests {
  @Test("basic: requests and metadata come back, with no response, one and several",
    arguments: Road.allCases)
  func basic(road: Road) async throws {
    let test = try await ConformanceServer(road)
    let requests: [[UInt8]] = [[1], [2, 2], [], [4]]
    for shape in Shape.allCases {
      for count in [0, 1, 3] {
        let metadata: Metadata = ["plan-responses": .string("\(count)"), "initial-one": "1"]
        let outcome = await shape.run(test.client, requests, metadata: metadata)
        #expect(outcome.error == nil, "\(shape)")
        #expect(outcome.messages == shape.responses(to: requests, each: count), "\(shape)")
        #expect(outcome.initial?[stringValues: "initial-one"] == ["1"], "\(shape)")
      }
    }
    await test.stop()
  }

  @Test("streams without any request", arguments: Road.allCases)
  func noRequests(road: Road) async throws {
    let test = try await ConformanceServer(road)
    #expect(await Shape.upload.run(test.client, []).messages == [[]])
    let talk = await Shape.converse.run(test.client, [])
    #expect(talk.error == nil && talk.messages.isEmpty)
    await test.stop()
  }

  @Test("empty messages are messages, in both directions", arguments: Road.allCases)
  func empty(road: Road) async throws {
    let test = try await ConformanceServer(road)
    for shape in Shape.allCases {
      let outcome = await shape.run(test.client, [[], []])
      #expect(outcome.error == nil)
      #expect(outcome.messages == shape.responses(to: [[], []]), "\(shape)")
    }
    await test.stop()
  }

  @Test("a method or a service that does not exist is UNIMPLEMENTED, in every shape")
  func unimplemented() async throws {
    let test = try await ConformanceServer(.loopback)
    for (service, name) in [("test.Test", "None"), ("none.None", "Unary")] {
      for kind in [
        .unary, .clientStreaming, .serverStreaming, .bidirectionalStreaming,
      ] as [MethodDescriptor.Kind] {
        let method = MethodDescriptor(
          service: ServiceDescriptor(fullyQualifiedService: service), method: name, kind: kind)
        let call = test.client.bidirectionalStreaming(
          method: method, serializer: RawBytes(), deserializer: RawBytes())
        call.requests.finish()
        let error = await failure {
          for try await _ in call.responses {}
        }
        #expect(error?.code == .unimplemented, "\(service)/\(name)")
      }
    }
    await test.stop()
  }

  @Test("errors: each code with text and details, after so many responses",
    arguments: Road.allCases)
  func errors(road: Road) async throws {
    let test = try await ConformanceServer(road)
    let text = "caf\u{E9} \u{263A} \u{1F608}\t\r\n100% \u{0}end"
    let details: [UInt8] = [0x08, 0x05, 0x12, 0x01, 0x78]
    for shape in Shape.allCases {
      for code in Status.Code.allCases where code != .ok {
        for count in shape.responseIsStream ? [0, 2] : [0] {
          let metadata: Metadata = [
            "plan-code": .string("\(code.rawValue)"), "plan-text-bin": .binary(Array(text.utf8)),
            "plan-details-bin": .binary(details), "plan-responses": .string("\(count)"),
            "trailing-why": "because",
          ]
          let outcome = await shape.run(test.client, [[7]], metadata: metadata)
          let error = try #require(outcome.error, "\(shape) \(code)")
          #expect(error.code == code && error.message == text && error.detailsBytes == details)
          #expect(error.metadata[stringValues: "trailing-why"] == ["because"])
          #expect(outcome.messages == Array(repeating: [7], count: count), "\(shape) \(code)")
        }
      }
    }
    await test.stop()
  }

  @Test("an error without a text has none")
  func noText() async throws {
    let test = try await ConformanceServer(.loopback)
    for shape in Shape.allCases {
      let error = await shape.run(test.client, metadata: ["plan-code": "10"]).error
      #expect(error?.code == .aborted && error?.message == "" && error?.detailsBytes == nil)
    }
    await test.stop()
  }

  @Test("metadata with equal names keeps its values and their order, on success and on failure",
    arguments: Road.allCases)
  func duplicates(road: Road) async throws {
    let test = try await ConformanceServer(road)
    let fields: Metadata = [
      "initial-a": "1", "trailing-a": "x", "initial-b-bin": [1, 2], "initial-a": "2",
      "trailing-a": "y, z", "initial-b-bin": [], "trailing-b-bin": [0xFF], "initial-a": "1",
      "trailing-b-bin": [0, 0xFE, 3],
    ]
    for shape in Shape.allCases {
      for failure in [nil, "9"] {
        var metadata = fields
        if let failure { metadata.addString(failure, forKey: "plan-code") }
        let outcome = await shape.run(test.client, metadata: metadata)
        #expect(outcome.error?.code == (failure == nil ? nil : .failedPrecondition))
        #expect(outcome.trailing[stringValues: "trailing-a"] == ["x", "y, z"], "\(shape)")
        #expect(
          outcome.trailing[binaryValues: "trailing-b-bin"] == [[0xFF], [0, 0xFE, 3]], "\(shape)")
        guard failure == nil else { continue }
        #expect(outcome.initial?[stringValues: "initial-a"] == ["1", "2", "1"], "\(shape)")
        #expect(outcome.initial?[binaryValues: "initial-b-bin"] == [[1, 2], []], "\(shape)")
      }
    }
    await test.stop()
  }

  @Test("initial metadata of a stream that fails arrives all the same")
  func initialBeforeFailure() async throws {
    let test = try await ConformanceServer(.loopback)
    for count in [0, 1] {
      let call = test.client.serverStreaming(
        [1], method: Shape.watch.method, serializer: RawBytes(), deserializer: RawBytes(),
        metadata: ["initial-a": "1", "plan-code": "5", "plan-responses": .string("\(count)")])
      #expect(try await call.initialMetadata()[stringValues: "initial-a"] == ["1"])
      let error = await failure {
        for try await _ in call.responses {}
      }
      #expect(error?.code == .notFound)
    }
    await test.stop()
  }

  @Test("the handler sees the client's timeout")
  func deadlinePropagation() async throws {
    let test = try await ConformanceServer(.loopback)
    for shape in Shape.allCases {
      let options = CallOptions(timeout: .seconds(500))
      let outcome = await shape.run(test.client, options: options)
      let seen = outcome.initial?.firstString(forKey: "seen-remaining").flatMap(Int64.init) ?? 0
      // As long as a call may take on a busy machine is what may be missing.
      #expect(seen <= 500_000_000_000 && seen > 380_000_000_000, "\(shape)")
    }
    await test.stop()
  }

  @Test("a call that outlives its timeout is DEADLINE_EXCEEDED, and its handler is cancelled",
    arguments: Road.allCases)
  func timeouts(road: Road) async throws {
    let test = try await ConformanceServer(road)
    // The first call opens the connection, which may take longer than the timeouts below.
    #expect(await Shape.unary.run(test.client).error == nil)
    for shape in Shape.allCases {
      let begun = test.startedCount
      let expected: [[UInt8]] = shape.responseIsStream ? [[1]] : []
      // On a busy machine the first timeouts may pass before the request has arrived.
      for seconds in [1, 4, 16, 60] {
        let outcome = await shape.run(
          test.client, [[1]], metadata: ["plan-hang": "yes"],
          options: CallOptions(timeout: .seconds(seconds)))
        #expect(outcome.error?.code == .deadlineExceeded, "\(shape)")
        if test.startedCount > begun, outcome.messages == expected { break }
        #expect(seconds < 60, "\(shape): \(outcome.messages)")
      }
      await test.waitForCancelled(test.startedCount)
    }
    await test.stop()
  }

  @Test("a request of exactly the limit passes, the first or a later one above it does not",
    arguments: Road.allCases)
  func requestSize(road: Road) async throws {
    let test = try await ConformanceServer(road)
    let fits = [UInt8](repeating: 5, count: ConformanceServer.limitBytes)
    let exceeds = fits + [5]
    for shape in Shape.allCases {
      #expect(await shape.run(test.client, [fits, fits]).error == nil, "\(shape)")
      let first = await shape.run(test.client, [exceeds])
      #expect(first.error?.code == .resourceExhausted, "\(shape)")
      guard shape.requestIsStream else { continue }
      let later = await shape.run(test.client, [fits, exceeds])
      #expect(later.error?.code == .resourceExhausted, "\(shape)")
    }
    await test.stop()
  }

  @Test("a response of exactly the limit passes, one above it does not", arguments: [1, 2])
  func responseSize(count: Int) async throws {
    let test = try await ConformanceServer(.loopback)
    let message = [UInt8](repeating: 5, count: 500)
    for shape in Shape.allCases {
      for (limit, code) in [(500, nil), (499, .resourceExhausted)] as [(Int, Status.Code?)] {
        let options = CallOptions(timeout: .seconds(60), maxResponseMessageBytes: limit)
        let plan: Metadata = ["plan-responses": .string("\(count)")]
        let outcome = await shape.run(test.client, [message], metadata: plan, options: options)
        #expect(outcome.error?.code == code, "\(shape) \(limit)")
      }
    }
    await test.stop()
  }
}
