import GRPC

/// Calls to servers that use HTTP/2 in lawful but unkind ways, or break off in the middle.
///
/// Each needs a server made for it, so `all` leaves them out.
enum NegativeCases {
  /// Calls at once where the server allows one stream.
  private static let concurrentCalls = 10

  static let all = [
    InteropCase(name: "goaway", run: goaway),
    InteropCase(name: "rst_after_header", run: brokenOff),
    InteropCase(name: "rst_during_data", run: brokenOff),
    InteropCase(name: "rst_after_data", run: brokenOff),
    InteropCase(name: "ping", run: oneCall),
    InteropCase(name: "max_streams", run: maxStreams),
    InteropCase(name: "data_frame_padding", run: oneCall),
    InteropCase(name: "no_df_padding_sanity_test", run: oneCall),
  ]

  /// The server says goodbye after the first call; the second moves to a new connection unseen.
  @Sendable private static func goaway(_ setting: CaseSetting) async throws {
    try await UnaryCases.largeCall(setting.service)
    // The goodbye has arrived by then, as the public description has it.
    try await Task.sleep(for: .seconds(1))
    try await UnaryCases.largeCall(setting.service)
  }

  /// The server resets the stream without a status: never a success, whatever came before.
  @Sendable private static func brokenOff(_ setting: CaseSetting) async throws {
    try await Expect.failure(of: "UnaryCall") {
      try await UnaryCases.largeCall(setting.service)
    }
  }

  @Sendable private static func oneCall(_ setting: CaseSetting) async throws {
    try await UnaryCases.largeCall(setting.service)
  }

  /// Calls beyond the server's limit of one stream wait for their turn.
  @Sendable private static func maxStreams(_ setting: CaseSetting) async throws {
    let service = setting.service
    try await UnaryCases.largeCall(service)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<concurrentCalls {
        group.addTask { try await UnaryCases.largeCall(service) }
      }
      try await group.waitForAll()
    }
  }
}
