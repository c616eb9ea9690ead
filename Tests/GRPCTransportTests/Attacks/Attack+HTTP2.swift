extension Attack {
  /// Frames, header blocks and time.
  static let http2 = [
    Attack(
      "H1", "what RFC 9113 and RFC 7541 forbid, one rule at a time, in clear and over TLS",
      answer: "the stream or connection error that the rule names",
      by: "test_conformance.test_the_answer_is_the_one_that_the_rfc_names",
      "test_conformance.test_the_table_is_no_smaller_than_those_of_generic_suites",
      "test_windows.test_a_window_below_nothing"),
    Attack(
      "H2", "calls reset as soon as they begin (CVE-2023-44487)",
      answer: "a burst, then GOAWAY; handlers count until they return",
      by: "test_floods.test_rapid_resets",
      "test_floods.test_resets_of_an_impatient_client_are_forgiven", "FloodTests.rapidResets",
      "FloodTests.expiringCalls", "RapidResetsTests.rates", "RapidResetsTests.neverBegun",
      "CallLimitWireTests.runningHandlers"),
    Attack(
      "H3", "calls that have to be answered by a reset (CVE-2025-8671)",
      answer: "a hundred, then GOAWAY",
      by: "test_floods.test_resets_that_a_client_provokes",
      "test_floods.test_resets_that_a_client_provokes_all_at_once", "FloodTests.provokedResets",
      "SessionAbuseTests.madeYouReset"),
    Attack(
      "H4", "CONTINUATION without end (CVE-2024-28182)",
      answer: "GOAWAY; a library without the limit is refused at the start",
      by: "test_floods.test_continuation_without_end", "PeerRuleTests.endlessBlock",
      "LibraryTests.backports"),
    Attack(
      "H5", "a large or empty field again and again for a byte each, cookie crumbs, no window",
      answer: "431 or a reset, at the fourth GOAWAY; nothing is kept",
      by: "test_floods.test_header_bombs", "FloodTests.headerBlocks",
      "SessionAbuseTests.indexedBomb", "SessionAbuseTests.tooManyFields",
      "SessionAbuseTests.fatField", "SessionAbuseTests.repeatedBombs",
      "test_plateau.test_a_second_flood_holds_no_more_than_the_first"),
    Attack(
      "H6", "frames that lead to nothing: PING, SETTINGS, PRIORITY, empty DATA, unknown types",
      answer: "a burst and a rate, then GOAWAY with ENHANCE_YOUR_CALM; after a hundred such"
        + " connections new ones from the address wait",
      by: "test_floods.test_frames_without_progress", "FloodTests.idleFrames",
      "RepeatOffendersTests.notListenedTo", "RepeatOffendersTests.fruitless",
      "RepeatOffendersTests.shutOut", "SynFilterTests.kernel",
      "test_limits.test_who_comes_again_and_again_in_vain_has_to_wait",
      "SessionAbuseTests.pingFlood", "SessionAbuseTests.unknownFlood", "PeerRuleTests.padding",
      "PeerRuleTests.floodOfSettings"),
    Attack(
      "H7", "answers that nobody takes, or takes octet by octet (CVE-2019-9511, -9517)",
      answer: "24 KiB of a stream and 1 MiB of a connection wait, then their handlers do; after"
        + " 30 s the stream is reset, and what was made is charged",
      by: "test_slow_peers.test_answers_that_nobody_takes_are_bounded",
      "test_slow_peers.test_an_answer_comes_octet_by_octet_to_who_reads_so",
      "test_slow_peers.test_a_reader_who_never_reads_stops_only_the_own_answers",
      "test_slow_peers.test_a_conversation_that_nobody_reads_is_ended_and_charged",
      "OutputLimitTests.bounded", "OutputLimitTests.fair", "StalledReaderTests.responseStall",
      "StalledReaderTests.dribble", "StalledReaderTests.connectionStall"),
    Attack(
      "H8", "fields without names and values, and reset floods (CVE-2019-9516, -9514)",
      answer: "as H3 and H5",
      by: "test_floods.test_fields_without_names_and_values",
      "test_floods.test_resets_that_a_client_provokes"),
    Attack(
      "H9", "slow TLS, preface, header block and request; too many connections",
      answer: "closed when the time is up, and honest clients are served; so many connections for"
        + " each address",
      by: "test_slow_peers.test_slow_beginnings_are_cut_and_nobody_else_notices",
      "test_slow_peers.test_a_header_block_without_end_is_cut", "SlowClientTests.preface",
      "SlowClientTests.request", "ConnectionLimitTests.refused",
      "test_limits.test_an_address_has_so_many_connections_and_others_have_theirs"),
    Attack(
      "H10", "even, used and decreasing streams, and more than a hundred",
      answer: "the connection ends",
      by: "test_conformance.test_the_answer_is_the_one_that_the_rfc_names",
      "PeerRuleTests.reusedStream",
      "PeerRuleTests.decreasingStream", "CallLimitWireTests.unseenStreamLimit",
      "CallLimitWireTests.acknowledgedStreamLimit", "CorpusTests.replay"),
    Attack(
      "H11", "malformed requests, and paths that nearly are a method's (CVE-2026-33186)",
      answer: "RST_STREAM, or UNIMPLEMENTED before anybody asks who calls",
      by: "test_conformance.test_the_answer_is_the_one_that_the_rfc_names",
      "test_grpc_input.test_mutated_paths_reach_no_handler",
      "test_grpc_input.test_a_path_without_slash_is_unknown_before_anybody_asks_who_calls",
      "RoutedNameTests.mutated", "RoutedNameTests.spelledOtherwise",
      "AuthorizationTableTests.lookalikes"),
    Attack(
      "H12", "smuggling by HTTP/1",
      answer: "there is no face of HTTP/1: 400 once, and closed; none of it is parsed",
      by: "test_http1.test_http1_is_told_once_and_closed",
      "test_http1.test_changed_http1_is_told_or_closed", "FirstContactTests.http1",
      "ProtocolDetectorTests.verdicts"),
    Attack(
      "H13", "HTTP/1 without measure: pipelines, chunks, trailers",
      answer: "as H12, and what follows is not read",
      by: "test_http1.test_http1_is_told_once_and_closed",
      "test_http1.test_http1_that_goes_on_costs_nothing"),
    Attack(
      "H14", "bytes behind the end of a session (CVE-2026-27135)",
      answer: "they are not fed to the library",
      by: "test_grpc_input.test_what_comes_after_the_end_is_not_read",
      "SessionAbuseTests.afterTheEnd", "SessionAbuseTests.afterProtocolError"),
    Attack(
      "H15", "GOAWAY while requests wait to be sent (CVE-2023-35945)",
      answer: "each is closed once, and nothing of it is left",
      by: "GoAwayTests.nothingIsLeft", "ClientWireTests.goAwayBelow", "CorpusTests.replay"),
  ]
}
