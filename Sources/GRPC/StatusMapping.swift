extension Status.Code {
  /// What an HTTP status without `grpc-status` means (http-grpc-status-mapping.md).
  ///
  /// 431 is UNKNOWN as the conformance suite demands; newer text of the specification says
  /// INTERNAL.
  public init(httpStatus: Int) {
    switch httpStatus {
    case 400: self = .internalError
    case 401: self = .unauthenticated
    case 403: self = .permissionDenied
    case 404: self = .unimplemented
    case 429, 502, 503, 504: self = .unavailable
    default: self = .unknown
    }
  }

  /// What a RST_STREAM error code means to a client (RFC 9113 section 7 gives the numbers).
  public init(resetErrorCode: UInt32) {
    switch resetErrorCode {
    case 0x7: self = .unavailable  // REFUSED_STREAM: surely not processed
    case 0x8: self = .cancelled  // CANCEL
    case 0xB: self = .resourceExhausted  // ENHANCE_YOUR_CALM
    case 0xC: self = .permissionDenied  // INADEQUATE_SECURITY
    case 0x0...0xD: self = .internalError
    default: self = .unknown
    }
  }
}
