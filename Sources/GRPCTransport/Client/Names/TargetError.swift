/// What is wrong with a target that somebody wrote.
public enum TargetError: Error, Sendable, Hashable, CustomStringConvertible {
  /// There is no text, or an empty member in a list.
  case empty
  /// `scheme://`, and the scheme is none of `dns`, `ipv4`, `ipv6` and `unix`.
  case unknownScheme(String)
  /// `dns://server/name`: names are looked up by the operating system, not by a server of choice.
  case nameServer(String)
  /// Neither the text nor the caller says which port.
  case missingPort(String)
  /// The port is no number from 1 to 65535.
  case badPort(String)
  /// There is no host, or it has characters that no host name has.
  case badHost(String)
  /// An IPv6 address and a port look alike without brackets.
  case unbracketedIPv6(String)
  /// What follows `ipv4:` or `ipv6:` is another thing.
  case wrongFamily(String, scheme: String)
  /// `unix:` without a path, or one too long for a socket.
  case badPath(String)

  /// A sentence that quotes the text.
  public var description: String {
    switch self {
    case .empty: "a target is missing; write for example localhost:7001"
    case .unknownScheme(let scheme):
      "'\(scheme)' is not a scheme of targets; write host:port, dns:///host:port, or unix:path"
    case .nameServer(let server):
      "a target cannot choose its name server '\(server)'; write dns:///host:port"
    case .missingPort(let text): "'\(text)' needs a port, as in localhost:7001"
    case .badPort(let port): "'\(port)' is not a port from 1 to 65535"
    case .badHost(let host): "'\(host)' is not a host name or an address"
    case .unbracketedIPv6(let text): "write the IPv6 address in brackets: [\(text)]:port"
    case .wrongFamily(let text, let scheme): "'\(text)' is not an address that \(scheme): may name"
    case .badPath(let path): "'\(path)' cannot be the path of a unix socket"
    }
  }
}
