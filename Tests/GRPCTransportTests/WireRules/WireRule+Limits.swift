extension WireRule {
  /// What keeps a hostile client from costing more than its own connection.
  static let limits = [
    WireRule(
      "Frames that lead to nothing cost the connection beyond a burst and a rate.",
      in: "CVE-2019-9512, -9515 and -9518, RFC 9113 section 10.5",
      by: "FloodTests.idleFrames", "SessionAbuseTests.pingFlood",
      "SessionAbuseTests.unknownFlood"),
    WireRule(
      "Resets that a client provokes cost the connection beyond a burst of 100.",
      in: "CVE-2025-8671", by: "FloodTests.provokedResets", "SessionAbuseTests.madeYouReset"),
    WireRule(
      "Calls reset right after they began cost the connection, and count until they return.",
      in: "CVE-2023-44487",
      by: "FloodTests.rapidResets", "RapidResetsTests.rates", "RapidResetsTests.neverBegun",
      "CallLimitWireTests.runningHandlers"),
    WireRule(
      "A client whose calls expire by the hundreds is not sent away.",
      in: "CVE-2023-44487", by: "FloodTests.expiringCalls", "RapidResetsTests.rates"),
    WireRule(
      "Header blocks over the limit cost the connection beyond a burst and a rate.",
      in: "RFC 9113 section 10.5.1",
      by: "FloodTests.headerBlocks", "SessionAbuseTests.repeatedBombs",
      "SessionAbuseTests.rareBombs"),
    WireRule(
      "Nothing is fed to a session that has ended.",
      in: "CVE-2026-27135",
      by: "SessionAbuseTests.afterTheEnd", "SessionAbuseTests.afterProtocolError"),
    WireRule(
      "Output that waits is bounded for each stream, and for all together.",
      in: "CVE-2019-9517",
      by: "OutputLimitTests.bounded", "OutputLimitTests.fair", "OutputLimitTests.dropped"),
    WireRule(
      "A response taken at less than 1 KiB in 30 s is reset with CANCEL, its handler cancelled.",
      in: "CVE-2019-9511",
      by: "StallWatchTests.table", "StallWatchTests.interrupted", "StallWatchTests.several",
      "StalledReaderTests.responseStall", "StalledReaderTests.dribble",
      "StalledReaderTests.connectionStall"),
    WireRule(
      "TLS, the preface and the first SETTINGS must come in time, and the message of a request.",
      in: "RFC 9113 section 10.5",
      by: "SlowClientTests.preface", "SlowClientTests.request", "SlowClientTests.handler"),
    WireRule(
      "A listener and an address have so many connections; further ones are closed at once.",
      in: "RFC 9113 section 10.5",
      by: "ConnectionLimitTests.quota", "ConnectionLimitTests.sources",
      "ConnectionLimitTests.refused"),
    WireRule(
      "Unary calls above the handlers of a loop wait, and begin only while their time will do.",
      in: "RFC 9113 section 10.5",
      by: "HandlerLineTests.order", "HandlerLineTests.gone", "HandlerLineTests.hopeless",
      "HandlerQueueTests.order", "HandlerQueueTests.model", "HandlerQueueTests.hopeless",
      "LateCallTests.late"),
    WireRule(
      "Accepting pauses while file descriptors are short.",
      in: "RFC 9113 section 10.5",
      by: "ConnectionLimitTests.descriptors", "ConnectionLimitTests.thisProcess",
      "ConnectionLimitTests.pausedAccepting"),
    WireRule(
      "Each limit that a client runs into is counted, and breaches of HTTP/2 are.",
      in: "RFC 9113 section 10.5",
      by: "FloodTests.messages", "FloodTests.protocolErrors", "LimitBreachCountersTests.counts",
      "BreachReportTests.everyCounter", "BreachReportTests.oncePerConnection",
      "BreachReportTests.budget"),
  ]
}
