import CNghttp2

/// Why a session could not be made, or can no longer be used.
///
/// Every case but `missingSymbol` and `fieldsTooLarge` ends one connection and nothing else.
public enum HTTP2Error: Error, Sendable, Hashable {
  /// The installed libnghttp2 lacks a security back-port that this program requires.
  case missingSymbol(String)
  /// libnghttp2 refused an operation; the connection must be closed.
  case library(code: Int32, operation: String)
  /// The peer did not begin with the HTTP/2 preface (RFC 9113 section 3.4).
  case badPreface
  /// The peer sends too much of something, and was told to go away (ENHANCE_YOUR_CALM).
  case flooded(Flood)
  /// The peer broke a rule of HTTP/2, and was told so with this code.
  case violation(ErrorCode)
  /// The fields of a request are larger than is ever sent: names and values, in bytes.
  case fieldsTooLarge(bytes: Int)
  /// The session has ended, so nothing more can be fed to it or asked of it.
  case ended
}

extension HTTP2Error: CustomStringConvertible {
  public var description: String {
    switch self {
    case .missingSymbol(let name):
      return "libnghttp2 has no \(name): install a version with the security fixes for "
        + "CVE-2023-44487 and CVE-2024-28182 (Debian: 1.52.0-1+deb12u3 or newer)"
    case .library(let code, let operation):
      return "\(operation) failed: \(String(cString: nghttp2_strerror(code))) (\(code))"
    case .badPreface:
      return "the peer does not speak HTTP/2"
    case .flooded(let flood):
      return "the peer floods the connection with \(flood.rawValue)"
    case .violation(let code):
      return "the peer broke a rule of HTTP/2: \(code)"
    case .fieldsTooLarge(let bytes):
      return "the header fields have \(bytes) bytes: at most \(Session.sentFieldBytesMax) are sent"
    case .ended:
      return "the HTTP/2 session has ended"
    }
  }
}
