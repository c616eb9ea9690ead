import GRPCTransport

extension HTTP2ClientTransport.Target {
  /// Reads `host:port`, `[v6]:port`, `:port` (this machine), or a path when `isUnix`.
  init(address: String, isUnix: Bool) throws(UsageError) {
    if isUnix || address.hasPrefix("unix:") {
      var path = address.hasPrefix("unix:") ? String(address.dropFirst(5)) : address
      if path.hasPrefix("//") { path.removeFirst(2) }
      guard !path.isEmpty else { throw UsageError("the path of the unix socket is missing") }
      self = .unix(path: path)
      return
    }
    if address.contains("://") {
      throw UsageError("the address is host:port, without http:// or https://")
    }
    guard let colon = address.lastIndex(of: ":"),
      let port = UInt16(address[address.index(after: colon)...]), port > 0
    else { throw UsageError("'\(address)' is no address like localhost:7001") }
    var host = String(address[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = String(host.dropFirst().dropLast())
    } else if host.contains(":") {
      throw UsageError("write the IPv6 address in brackets: [\(host)]:\(port)")
    }
    self = .tcp(host: host.isEmpty ? "localhost" : host, port: Int(port))
  }
}
