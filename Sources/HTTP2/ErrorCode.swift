/// An HTTP/2 error code, as carried by RST_STREAM and GOAWAY (RFC 9113 section 7).
///
/// The set is open: a peer may send any 32-bit value, and values without a name here are kept.
public struct ErrorCode: RawRepresentable, Sendable, Hashable {
  public let rawValue: UInt32

  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  public static let noError = ErrorCode(rawValue: 0x0)
  public static let protocolError = ErrorCode(rawValue: 0x1)
  public static let internalError = ErrorCode(rawValue: 0x2)
  public static let flowControlError = ErrorCode(rawValue: 0x3)
  public static let settingsTimeout = ErrorCode(rawValue: 0x4)
  public static let streamClosed = ErrorCode(rawValue: 0x5)
  public static let frameSizeError = ErrorCode(rawValue: 0x6)
  public static let refusedStream = ErrorCode(rawValue: 0x7)
  public static let cancel = ErrorCode(rawValue: 0x8)
  public static let compressionError = ErrorCode(rawValue: 0x9)
  public static let connectError = ErrorCode(rawValue: 0xa)
  public static let enhanceYourCalm = ErrorCode(rawValue: 0xb)
  public static let inadequateSecurity = ErrorCode(rawValue: 0xc)
  public static let http11Required = ErrorCode(rawValue: 0xd)
}

extension ErrorCode: CustomStringConvertible {
  public var description: String {
    switch self {
    case .noError: return "NO_ERROR"
    case .protocolError: return "PROTOCOL_ERROR"
    case .internalError: return "INTERNAL_ERROR"
    case .flowControlError: return "FLOW_CONTROL_ERROR"
    case .settingsTimeout: return "SETTINGS_TIMEOUT"
    case .streamClosed: return "STREAM_CLOSED"
    case .frameSizeError: return "FRAME_SIZE_ERROR"
    case .refusedStream: return "REFUSED_STREAM"
    case .cancel: return "CANCEL"
    case .compressionError: return "COMPRESSION_ERROR"
    case .connectError: return "CONNECT_ERROR"
    case .enhanceYourCalm: return "ENHANCE_YOUR_CALM"
    case .inadequateSecurity: return "INADEQUATE_SECURITY"
    case .http11Required: return "HTTP_1_1_REQUIRED"
    default: return "ERROR_CODE_\(rawValue)"
    }
  }
}
