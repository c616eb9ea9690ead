import Dispatch
import Foundation

/// SIGTERM and SIGINT as something to wait for; they no longer end the process by themselves.
final class StopSignal {
  private let arrivals: AsyncStream<Void>
  private let sources: [any DispatchSourceSignal]

  /// Listens from now on.
  init() {
    let (arrivals, continuation) = AsyncStream.makeStream(
      of: Void.self, bufferingPolicy: .bufferingNewest(1))
    self.arrivals = arrivals
    sources = [SIGTERM, SIGINT].map { number in
      _ = signal(number, SIG_IGN)  // the default action would end the process first
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { continuation.yield() }
      source.resume()
      return source
    }
  }

  deinit {
    for source in sources { source.cancel() }
  }

  /// Returns when a signal has come, also when it came before the call.
  func wait() async {
    for await _ in arrivals { return }
  }
}
