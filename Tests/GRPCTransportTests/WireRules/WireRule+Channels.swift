extension WireRule {
  /// What a client does between a call and the servers that could take it.
  static let channels = [
    WireRule(
      "A target is a list of addresses, a name to look up, or a unix socket.",
      in: "naming",
      by: "TargetTests.read", "TargetTests.refused", "NameResolutionTests.byName",
      "NameResolutionTests.system", "ClientLifeTests.unixSocket"),
    WireRule(
      "Names are looked up again when a connection is lost, with a pause in between.",
      in: "naming", by: "NameResolutionTests.again", "NameResolutionTests.interval"),
    WireRule(
      "What goes wrong before a server is reached is UNAVAILABLE, not a status of applications.",
      in: "gRFC A54",
      by: "NameResolutionTests.failures", "LoadBalancingTests.words", "LoadBalancingTests.none",
      "ClientLifeTests.refused"),
    WireRule(
      "Pick first: one connection; attempts at the next address overlap with a slow one.",
      in: "gRFC A61 and A62",
      by: "PickFirstTests.first", "PickFirstTests.overlap", "PickFirstTests.allFail",
      "PickFirstTests.families", "LoadBalancingTests.first", "LoadBalancingTests.silent"),
    WireRule(
      "Round robin: one connection to each address, calls take turns over those that are ready.",
      in: "load-balancing",
      by: "RoundRobinTests.all", "RoundRobinTests.rotation", "RoundRobinTests.allFail",
      "LoadBalancingTests.shares", "LoadBalancingTests.away"),
    WireRule(
      "An address whose streams are all in use gets another connection, where more are allowed.",
      in: "gRFC A105",
      by: "ConnectionScalingTests.grows", "ConnectionScalingTests.limits",
      "ConnectionScalingWireTests.oneStream", "ConnectionScalingWireTests.twoStreams",
      "ConnectionScalingWireTests.byDefault"),
    WireRule(
      "Calls fill the oldest connection of an address, which is lost with its last one only.",
      in: "gRFC A105",
      by: "ConnectionScalingTests.oldestFirst", "ConnectionScalingTests.losses",
      "ConnectionScalingTests.pauses", "ConnectionScalingWireTests.loss",
      "ConnectionScalingWireTests.goAway", "ConnectionScalingWireTests.refused",
      "ConnectionScalingWireTests.idle"),
    WireRule(
      "A server that says it does not serve gets no calls; one that cannot be asked does.",
      in: "gRFC A17",
      by: "HealthProbeTests.passesOver", "HealthProbeTests.nobody",
      "HealthProbeTests.unimplemented", "RoundRobinTests.unhealthy"),
    WireRule(
      "Calls that wait for ready wait for names and connections; others fail when none can be had.",
      in: "wait-for-ready",
      by: "ClientLifeTests.waitForReady", "NameResolutionTests.waitForReady",
      "HealthProbeTests.nobody", "ClientLifeTests.blackHole"),
    WireRule(
      "A call is repeated only if it may be, at most four times, with pauses that grow and spread.",
      in: "gRFC A6",
      by: "RetryStateTests.pauses", "RetryStateTests.jitter", "RetryStateTests.codes",
      "RetryStateTests.bounds", "RetryStateTests.idempotency", "RetryTests.untilSuccess",
      "RetryTests.once", "RetryTests.exhausted", "RetryTests.lost", "RetryTests.unreachable"),
    WireRule(
      "A repeated call says how many attempts there were before.",
      in: "gRFC A6", by: "RetryTests.untilSuccess", "RetryTests.streams"),
    WireRule(
      "A server says when the next attempt may come, or that there must be none.",
      in: "gRFC A6",
      by: "RetryStateTests.pushback", "RetryStateTests.pushbackText",
      "RetryTests.pushbackForbids", "RetryTests.pushbackDelays"),
    WireRule(
      "When more than half of the tokens are spent on failures nothing is repeated.",
      in: "gRFC A6", by: "RetryStateTests.throttling", "RetryTests.throttled"),
    WireRule(
      "One deadline is that of all attempts, and cancelling ends the call between two of them.",
      in: "gRFC A6", by: "RetryTests.deadline", "RetryTests.tooLate", "RetryTests.pause"),
    WireRule(
      "A stream is repeated from its first message while all it sent is kept.",
      in: "gRFC A6",
      by: "RetryTests.streams", "RetryTests.serverStream", "RetryTests.tooLarge"),
  ]
}
