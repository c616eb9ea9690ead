extension WireRule {
  static let metadata = [
    WireRule(
      "Names are 0-9 a-z _ - . in lower case; those of the protocol and of HTTP are reserved.",
      in: "PROTOCOL-HTTP2, Custom-Metadata",
      by: "MetadataTests.refusesToSend", "MetadataTests.sends", "MetadataTests.order"),
    WireRule(
      "Text is printable ASCII: nothing breaks out of a header, on either side.",
      in: "PROTOCOL-HTTP2, Custom-Metadata",
      by: "MetadataTests.refusesToSend", "HTTP2ClientTransportTests.injection",
      "ServerMetadataWireTests.injection"),
    WireRule(
      "What HTTP allows is received, without the blanks around it.",
      in: "RFC 9110 section 5.5",
      by: "ServerMetadataWireTests.received", "ClientWireTests.trailers",
      "ServerWireTests.accepted"),
    WireRule(
      "Bytes are base64: sent without padding, received with it or without, and joined by commas.",
      in: "PROTOCOL-HTTP2, Custom-Metadata",
      by: "MetadataTests.binaryRoundTrip", "MetadataTests.binaryReceived",
      "TextEncodingTests.base64", "TextEncodingTests.notBase64",
      "ServerMetadataWireTests.received", "ClientWireTests.trailers"),
    WireRule(
      "Equal names keep their order.",
      in: "PROTOCOL-HTTP2, Custom-Metadata",
      by: "MetadataTests.order", "ServerMetadataWireTests.received"),
  ]

  static let connections = [
    WireRule(
      "A ping comes back unchanged.",
      in: "RFC 9113 section 6.7", by: "ServerWireTests.ping", "SessionTests.ping"),
    WireRule(
      "Padding counts against the window and is credited.",
      in: "RFC 9113 section 6.1", by: "ServerWireTests.padding", "ClientWireTests.padding"),
    WireRule(
      "Credit returns when the payload was taken: slow readers stop fast writers.",
      in: "RFC 9113 section 5.2",
      by: "ClientLifeTests.backPressure", "ClientLifeTests.writerWaits",
      "SessionTests.backPressure", "GRPCServerTests.heldBytes"),
    WireRule(
      "Calls of a lost connection are UNAVAILABLE on the client and CANCELLED on the server.",
      in: "PROTOCOL-HTTP2, Connection Management",
      by: "ClientLifeTests.lost", "ServerCancellationTests.disconnect"),
    WireRule(
      "A drain sends GOAWAY for all streams and a ping, then GOAWAY for the last one.",
      in: "RFC 9113 section 6.8",
      by: "ServerWireTests.drain", "SessionTests.shutdown",
      "ServerCancellationTests.gracefulShutdown", "ServerCancellationTests.graceEnds"),
    WireRule(
      "GOAWAY moves new calls to a new connection while old ones finish.",
      in: "RFC 9113 section 6.8", by: "ClientLifeTests.goAway"),
    WireRule(
      "Calls above the last stream of a GOAWAY are sent again unseen.",
      in: "RFC 9113 section 6.8", by: "ClientWireTests.goAwayBelow"),
    WireRule(
      "Calls above the peer's stream limit wait here, and their deadlines run.",
      in: "RFC 9113 section 5.1.2",
      by: "ClientWireTests.streamLimit", "HTTP2ClientTransportTests.concurrent",
      "SessionTests.streamLimit"),
    WireRule(
      "A peer that floods without progress is sent away.",
      in: "RFC 9113 section 10.5",
      by: "SessionAbuseTests.pingFlood", "SessionAbuseTests.unknownFlood",
      "SessionAbuseTests.madeYouReset", "SessionAbuseTests.repeatedBombs"),
    WireRule(
      "Who does not speak HTTP/2 is told so, or refused.",
      in: "RFC 9113 section 3.4",
      by: "FirstContactTests.http1", "FirstContactTests.foreign", "ClientLifeTests.notHTTP2",
      "ClientLifeTests.handshake"),
    WireRule(
      "Waiting between attempts to connect grows and is bounded.",
      in: "connection-backoff", by: "TimerHeapTests.backoff"),
  ]

  static let services = [
    WireRule(
      "Health: Check of an unknown service is NOT_FOUND, Watch says SERVICE_UNKNOWN and stays.",
      in: "health-checking", by: "HealthServiceTests.check", "HealthServiceTests.watch"),
    WireRule(
      "Health: List is bounded, and a drain serves nothing any more.",
      in: "health-checking", by: "HealthServiceTests.list", "HealthServiceTests.drain"),
    WireRule(
      "Reflection: v1 and v1alpha list services and find files by every kind of symbol.",
      in: "server-reflection",
      by: "ReflectionServiceTests.listServices", "ReflectionServiceTests.symbols"),
    WireRule(
      "Reflection: imports are sent once per stream, and errors inside the answer.",
      in: "server-reflection",
      by: "ReflectionServiceTests.closure", "ReflectionServiceTests.errors"),
  ]
}
