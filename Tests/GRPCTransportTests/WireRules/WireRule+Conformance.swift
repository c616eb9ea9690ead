extension WireRule {
  /// The areas of the public conformance suite, every shape of call over every road.
  static let conformance = [
    WireRule(
      "Basic: every shape, with no response, one and several, and with metadata.",
      in: "connectrpc/conformance",
      by: "ConformanceTests.basic", "ConformanceTests.noRequests",
      "ConformanceTests.unimplemented"),
    WireRule(
      "Errors: every code with text and details, also after responses.",
      in: "connectrpc/conformance",
      by: "ConformanceTests.errors", "ConformanceTests.noText",
      "ConformanceTests.initialBeforeFailure", "ClientStreamStateMachineTests.failures"),
    WireRule(
      "Duplicate metadata: equal names keep values and order, on success and on failure.",
      in: "connectrpc/conformance", by: "ConformanceTests.duplicates"),
    WireRule(
      "Deadline propagation: the handler sees the client's timeout.",
      in: "connectrpc/conformance",
      by: "ConformanceTests.deadlinePropagation", "ServerCancellationTests.deadlineIsKnown"),
    WireRule(
      "Timeouts: DEADLINE_EXCEEDED in every shape, and the handler is cancelled.",
      in: "connectrpc/conformance", by: "ConformanceTests.timeouts"),
    WireRule(
      "Client cancellation: before and after the end of the requests, and after responses.",
      in: "connectrpc/conformance",
      by: "CancellationTests.task", "CancellationTests.upload", "CancellationTests.watch",
      "CancellationTests.converse"),
    WireRule(
      "Message size: the limit passes; the first or a later message above it does not.",
      in: "connectrpc/conformance",
      by: "ConformanceTests.requestSize", "ConformanceTests.responseSize"),
    WireRule(
      "Empty messages are messages.",
      in: "connectrpc/conformance", by: "ConformanceTests.empty"),
    WireRule(
      "HTTP to RPC code mapping and unexpected answers: what is not gRPC has its code.",
      in: "connectrpc/conformance",
      by: "ClientWireTests.httpStatuses", "ClientWireTests.foreignAnswers"),
    WireRule(
      "Trailers: at the end, alone, and with equal names.",
      in: "connectrpc/conformance",
      by: "ServerWireTests.shape", "ClientWireTests.trailersOnly", "ClientWireTests.trailers",
      "ConformanceTests.duplicates"),
    WireRule(
      "Unexpected requests: no message or several, verb, path, codec, encoding and flag.",
      in: "connectrpc/conformance",
      by: "ServerWireTests.refusals", "ServerWireTests.cardinality",
      "ServerWireTests.headersOnly", "CompressionWireTests.serverRefuses"),
    WireRule(
      "Unexpected responses: no message or several, codec, encoding, flag and early status.",
      in: "connectrpc/conformance",
      by: "ClientWireTests.cardinality", "ClientWireTests.leadingStatus",
      "CompressionWireTests.clientReads"),
    WireRule(
      "Sub-format: with +proto and without.",
      in: "connectrpc/conformance",
      by: "ServerWireTests.accepted", "ServerStreamStateMachineTests.subtype",
      "ClientWireTests.foreignAnswers"),
    WireRule(
      "Compression: every algorithm in every shape, both ways and mixed with plain messages.",
      in: "connectrpc/conformance",
      by: "CompressionTests.unary", "CompressionTests.streams", "CompressionTests.halves",
      "CompressionTests.synchronous"),
    WireRule(
      "TLS client certificates are demanded, verified and shown to the handler.",
      in: "connectrpc/conformance", by: "TLSTests.mutual", "TLSTests.unasked"),
    WireRule(
      "Every header block of ours passes the lint of the reference peers.",
      in: "connectrpc/conformance",
      by: "WireLintTests.lawful", "WireLintTests.answers", "WireLintTests.early",
      "WireLintTests.requests"),
  ]

  /// What TLS adds.
  static let encryption = [
    WireRule(
      "HTTP/2 is agreed upon by ALPN, and who does not offer it is told so.",
      in: "RFC 9113 section 3.2",
      by: "EncryptionMismatchTests.noALPN", "EncryptionMismatchTests.serverWithoutALPN"),
    WireRule(
      "TLS is 1.2 or newer.",
      in: "RFC 9113 section 9.2", by: "EncryptionMismatchTests.oldVersion"),
    WireRule(
      "A server is trusted by its authority and its name.",
      in: "RFC 9525", by: "TLSTests.wrongAuthority", "TLSTests.wrongName",
      "CertificateNameTests.covers"),
    WireRule(
      "TLS and plaintext that meet are told apart in words, on both sides.",
      in: "RFC 9113 section 3.4",
      by: "EncryptionMismatchTests.plaintextToTLS", "EncryptionMismatchTests.tlsToPlaintext"),
    WireRule(
      "A request over TLS says https.",
      in: "RFC 9113 section 8.3.1", by: "ClientRequestHeadTests.scheme"),
  ]
}
