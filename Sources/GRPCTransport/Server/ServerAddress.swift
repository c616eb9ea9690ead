import NIOCore

/// Where a server listens.
public enum ServerAddress: Sendable, Hashable {
  /// A TCP port; port 0 lets the system choose one.
  case tcp(host: String, port: Int)
  /// A unix socket. A socket file left behind at that path is replaced.
  case unix(path: String)
}

extension ServerAddress: CustomStringConvertible {
  /// For example `127.0.0.1:7001` or `unix:/run/farebox.sock`.
  public var description: String {
    switch self {
    case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .unix(let path): "unix:\(path)"
    }
  }
}

extension ServerAddress {
  init?(_ address: SocketAddress?) {
    switch address {
    case .v4, .v6:
      guard let host = address?.ipAddress, let port = address?.port else { return nil }
      self = .tcp(host: host, port: port)
    case .unixDomainSocket:
      self = .unix(path: address?.pathname ?? "")
    case nil:
      return nil
    }
  }

  /// The name as gRPC writes addresses, for example `ipv4:127.0.0.1:7001`.
  static func peerName(_ address: SocketAddress?) -> String {
    switch address {
    case .v4: "ipv4:\(address?.ipAddress ?? ""):\(address?.port ?? 0)"
    case .v6: "ipv6:[\(address?.ipAddress ?? "")]:\(address?.port ?? 0)"
    case .unixDomainSocket: "unix:\(address?.pathname ?? "")"
    case nil: "unknown"
    }
  }
}
