/// Where a server listens, as people write it.
public enum Address: Hashable, Sendable {
  /// A host name or address, and a port.
  case tcp(host: String, port: Int)
  /// The path of a unix socket.
  case unix(path: String)

  /// Reads `host:port`, `[v6]:port`, `:port` (this machine), `unix:path`, or a path when `isUnix`.
  public init(_ text: String, isUnix: Bool = false) throws(UsageError) {
    if isUnix || text.hasPrefix("unix:") {
      var path = text.hasPrefix("unix:") ? String(text.dropFirst(5)) : text
      if path.hasPrefix("//") { path.removeFirst(2) }
      guard !path.isEmpty else { throw UsageError("the path of the unix socket is missing") }
      self = .unix(path: path)
      return
    }
    if text.contains("://") {
      throw UsageError("the address is host:port, without http:// or https://")
    }
    guard let colon = text.lastIndex(of: ":"),
      let port = UInt16(text[text.index(after: colon)...]), port > 0
    else { throw UsageError("'\(text)' is no address like localhost:7001") }
    var host = String(text[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = String(host.dropFirst().dropLast())
    } else if host.contains(":") {
      throw UsageError("write the IPv6 address in brackets: [\(host)]:\(port)")
    }
    self = .tcp(host: host.isEmpty ? "localhost" : host, port: Int(port))
  }
}
