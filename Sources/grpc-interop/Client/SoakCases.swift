import GRPC

/// Many large calls one after the other, within a budget of failures and latency.
enum SoakCases {
  static let all = [
    InteropCase(name: "rpc_soak", run: rpcSoak),
    InteropCase(name: "channel_soak", run: channelSoak),
    InteropCase(name: "long_lived_channel", run: longLivedChannel),
  ]

  /// All calls on one channel.
  @Sendable static func rpcSoak(_ setting: CaseSetting) async throws {
    try await soak(setting.soak) { try await UnaryCases.largeCall(setting.service) }
  }

  /// Each call on a channel of its own, which is closed after it.
  @Sendable static func channelSoak(_ setting: CaseSetting) async throws {
    try await soak(setting.soak) {
      try await setting.withNewChannel { try await UnaryCases.largeCall($0) }
    }
  }

  /// A channel outlives the pauses between its calls.
  @Sendable static func longLivedChannel(_ setting: CaseSetting) async throws {
    try await soak(setting.soak, pause: setting.soak.pause) {
      try await UnaryCases.largeCall(setting.service)
    }
  }

  private static func soak(
    _ budget: SoakBudget, pause: Duration = .zero, _ call: () async throws -> Void
  ) async throws {
    var failures = 0
    var slow = 0
    var firstFailure = ""
    for index in 0..<budget.iterations {
      if index > 0, pause > .zero { try await Task.sleep(for: pause) }
      let start = ContinuousClock.now
      do {
        try await call()
        if ContinuousClock.now - start > budget.latencyMax { slow += 1 }
      } catch {
        if failures == 0 { firstFailure = " (the first: \(error))" }
        failures += 1
      }
    }
    guard failures + slow <= budget.failuresMax else {
      throw InteropFailure.overBudget(
        what: "of \(budget.iterations) calls \(failures) failed\(firstFailure) "
          + "and \(slow) took longer than \(budget.latencyMax)",
        found: failures + slow, allowed: budget.failuresMax)
    }
  }
}
