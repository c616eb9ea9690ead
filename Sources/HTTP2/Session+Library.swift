import CNghttp2

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension Session {
  private typealias SetRateLimit = @convention(c) (OpaquePointer?, UInt64, UInt64) -> Void
  private typealias SetMaximum = @convention(c) (OpaquePointer?, Int) -> Void

  /// Checks that the installed library has the security back-ports, which its version number does
  /// not tell (CVE-2023-44487, CVE-2024-28182). Call at start-up; `init` checks as well.
  public static func checkLibrary() throws(HTTP2Error) {
    _ = try symbol("nghttp2_option_set_stream_reset_rate_limit")
    _ = try symbol("nghttp2_option_set_max_continuations")
  }

  static func makeHandle(
    role: Role, configuration: SessionConfiguration, memory: UnsafeMutablePointer<nghttp2_mem>?
  ) throws(HTTP2Error) -> OpaquePointer {
    var option: OpaquePointer?
    var callbacks: OpaquePointer?
    guard nghttp2_option_new(&option) == 0, nghttp2_session_callbacks_new(&callbacks) == 0 else {
      throw .library(code: NGHTTP2_ERR_NOMEM.rawValue, operation: "make session")
    }
    defer {
      nghttp2_option_del(option)
      nghttp2_session_callbacks_del(callbacks)
    }
    try setOptions(option, configuration)
    setCallbacks(callbacks)
    var handle: OpaquePointer?
    let code =
      role == .server
      ? nghttp2_session_server_new3(&handle, callbacks, nil, option, memory)
      : nghttp2_session_client_new3(&handle, callbacks, nil, option, memory)
    guard code == 0, let handle else { throw .library(code: code, operation: "make session") }
    return handle
  }

  private static func setOptions(_ option: OpaquePointer?, _ configuration: SessionConfiguration)
    throws(HTTP2Error)
  {
    // Credit is given when payload has been read, not when it has arrived.
    nghttp2_option_set_no_auto_window_update(option, 1)
    // Closed streams would be kept for the RFC 7540 priority tree. The tree itself stays: with
    // SETTINGS_NO_RFC7540_PRIORITIES one busy stream starves all others of its urgency.
    nghttp2_option_set_no_closed_streams(option, 1)
    // gRPC must accept any valid HTTP value, with blanks around it too.
    nghttp2_option_set_no_rfc9113_leading_and_trailing_ws_validation(option, 1)
    // Frames of types we do not know are reported only when somebody claims to know them, and
    // unreported they could not be counted.
    for type in UInt8(0x0a)...UInt8.max {
      nghttp2_option_set_user_recv_extension_type(option, type)
    }
    let setResetLimit = unsafeBitCast(
      try symbol("nghttp2_option_set_stream_reset_rate_limit"), to: SetRateLimit.self)
    setResetLimit(option, configuration.resetBurst, configuration.resetsPerSecond)
    let setMaxContinuations = unsafeBitCast(
      try symbol("nghttp2_option_set_max_continuations"), to: SetMaximum.self)
    setMaxContinuations(option, configuration.maxContinuations)
  }

  private static func setCallbacks(_ callbacks: OpaquePointer?) {
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, onBeginHeaders)
    nghttp2_session_callbacks_set_on_header_callback(callbacks, onHeader)
    nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks, onInvalidHeader)
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, onDataChunk)
    nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, onBeginFrame)
    nghttp2_session_callbacks_set_unpack_extension_callback(callbacks, unpackExtension)
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, onFrameReceived)
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, onFrameSent)
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, onStreamClose)
  }

  /// Queues the SETTINGS that open our side (RFC 9113 section 6.5) and widens the connection
  /// window.
  func submitInitialSettings() throws(HTTP2Error) {
    var entries = [
      nghttp2_settings_entry(
        settings_id: Int32(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue),
        value: UInt32(clamping: configuration.streamWindowBytes)),
      nghttp2_settings_entry(
        settings_id: Int32(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE.rawValue),
        value: UInt32(clamping: configuration.maxHeaderListBytes)),
    ]
    switch role {
    case .server:
      entries.append(
        nghttp2_settings_entry(
          settings_id: Int32(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS.rawValue),
          value: configuration.maxConcurrentStreams))
    case .client:
      entries.append(
        nghttp2_settings_entry(
          settings_id: Int32(NGHTTP2_SETTINGS_ENABLE_PUSH.rawValue), value: 0))
    }
    let none = UInt8(NGHTTP2_FLAG_NONE.rawValue)
    let submitted = nghttp2_submit_settings(handle, none, entries, entries.count)
    guard submitted == 0 else { throw .library(code: submitted, operation: "submit settings") }
    let widened = nghttp2_session_set_local_window_size(
      handle, none, 0, configuration.connectionWindowBytes)
    guard widened == 0 else { throw .library(code: widened, operation: "set window") }
  }

  static func symbol(_ name: String) throws(HTTP2Error) -> UnsafeMutableRawPointer {
    guard let address = dlsym(nil, name) else { throw .missingSymbol(name) }
    return address
  }

  /// Nanoseconds of the monotonic clock, for the abuse budgets.
  static func monotonicNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(clamping: time.tv_sec) &* 1_000_000_000 &+ UInt64(clamping: time.tv_nsec)
  }
}
