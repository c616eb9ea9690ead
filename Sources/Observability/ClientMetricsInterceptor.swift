import GRPC
import Metrics
import Synchronization

/// Counts the calls of a client, by method and status code, and measures how long they took, from
/// the caller's point of view: waiting for a connection and retries included.
///
/// | metric | kind | dimensions |
/// |---|---|---|
/// | `rpc.client.call.started` | counter | `rpc.system.name`, `rpc.method` |
/// | `rpc.client.call.completed` | counter | the same, `rpc.response.status_code` |
/// | `rpc.client.call.duration` | timer | the same, `rpc.response.status_code` |
/// | `grpc.client.attempt.sent_total_compressed_message_size` | recorder, bytes | the same |
/// | `grpc.client.attempt.rcvd_total_compressed_message_size` | recorder, bytes | the same |
/// | `grpc.client.attempt.sent_messages` | recorder | the same |
/// | `grpc.client.attempt.rcvd_messages` | recorder | the same |
///
/// A call has one attempt unless the transport repeats it; the code is then that of the attempt.
/// What attempts carried is told by transports that cross a wire, `HTTP2ClientTransport` among
/// them.
public final class ClientMetricsInterceptor: ClientInterceptor {
  private let factory: any MetricsFactory
  private let known = Mutex<[MethodDescriptor: CallInstruments]>([:])

  /// Measures with `factory`; nil when nobody collects metrics, so that calls pay nothing.
  ///
  /// Bootstrap the metrics system before.
  public init?(factory: any MetricsFactory = MetricsSystem.factory) {
    guard !(factory is NOOPMetricsHandler) else { return nil }
    self.factory = factory
  }

  /// Measures one call; throws what it throws.
  public func intercept(
    _ call: ClientRequestHead, next: @escaping Next
  ) async throws -> ClientReply {
    let instruments = instruments(of: call.method)
    var call = call
    call.trafficObserver = instruments
    let start = instruments.start()
    do {
      let reply = try await next(call)
      instruments.end(.ok, startedAt: start)
      return reply
    } catch {
      instruments.end(RPCError(wrapping: error).code, startedAt: start)
      throw error
    }
  }

  /// Those of a method are made once: a client calls few methods.
  private func instruments(of method: MethodDescriptor) -> CallInstruments {
    known.withLock { known in
      if let instruments = known[method] { return instruments }
      let instruments = CallInstruments(of: method, side: .client, factory: factory)
      known[method] = instruments
      return instruments
    }
  }
}
