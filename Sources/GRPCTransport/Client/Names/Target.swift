extension HTTP2ClientTransport {
  /// Where the servers of a transport listen.
  public enum Target: Sendable, Hashable, CustomStringConvertible {
    /// A host name or address, and a port. A name is looked up, and may stand for many addresses.
    case tcp(host: String, port: Int)
    /// The path of a unix socket.
    case unix(path: String)
    /// Several servers that offer the same; earlier ones are preferred by `pickFirst`.
    indirect case list([Target])

    /// `host:port`, `unix:path`, or several of them separated by commas.
    public var description: String {
      switch self {
      case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
      case .unix(let path): "unix:\(path)"
      case .list(let members): members.map(\.description).joined(separator: ",")
      }
    }

    /// The targets that this one consists of; none of them is a list.
    var members: [Target] {
      switch self {
      case .tcp, .unix: [self]
      case .list(let members): members.flatMap(\.members)
      }
    }

    /// What `:authority` says unless the configuration says otherwise: the first member, since a
    /// list is no authority.
    var defaultAuthority: String {
      switch members.first {
      case .tcp?: members[0].description
      default: "localhost"
      }
    }
  }
}
