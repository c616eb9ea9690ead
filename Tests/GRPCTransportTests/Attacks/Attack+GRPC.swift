extension Attack {
  /// What is inside the frames.
  static let grpc = [
    Attack(
      "G1", "timeouts that are none, and the largest",
      answer: "INTERNAL; nothing left is DEADLINE_EXCEEDED; the server's own maximum bounds all",
      by: "test_grpc_input.test_timeouts", "test_grpc_input.test_there_are_enough_timeouts",
      "GRPCTimeoutTests.decodes", "GRPCTimeoutTests.refuses",
      "ServerCancellationTests.serverMaximum", "CorpusTests.replay"),
    Attack(
      "G2", "lengths that lie, two messages in a unary call",
      answer: "RESOURCE_EXHAUSTED or INTERNAL by the prefix; room for 64 KiB, then for what comes",
      by: "test_grpc_input.test_lengths_that_lie",
      "test_grpc_input.test_announced_bytes_cost_nothing_before_they_come",
      "test_limits.test_a_request_may_be_as_large_as_its_method_takes",
      "MessageDeframerTests.limit", "FloodTests.messages", "GRPCServerTests.heldBytes"),
    Attack(
      "G3", "flags without encoding, foreign encodings, bombs, broken gzip",
      answer: "UNIMPLEMENTED or INTERNAL; inflating stops a byte above the limit",
      by: "test_grpc_input.test_a_flag_without_an_encoding",
      "test_grpc_input.test_a_flag_that_means_nothing",
      "test_grpc_input.test_an_encoding_that_is_not_ours", "test_grpc_input.test_broken_gzip",
      "test_grpc_input.test_bombs_stop_at_the_limit", "MessageCompressionTests.bomb",
      "MessageCompressionTests.memory"),
    Attack(
      "G4", "numbers at their edges, NaN and infinity, 64 bits in JSON",
      answer: "INVALID_ARGUMENT by name; no contract has floating point; integers are exact",
      by: "test_request_edges.test_numbers_at_their_edges",
      "test_request_edges.test_no_request_and_no_answer_has_floating_point",
      "test_fields.test_wrong_amounts_name_their_field", "BadInputTests.fields",
      "JSONNumberTests.exact", "JSONNumberTests.notAnInteger", "JSONNumberTests.floatingPoint",
      "JSONMappingTests.refused"),
    Attack(
      "G5", "requests without what they need",
      answer: "INVALID_ARGUMENT by name",
      by: "test_request_edges.test_required_fields_one_by_one",
      "test_request_edges.test_every_method_has_a_row", "BadInputTests.fields"),
    Attack(
      "G6", "enums that are not there, a field twice, a oneof twice",
      answer: "INVALID_ARGUMENT; the last one counts, and a key knows the request as decoded",
      by: "test_request_edges.test_enums_that_are_not_there",
      "test_request_edges.test_a_key_knows_its_request_however_it_is_spelled",
      "BadInputTests.fields", "WireRulesTests.lastScalarWins", "WireRulesTests.oneofReset"),
    Attack(
      "G7", "nesting, and counts of packed and repeated fields",
      answer: "RESOURCE_EXHAUSTED within the budget of a decode, or nothing unusual",
      by: "test_protobuf_input.test_bombs_stay_within_their_budget", "DecodingLimitsTests.depth",
      "DecodingLimitsTests.recordCount", "DecodingLimitsTests.bombs"),
    Attack(
      "G8", "JSON of any depth, names twice, halves of surrogates, text behind the end",
      answer: "no service reads JSON; where it is read it is refused with its place, a byte order"
        + " mark at the beginning apart (RFC 8259 section 8.1)",
      by: "JSONParserTests.depth", "JSONParserTests.refused", "JSONParserTests.invalidUTF8",
      "JSONParserTests.manyNames", "JSONParserTests.fuzz",
      "test_protobuf_roundtrip.test_json_of_google_is_read_and_ours_is_read_by_google",
      "CorpusTests.replay"),
    Attack(
      "G9", "binary metadata that is no base64, many of a name, reserved names",
      answer: "left out, or INTERNAL; 431 above the limit",
      by: "test_grpc_input.test_binary_metadata_is_read_or_dropped",
      "test_grpc_input.test_reserved_names_are_not_believed",
      "test_grpc_input.test_many_duplicates_are_served_up_to_the_limit",
      "MetadataTests.binaryReceived", "CorpusTests.replay"),
  ]
}
