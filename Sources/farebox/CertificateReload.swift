import Dispatch
import Foundation
import Logging
import ServiceLifecycle

/// Reads the certificates again on SIGHUP: new connections get the new ones, open ones keep theirs.
///
/// Only for processes that have certificates; the others end on SIGHUP, as programs do.
struct CertificateReload: Service {
  private let certificates: Certificates
  private let logger: Logger

  init(_ certificates: Certificates, logger: Logger) {
    self.certificates = certificates
    self.logger = logger
  }

  func run() async throws {
    let (hangUps, continuation) = AsyncStream.makeStream(
      of: Void.self, bufferingPolicy: .bufferingNewest(1))
    _ = signal(SIGHUP, SIG_IGN)  // the default action would end the process first
    let source = DispatchSource.makeSignalSource(signal: SIGHUP, queue: .global())
    source.setEventHandler { continuation.yield() }
    source.resume()
    defer { source.cancel() }
    for await _ in hangUps.cancelOnGracefulShutdown() { reload() }
  }

  private func reload() {
    do {
      try certificates.reload()
      logger.notice("certificates reloaded")
    } catch {
      logger.error("certificates not reloaded", metadata: ["reason": "\(error)"])
    }
  }
}
