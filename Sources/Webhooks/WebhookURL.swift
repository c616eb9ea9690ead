/// Where events are posted: `https://HOST[:PORT][/PATH]`, or plain http where that is allowed.
///
/// Read by hand and strictly, so that what is checked is what is connected to: no user name, no
/// fragment, nothing but visible ASCII, and a host that is a name or an address.
public struct WebhookURL: Sendable, Hashable {
  /// The longest URL, in bytes.
  public static let bytesMax = 2_048

  /// As it was given.
  public let text: String
  public let isSecure: Bool
  /// A name or an address, without brackets.
  public let host: String
  public let port: Int
  /// The path and the query, as the request line says them.
  public let target: String

  /// Why a text is no such URL.
  public struct Problem: Error, Sendable, Hashable {
    /// What it must be, for people.
    public let reason: String
  }

  /// Reads a URL.
  ///
  /// - Parameter allowsPlain: whether http is lawful to other machines too; to this machine it is.
  public init(_ text: String, allowsPlain: Bool = false) throws(Problem) {
    let bytes = Array(text.utf8)
    guard (1...Self.bytesMax).contains(bytes.count) else {
      throw Problem(reason: "must be 1 to \(Self.bytesMax) bytes")
    }
    let unlawful = Set("\"<>\\^`{|}#".utf8)
    guard bytes.allSatisfy({ (0x21...0x7E).contains($0) && !unlawful.contains($0) }) else {
      throw Problem(reason: "must hold visible ASCII only, and no fragment")
    }
    let rest: Substring
    if text.hasPrefix("https://") {
      isSecure = true
      rest = text.dropFirst(8)
    } else if text.hasPrefix("http://") {
      isSecure = false
      rest = text.dropFirst(7)
    } else {
      throw Problem(reason: "must begin with https://")
    }
    let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
    let authority = rest[..<end]
    guard !authority.contains("@") else { throw Problem(reason: "must not hold a user name") }
    let (host, port) = try Self.split(authority)
    self.text = text
    self.host = host
    self.port = port ?? (isSecure ? 443 : 80)
    let path = rest[end...]
    target = path.hasPrefix("/") ? String(path) : "/" + path
    guard isSecure || allowsPlain || Self.isThisMachine(host) else {
      throw Problem(reason: "must be https, except to this machine")
    }
  }

  /// The value of the Host header.
  public var hostHeader: String {
    let name = host.contains(":") ? "[\(host)]" : host
    return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
  }

  private static func split(_ authority: Substring) throws(Problem) -> (String, Int?) {
    var host = authority
    var port: Int?
    let hostEnd = authority.hasPrefix("[") ? authority.firstIndex(of: "]") : nil
    let search = authority[(hostEnd ?? authority.startIndex)...]
    if let colon = search.lastIndex(of: ":") {
      let digits = authority[authority.index(after: colon)...]
      guard let number = Int(digits), (1...65_535).contains(number), "\(number)" == digits else {
        throw Problem(reason: "must have a port of 1 to 65535, if any")
      }
      port = number
      host = authority[..<colon]
    }
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
      let isLawful = host.utf8.allSatisfy { Array("0123456789abcdefABCDEF:.".utf8).contains($0) }
      guard host.contains(":"), isLawful else { throw Problem(reason: "must name a host") }
    } else {
      let isLawful = host.utf8.allSatisfy { byte in
        byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
          || (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
          || (0x61...0x7A).contains(byte)
      }
      guard (1...253).contains(host.utf8.count), isLawful else {
        throw Problem(reason: "must name a host")
      }
    }
    return (String(host), port)
  }

  private static func isThisMachine(_ host: String) -> Bool {
    if host == "localhost" || host == "::1" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }
}
