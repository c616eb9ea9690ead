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
      "What HTTP/2 and its compression call an error is answered by the error that they name.",
      in: "RFC 9113 sections 3 to 8, RFC 7541",
      by: "test_conformance.test_the_answer_is_the_one_that_the_rfc_names",
      "PeerRuleTests.reusedStream", "PeerRuleTests.decreasingStream",
      "PeerRuleTests.largeContinuation", "PeerRuleTests.settingsOverflow",
      "PeerRuleTests.forbiddenField"),
    WireRule(
      "Late frames of a stream that was reset are ignored.",
      in: "RFC 9113 section 5.1", by: "PeerRuleTests.lateFrames"),
    WireRule(
      "Windows are obeyed to the octet, those below nothing too.",
      in: "RFC 9113 section 6.9",
      by: "test_windows.test_a_window_of_nothing_and_what_opens_it",
      "test_windows.test_a_window_below_nothing",
      "test_windows.test_settings_do_not_touch_the_window_of_the_connection",
      "test_windows.test_an_upload_is_credited_as_it_is_read_and_never_more"),
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
      "SessionTests.backPressure", "GRPCServerTests.heldBytes", "RoadTests.backPressure"),
    WireRule(
      "Calls of a lost connection are UNAVAILABLE on the client and CANCELLED on the server.",
      in: "PROTOCOL-HTTP2, Connection Management",
      by: "ClientLifeTests.lost", "ServerCancellationTests.disconnect"),
    WireRule(
      "A silent peer is pinged, from its last byte on, and given up when it does not answer.",
      in: "gRFC A8 and A9",
      by: "KeepaliveTests.silence", "KeepaliveTests.answered", "KeepaliveTests.talkative",
      "ClientKeepaliveTests.serverIsGone", "ClientKeepaliveTests.answered",
      "ServerLifeTests.keepalive", "ServerLifeTests.keepaliveTimeout"),
    WireRule(
      "Clients without calls do not ping unless permitted; a call after a silence brings a ping.",
      in: "gRFC A8", by: "KeepaliveTests.asleep", "ClientKeepaliveTests.withoutCalls"),
    WireRule(
      "Pings that come too often end the connection; HEADERS and DATA that are sent forgive them.",
      in: "gRFC A8",
      by: "PingStrikesTests.table", "PingStrikesTests.progress", "ServerLifeTests.strikes",
      "ServerLifeTests.pingsDuringCall", "ServerLifeTests.pingsDuringMessage"),
    WireRule(
      "A client that is told too_many_pings logs it and pings half as often.",
      in: "gRFC A8", by: "KeepaliveTests.objection", "ClientKeepaliveTests.objection"),
    WireRule(
      "Connections are drained for max_age and max_idle, a tenth sooner or later.",
      in: "gRFC A9",
      by: "ConnectionAgeTests.idle", "ConnectionAgeTests.old", "ConnectionAgeTests.jitter",
      "ServerLifeTests.idle", "ServerLifeTests.age", "ServerLifeTests.ageGrace",
      "ServerLifeTests.unnoticed"),
    WireRule(
      "A client channel without calls closes its connection and opens another when needed.",
      in: "gRPC core, GRPC_ARG_CLIENT_IDLE_TIMEOUT_MS", by: "ClientKeepaliveTests.idle"),
    WireRule(
      "The deadline of a call runs while its request arrives, and the stream is freed.",
      in: "PROTOCOL-HTTP2, Requests", by: "ServerLifeTests.endlessRequest"),
    WireRule(
      "An answer that is not taken is dropped after the deadline of its call.",
      in: "RFC 9113 section 10.5", by: "ServerLifeTests.untakenAnswer"),
    WireRule(
      "A header block that does not end costs the connection.",
      in: "RFC 9113 section 10.5",
      by: "ConnectionAgeTests.headerBlock", "ServerLifeTests.slowHeaders"),
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
      "A server's breach of the protocol ends the calls of the stream or connection, in words.",
      in: "RFC 9113 section 5.4", by: "ServerFaultTests.connection", "ServerFaultTests.stream"),
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
      "A shutdown is announced to health before calls are refused.",
      in: "health-checking", by: "ServerLifeTests.lameDuck"),
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
