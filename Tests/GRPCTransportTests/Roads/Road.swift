import GRPC
import GRPCTransport
import Logging
import Testing

/// The ways by which calls reach a server: what is said of one in a test is true of all.
enum Road: String, Sendable, CaseIterable, CustomTestStringConvertible {
  case inProcess = "in process"
  case loopback
  case tls = "loopback with TLS"
  case unixSocket = "unix socket"

  var testDescription: String { rawValue }

  /// How the server names its peers.
  var peerPrefix: String {
    switch self {
    case .inProcess: "in-process"
    case .loopback, .tls: "ipv4:127.0.0.1:"
    case .unixSocket: "unix:"
    }
  }

  /// Where a server on this road listens; nil when it does not.
  var listenAddress: ServerAddress? {
    switch self {
    case .inProcess: nil
    case .loopback, .tls: .tcp(host: "127.0.0.1", port: 0)
    case .unixSocket:
      .unix(path: "/tmp/farebox-test-\(UInt64.random(in: 0...UInt64.max)).sock")
    }
  }
}

/// A transport that can be told to leave.
protocol LeavingTransport: ClientTransport {
  func shutdown() async
}

extension HTTP2ClientTransport: LeavingTransport {}
extension InProcessTransport: LeavingTransport {}
