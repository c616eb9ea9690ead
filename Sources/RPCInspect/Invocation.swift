import GRPC
import Protobuf
import Synchronization

/// What happens during a call, in order. All methods run on one task.
public protocol InvocationEventHandler: AnyObject {
  /// The call is about to start with this metadata.
  func willSend(_ method: MethodShape, metadata: Metadata)
  /// The server's headers arrived.
  func received(headers: Metadata)
  /// A response arrived.
  func received(_ message: DynamicMessage) async throws
  /// The call ended; `failure` is nil when it ended with OK.
  func ended(trailers: Metadata, failure: RPCError?, requestCount: Int, responseCount: Int)
}

/// Supplies the requests of a call, nil when there are no more.
public typealias RequestSupplier = @Sendable () async throws -> DynamicMessage?

/// One call of any shape, with messages known only at run time.
public struct Invocation: Sendable {
  private let client: GRPCClient
  private let method: MethodShape
  private let input: MessageSchema
  private let output: MessageSchema

  /// Prepares a call; `input` and `output` are the schemas of the method's types.
  public init(
    client: GRPCClient, method: MethodShape, input: MessageSchema, output: MessageSchema
  ) {
    self.client = client
    self.method = method
    self.input = input
    self.output = output
  }

  /// Makes the call and reports to `handler` until it has ended.
  ///
  /// A method with one request gets an empty one when none is supplied.
  ///
  /// - Throws: what `requests` throws, and ``InspectError/wrongRequestCount``. The call's own
  ///   failure
  ///   is no error here: it goes to `handler`.
  public func run(
    metadata: Metadata, options: CallOptions, requests: @escaping RequestSupplier,
    handler: any InvocationEventHandler
  ) async throws {
    handler.willSend(method, metadata: metadata)
    var only: DynamicMessage?
    if !method.descriptor.requestIsStream {
      only = try await requests() ?? DynamicMessage(schema: input)
      guard try await requests() == nil else { throw InspectError.wrongRequestCount }
    }
    let call = client.bidirectionalStreaming(
      method: method.descriptor, serializer: DynamicSerializer(),
      deserializer: DynamicDeserializer(schema: output), metadata: metadata, options: options)
    let sender = Sender()
    let sending = Task { [only] in
      if let only {
        await sender.send(only, over: call)
      } else {
        await sender.send(requests, over: call)
      }
    }
    // When the call has ended there is no use in waiting for more input.
    defer { sending.cancel() }
    var responseCount = 0
    var failure: RPCError?
    do {
      handler.received(headers: try await call.initialMetadata())
      for try await response in call.responses {
        responseCount += 1
        try await handler.received(response)
      }
    } catch let error as RPCError {
      failure = error
    }
    if let problem = sender.problem { throw problem }
    handler.ended(
      trailers: failure?.metadata ?? call.trailingMetadata, failure: failure,
      requestCount: sender.count, responseCount: responseCount)
  }
}

/// The sending half of a call: how far it got, and why it stopped.
private final class Sender: Sendable {
  typealias Call = BidirectionalCall<DynamicMessage, DynamicMessage>

  private struct State {
    var count = 0
    var problem: (any Error)?
  }

  private let state = Mutex(State())

  /// Messages handed to the transport.
  var count: Int { state.withLock { $0.count } }
  /// What the supplier threw.
  var problem: (any Error)? { state.withLock { $0.problem } }

  func send(_ only: DynamicMessage, over call: Call) async {
    // A failed write means that the call has failed: the receiving half says why.
    guard (try? await call.requests.write(only)) != nil else { return }
    state.withLock { $0.count += 1 }
    call.requests.finish()
  }

  func send(_ requests: RequestSupplier, over call: Call) async {
    while true {
      let next: DynamicMessage?
      do {
        next = try await requests()
      } catch {
        state.withLock { $0.problem = error }
        return call.cancel()
      }
      guard let next else { return call.requests.finish() }
      guard (try? await call.requests.write(next)) != nil else { return }
      state.withLock { $0.count += 1 }
    }
  }
}
