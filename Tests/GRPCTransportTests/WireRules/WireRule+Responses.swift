extension WireRule {
  /// What a server sends.
  static let responses = [
    WireRule(
      "Headers, messages, trailers; the status is in the trailers and END_STREAM on them alone.",
      in: "PROTOCOL-HTTP2, Responses",
      by: "ServerWireTests.shape", "ServerStreamStateMachineTests.responseOrder"),
    WireRule(
      "A call that fails at once is answered by a single header block.",
      in: "PROTOCOL-HTTP2, Trailers-Only",
      by: "ServerWireTests.shape", "ServerStreamStateMachineTests.statusForms"),
    WireRule(
      "A status text is UTF-8 with everything but printable ASCII percent-encoded.",
      in: "PROTOCOL-HTTP2, Status-Message",
      by: "ServerMetadataWireTests.statusText", "TextEncodingTests.percentEncodes"),
    WireRule(
      "No value begins or ends with a space.",
      in: "RFC 9113 section 8.2.1",
      by: "ServerMetadataWireTests.statusText", "ClientWireTests.request"),
    WireRule(
      "An empty status text is not sent, and OK has neither text nor details.",
      in: "PROTOCOL-HTTP2, Responses", by: "ServerMetadataWireTests.noText"),
    WireRule(
      "Code and message of the details are those of the call.",
      in: "PROTOCOL-HTTP2, Status-Details", by: "StatusDetailsTests.errorInfo"),
    WireRule(
      "A long status text is cut between characters, so that proxies let the trailers pass.",
      in: "PROTOCOL-HTTP2, Status-Message",
      by: "TextEncodingTests.cut", "GRPCServerTests.longText"),
    WireRule(
      "An answer before the end of the request is followed by a reset without error.",
      in: "RFC 9113 section 8.1",
      by: "ServerWireTests.earlyAnswer", "SessionTests.earlyAnswer"),
    WireRule(
      "At the client's deadline the handler is cancelled and the stream ends with the status, or a"
        + " reset with CANCEL where a message is cut.",
      in: "grpc-go #2886 and #8071, grpc #27216; PROTOCOL-HTTP2, HTTP2 Transport Mapping",
      by: "ServerWireTests.deadline", "ServerLifeTests.endlessRequest",
      "ConformanceTests.timeouts"),
    WireRule(
      "At the server's own, sooner maximum, of which clients know nothing, the status says so.",
      in: "grpc-go #2886",
      by: "ServerCancellationTests.serverMaximum", "ServerLifeTests.endlessRequest"),
    WireRule(
      "A call that comes without time does not begin and is DEADLINE_EXCEEDED.",
      in: "PROTOCOL-HTTP2, Timeout", by: "ServerWireTests.noTime"),
    WireRule(
      "An answer is compressed with what the client listed only, message by message.",
      in: "compression",
      by: "CompressionWireTests.serverSends", "CompressionTests.notAccepted",
      "CompressionTests.streams", "ServerCompressionMachineTests.responses"),
    WireRule(
      "An answer cut inside a message is reset, not trailed.",
      in: "PROTOCOL-HTTP2, Errors", by: "ServerWireTests.cutAnswer"),
  ]

  /// What a client makes of an answer.
  static let endings = [
    WireRule(
      "Informational responses are skipped.",
      in: "RFC 9110 section 15.2",
      by: "ClientWireTests.informational", "ClientStreamStateMachineTests.informational"),
    WireRule(
      "An HTTP status without a gRPC status is mapped by the table.",
      in: "http-grpc-status-mapping",
      by: "ClientWireTests.httpStatuses", "StatusMappingTests.http"),
    WireRule(
      "A gRPC status wins over the HTTP status.",
      in: "PROTOCOL-HTTP2, Responses",
      by: "ClientWireTests.trailersOnly", "ClientStreamStateMachineTests.trailersOnly"),
    WireRule(
      "A foreign content type is UNKNOWN, a foreign codec or encoding INTERNAL.",
      in: "PROTOCOL-HTTP2, Responses",
      by: "ClientWireTests.foreignAnswers", "ClientStreamStateMachineTests.notGRPC"),
    WireRule(
      "A status in leading headers is ignored unless those headers end the stream.",
      in: "PROTOCOL-HTTP2, Trailers-Only",
      by: "ClientWireTests.leadingStatus", "ClientStreamStateMachineTests.earlyStatus"),
    WireRule(
      "No status and unknown statuses are UNKNOWN; an end by DATA is INTERNAL.",
      in: "PROTOCOL-HTTP2, Responses",
      by: "ClientStreamStateMachineTests.badStatus", "ClientStreamStateMachineTests.framing",
      "HTTP2ClientTransportTests.brokenAnswers"),
    WireRule(
      "OK without exactly one message is UNIMPLEMENTED where the method has one response.",
      in: "statuscodes",
      by: "ClientWireTests.cardinality", "ClientStreamStateMachineTests.cardinality"),
    WireRule(
      "A compressed message without an encoding is INTERNAL, an oversized one RESOURCE_EXHAUSTED.",
      in: "compression",
      by: "ClientWireTests.foreignAnswers", "ClientStreamStateMachineTests.framing"),
    WireRule(
      "An encoding that the request did not offer is INTERNAL, and so is what cannot be inflated.",
      in: "compression",
      by: "CompressionWireTests.clientReads", "ClientStreamStateMachineTests.compression"),
    WireRule(
      "Response headers over the limit fail the call, not the connection.",
      in: "RFC 9113 section 10.5.1", by: "ClientWireTests.headerList"),
    WireRule(
      "The deadline fails the call here and resets it with CANCEL there.",
      in: "PROTOCOL-HTTP2, Timeout",
      by: "ClientLifeTests.deadline", "ClientLifeTests.pastDeadline", "RoadTests.deadline"),
    WireRule(
      "A handler's deadline bounds the calls that it makes, less a margin for its answer.",
      in: "gRPC deadlines guide, propagation",
      by: "RoadTests.inheritedDeadline", "ServerCancellationTests.deadlineIsKnown"),
    WireRule(
      "CANCELLED that comes after the deadline is DEADLINE_EXCEEDED.",
      in: "PROTOCOL-HTTP2, Timeout", by: "ClientCallTests.lateCancellation"),
    WireRule(
      "Cancelling and letting go reset the call with CANCEL.",
      in: "RFC 9113 section 7",
      by: "ClientLifeTests.cancellation", "ClientLifeTests.dropped",
      "ServerCancellationTests.clientCancels", "RoadTests.cancellation"),
    WireRule(
      "Bad percent sequences stand for themselves.",
      in: "PROTOCOL-HTTP2, Status-Message",
      by: "ClientWireTests.trailers", "TextEncodingTests.lenient"),
    WireRule(
      "A reset is mapped by the table.",
      in: "PROTOCOL-HTTP2, Errors", by: "ClientWireTests.resets", "StatusMappingTests.reset"),
    WireRule(
      "A refused stream was surely not processed: it is sent again, a few times.",
      in: "RFC 9113 section 8.7",
      by: "ClientLifeTests.refusedStream", "HTTP2ClientTransportTests.brokenAnswers",
      "RetryTests.streams", "ClientCallTests.repeats"),
    WireRule(
      "A call that never left this side is sent again when its connection is lost.",
      in: "gRFC A6", by: "ClientCallTests.lost"),
    WireRule(
      "A call whose answer has begun is never sent again.",
      in: "gRFC A6", by: "ClientWireTests.begunAnswer", "RetryTests.committed",
      "RetryStateTests.committed"),
    WireRule(
      "A status before the end of the request ends it, and frees the stream.",
      in: "RFC 9113 section 8.1", by: "ClientWireTests.earlyStatus"),
  ]
}
