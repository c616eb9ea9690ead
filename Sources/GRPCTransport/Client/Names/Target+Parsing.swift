import NIOCore

extension HTTP2ClientTransport.Target {
  /// Bytes of the longest path that a unix socket address holds, its final zero left out.
  private static let pathBytesMax = 107
  /// Bytes of the longest host name (RFC 1035 section 2.3.4).
  private static let hostBytesMax = 253

  /// Reads a target as gRPC writes them (naming.md).
  ///
  /// ```
  /// host:port   1.2.3.4:port   [v6]:port   a:port,b:port
  /// dns:host:port   dns:///host:port
  /// ipv4:1.2.3.4:port,5.6.7.8:port   ipv6:[::1]:port
  /// unix:relative/path   unix:/absolute/path   unix:///absolute/path
  /// ```
  /// - Parameters:
  ///   - text: what somebody wrote.
  ///   - defaultPort: the port where the text has none; nil = it must have one.
  /// - Throws: ``TargetError``, which quotes the part at fault.
  public init(parsing text: String, defaultPort: Int? = nil) throws(TargetError) {
    let (scheme, rest) = Self.split(text)
    switch scheme {
    case "dns":
      self = try Self.member(Self.endpoint(rest), defaultPort)
    case "ipv4", "ipv6":
      self = try Self.collect(rest) { member throws(TargetError) in
        let target = try Self.member(member, defaultPort)
        guard case .tcp(let host, _) = target, Self.family(host) == scheme else {
          throw .wrongFamily(member, scheme: scheme)
        }
        return target
      }
    case "unix":
      self = .unix(path: try Self.path(rest))
    case "":
      if let end = rest.firstRange(of: "://") {
        throw .unknownScheme(String(rest[..<end.lowerBound]))
      }
      self = try Self.collect(rest) { member throws(TargetError) in
        try Self.member(member, defaultPort)
      }
    default:
      throw .unknownScheme(scheme)
    }
  }

  /// The scheme, empty unless it is one of ours: in `dns2:7001` a host has that name.
  private static func split(_ text: String) -> (scheme: String, rest: String) {
    guard let colon = text.firstIndex(of: ":") else { return ("", text) }
    let scheme = text[..<colon].lowercased()
    guard ["dns", "ipv4", "ipv6", "unix"].contains(scheme) else { return ("", text) }
    return (scheme, String(text[text.index(after: colon)...]))
  }

  /// The endpoint of `//authority/endpoint`; the authority must be empty.
  private static func endpoint(_ text: String) throws(TargetError) -> String {
    guard text.hasPrefix("//") else { return text }
    let rest = text.dropFirst(2)
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    guard slash == rest.startIndex else { throw .nameServer(String(rest[..<slash])) }
    return String(rest.dropFirst())
  }

  private static func path(_ text: String) throws(TargetError) -> String {
    var path = text
    if text.hasPrefix("//") {
      guard text.hasPrefix("///") else { throw .badPath(text) }
      path = String(text.dropFirst(2))
    }
    guard !path.isEmpty, path.utf8.count <= pathBytesMax, !path.utf8.contains(0) else {
      throw .badPath(path)
    }
    return path
  }

  private static func collect(
    _ text: String, _ read: (String) throws(TargetError) -> Self
  ) throws(TargetError) -> Self {
    var members: [Self] = []
    for member in text.split(separator: ",", omittingEmptySubsequences: false) {
      members.append(try read(String(member)))
    }
    return members.count == 1 ? members[0] : .list(members)
  }

  /// One host with its port.
  private static func member(_ text: String, _ defaultPort: Int?) throws(TargetError) -> Self {
    guard !text.isEmpty else { throw .empty }
    let host: Substring
    let port: Substring?
    if text.hasPrefix("[") {
      guard let end = text.firstIndex(of: "]"), let address = Optional(text[..<end].dropFirst()),
        family(String(address)) == "ipv6"
      else { throw .badHost(text) }
      let tail = text[text.index(after: end)...]
      guard tail.isEmpty || tail.first == ":" else { throw .badHost(text) }
      host = address
      port = tail.isEmpty ? nil : tail.dropFirst()
    } else if family(text) == "ipv6" {
      guard defaultPort != nil else { throw .unbracketedIPv6(text) }
      host = text[...]
      port = nil
    } else {
      let colon = text.firstIndex(of: ":") ?? text.endIndex
      host = text[..<colon]
      port = colon == text.endIndex ? nil : text[colon...].dropFirst()
    }
    try check(host: String(host))
    return .tcp(host: String(host), port: try self.port(port, defaultPort, of: text))
  }

  private static func port(
    _ text: Substring?, _ defaultPort: Int?, of target: String
  ) throws(TargetError) -> Int {
    guard let text else {
      guard let defaultPort else { throw .missingPort(target) }
      return defaultPort
    }
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(text), port > 0
    else { throw .badPort(String(text)) }
    return Int(port)
  }

  private static func check(host: String) throws(TargetError) {
    guard (1...hostBytesMax).contains(host.utf8.count) else { throw .badHost(host) }
    if family(host) != nil { return }
    let isName = host.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"):
        true
      default: false
      }
    }
    guard isName else { throw .badHost(host) }
  }

  /// `ipv4` or `ipv6`; nil for names. Zones (`%eth0`) are not taken: that would ask the resolver.
  private static func family(_ host: String) -> String? {
    guard !host.utf8.contains(UInt8(ascii: "%")) else { return nil }
    switch try? SocketAddress(ipAddress: host, port: 0) {
    case .v4: return "ipv4"
    case .v6: return "ipv6"
    default: return nil
    }
  }
}
