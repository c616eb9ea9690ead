import Synchronization

/// Which services of this process are ready to serve; what ``HealthService`` answers from.
///
/// Set it from anywhere; watchers are told of every change. The empty name stands for the process
/// as a whole and exists from the start as not serving.
public final class HealthStatus: Sendable {
  /// What a service says of itself.
  public enum ServingStatus: Sendable, Hashable {
    /// Calls are welcome.
    case serving
    /// Calls will fail or are not wanted, for example while draining.
    case notServing
  }

  /// The name that stands for the whole process.
  public static let wholeServer = ""

  private struct State {
    var statuses: [String: ServingStatus] = [HealthStatus.wholeServer: .notServing]
    var isDraining = false
    var watchers: [UInt64: Watcher] = [:]
    var nextWatcher: UInt64 = 0
  }

  private struct Watcher {
    let service: String
    let continuation: AsyncStream<ServingStatus?>.Continuation
  }

  private let state = Mutex(State())

  /// Makes a registry in which only the whole process is known, as not serving.
  public init() {}

  /// Says whether a service is ready; the name is the full one, such as
  /// `farebox.chat.v1.ChatService`.
  ///
  /// Ignored after ``setAllNotServing()``, so that a late start cannot undo a drain.
  public func set(_ status: ServingStatus, forService service: String) {
    state.withLock { state in
      guard !state.isDraining else { return }
      state.statuses[service] = status
      Self.tell(state.watchers, of: status, for: service)
    }
  }

  /// Says not serving for everything, for good. The first step of a drain.
  public func setAllNotServing() {
    state.withLock { state in
      state.isDraining = true
      for service in state.statuses.keys {
        state.statuses[service] = .notServing
        Self.tell(state.watchers, of: .notServing, for: service)
      }
    }
  }

  /// The status of a service; nil when no one has ever set it.
  public func status(ofService service: String) -> ServingStatus? {
    state.withLock { $0.statuses[service] }
  }

  /// All known services with their status.
  public var all: [String: ServingStatus] { state.withLock { $0.statuses } }

  /// The status now and after each change; nil stands for "no such service", which may change.
  ///
  /// A slow reader misses intermediate states, never the latest.
  public func changes(ofService service: String) -> AsyncStream<ServingStatus?> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: ServingStatus?.self, bufferingPolicy: .bufferingNewest(1))
    let id = state.withLock { state in
      let id = state.nextWatcher
      state.nextWatcher += 1
      state.watchers[id] = Watcher(service: service, continuation: continuation)
      continuation.yield(state.statuses[service])
      return id
    }
    continuation.onTermination = { [weak self] _ in
      self?.state.withLock { _ = $0.watchers.removeValue(forKey: id) }
    }
    return stream
  }

  private static func tell(
    _ watchers: [UInt64: Watcher], of status: ServingStatus, for service: String
  ) {
    for watcher in watchers.values where watcher.service == service {
      watcher.continuation.yield(status)
    }
  }
}
