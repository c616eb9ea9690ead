extension WireRule {
  /// What a client sends.
  static let requests = [
    WireRule(
      "Pseudo fields come first, then the timeout, the call definition, the custom metadata.",
      in: "PROTOCOL-HTTP2, Requests", by: "ClientRequestHeadTests.order"),
    WireRule(
      "A request is a POST of /package.Service/Method with an authority, te and content-type.",
      in: "PROTOCOL-HTTP2, Requests",
      by: "HTTP2ClientTransportTests.requestHeaders", "ClientRequestHeadTests.order"),
    WireRule(
      "A request says in user-agent which library made it.",
      in: "PROTOCOL-HTTP2, User Agents",
      by: "HTTP2ClientTransportTests.requestHeaders", "ClientRequestHeadTests.order"),
    WireRule(
      "A timeout has one to eight digits and a unit; the finest unit that fits, rounded up.",
      in: "PROTOCOL-HTTP2, Timeout",
      by: "GRPCTimeoutTests.encodes", "GRPCTimeoutTests.roundTrip"),
    WireRule(
      "A timeout says what remains when the request is sent, and is never nothing.",
      in: "PROTOCOL-HTTP2, Timeout",
      by: "ClientRequestHeadTests.remaining", "ClientWireTests.timeoutAfterWaiting"),
    WireRule(
      "The request ends with its last DATA frame or an empty one, and has no trailers.",
      in: "PROTOCOL-HTTP2, Requests", by: "ClientWireTests.request"),
    WireRule(
      "Messages have a prefix of five bytes and are cut by frames anywhere, prefix included.",
      in: "PROTOCOL-HTTP2, Length-Prefixed-Message",
      by: "ServerWireTests.cuts", "ClientWireTests.cuts", "MessageDeframerTests.everyCut",
      "MessageDeframerTests.byteByByte", "MessageDeframerTests.atOnce"),
    WireRule(
      "Messages of every size pass frames and windows, empty ones included.",
      in: "RFC 9113 section 5.2",
      by: "MessageSizeTests.edges", "GRPCServerTests.unary", "HTTP2ClientTransportTests.large",
      "SessionTests.sizes"),
    WireRule(
      "The request names its encoding only where it has one, and lists what it can inflate.",
      in: "compression",
      by: "ClientRequestHeadTests.compression", "CompressionWireTests.clientSends"),
    WireRule(
      "What a call larger than its limit would send is refused before it leaves.",
      in: "statuscodes", by: "ClientInterceptorTests.requestLimit"),
  ]

  /// What a server makes of a request.
  static let calls = [
    WireRule(
      "A content type other than application/grpc, + or ; is HTTP 415 without a gRPC status.",
      in: "PROTOCOL-HTTP2, Requests",
      by: "ServerWireTests.refusals", "ServerStreamStateMachineTests.httpRefusals",
      "TextEncodingTests.contentType",
      "test_wire_input.test_a_foreign_content_type_is_415_without_a_grpc_status"),
    WireRule(
      "The answer names its codec when the request did.",
      in: "PROTOCOL-HTTP2, Responses", by: "ServerStreamStateMachineTests.subtype"),
    WireRule(
      "Another HTTP method than POST is 405.",
      in: "RFC 9110 section 15.5.6", by: "ServerWireTests.refusals"),
    WireRule(
      "A path is routed by its exact bytes, leading slash included.",
      in: "PROTOCOL-HTTP2, Requests",
      by: "RoutingTableTests.exact", "ServerStreamStateMachineTests.trailersOnly",
      "test_wire_input.test_a_path_without_its_slash_is_not_routed"),
    WireRule(
      "Interceptors and handlers see the name of the routed method, and no other spelling's call.",
      in: "CVE-2026-33186",
      by: "RoutedNameTests.registered", "RoutedNameTests.spelledOtherwise",
      "RoutedNameTests.mutated"),
    WireRule(
      "An unknown service or method is UNIMPLEMENTED in a single header block.",
      in: "statuscodes", by: "ServerWireTests.refusals",
      "test_wire_input.test_unknown_methods_are_unimplemented"),
    WireRule(
      "A malformed timeout is INTERNAL; a huge one is clamped.",
      in: "PROTOCOL-HTTP2, Timeout",
      by: "GRPCTimeoutTests.refuses", "GRPCTimeoutTests.decodes", "ServerWireTests.refusals",
      "ServerWireTests.accepted"),
    WireRule(
      "A missing te is tolerated, another one resets the stream.",
      in: "RFC 9113 section 8.2.2",
      by: "ServerWireTests.accepted", "CallLimitWireTests.foreignTE"),
    WireRule(
      "An unknown encoding is UNIMPLEMENTED, and the answer lists what is supported.",
      in: "compression",
      by: "ServerWireTests.refusals", "CompressionWireTests.turnedOff",
      "ServerCompressionMachineTests.requests"),
    WireRule(
      "A compressed message without an encoding, and unknown flags, are INTERNAL.",
      in: "compression",
      by: "ServerWireTests.framing", "MessageDeframerTests.flags",
      "CompressionWireTests.serverRefuses"),
    WireRule(
      "What cannot be inflated is INTERNAL; every message is compressed by itself.",
      in: "compression",
      by: "CompressionWireTests.serverRefuses", "CompressionWireTests.serverReads",
      "MessageCompressionTests.truncated", "MessageCompressionTests.trailing",
      "MessageCompressionTests.corrupt", "MessageCompressionTests.flippedBits"),
    WireRule(
      "The limit of a message bounds what it inflates to, while it is inflated.",
      in: "compression",
      by: "MessageCompressionTests.limit", "MessageCompressionTests.bomb",
      "MessageCompressionTests.memory", "CompressionTests.requestLimit",
      "CompressionTests.responseLimit"),
    WireRule(
      "A request that is refused by an interceptor is not inflated.",
      in: "compression", by: "CompressionWireTests.refusedFirst"),
    WireRule(
      "A message above the limit is RESOURCE_EXHAUSTED at its prefix; the limit itself is fine.",
      in: "statuscodes",
      by: "ServerWireTests.framing", "MessageDeframerTests.limit",
      "test_wire_input.test_an_announced_oversized_message_is_refused_before_it_arrives"),
    WireRule(
      "What is not protobuf, and a request that ends inside a message, are INTERNAL.",
      in: "statuscodes",
      by: "ServerWireTests.framing", "ServerStreamStateMachineTests.badEnds",
      "test_wire_input.test_malformed_protobuf_is_internal"),
    WireRule(
      "A method that takes one message answers none or several with UNIMPLEMENTED.",
      in: "statuscodes",
      by: "ServerWireTests.cardinality", "ServerStreamStateMachineTests.violations"),
    WireRule(
      "HEADERS that end the stream are a whole request without messages.",
      in: "PROTOCOL-HTTP2, Requests", by: "ServerWireTests.headersOnly"),
    WireRule(
      "Request trailers mean nothing.",
      in: "PROTOCOL-HTTP2, Requests", by: "ServerWireTests.requestTrailers"),
    WireRule(
      "A header list over the limit is HTTP 431 and costs the connection nothing.",
      in: "RFC 6585 section 5",
      by: "ServerWireTests.headerList", "CallLimitWireTests.headerList",
      "SessionAbuseTests.tooManyFields",
      "SessionAbuseTests.indexedBomb", "SessionAbuseTests.fatField"),
    WireRule(
      "An unknown error of a handler is UNKNOWN, without its text.",
      in: "statuscodes", by: "GRPCServerTests.unknownError", "StatusMappingTests.wrapping"),
    WireRule(
      "The codes of applications are never invented by the runtime.",
      in: "statuscodes, gRFC A54", by: "LibraryCodesTests.neverInvented"),
    WireRule(
      "Calls above the running handlers and above unseen stream limits are REFUSED_STREAM.",
      in: "RFC 9113 section 5.1.2",
      by: "CallLimitWireTests.runningHandlers", "CallLimitWireTests.unseenStreamLimit"),
    WireRule(
      "A client that exceeds a stream limit which it acknowledged loses its connection.",
      in: "RFC 9113 section 5.1.2", by: "CallLimitWireTests.acknowledgedStreamLimit"),
  ]
}
