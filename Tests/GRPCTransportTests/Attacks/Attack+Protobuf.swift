extension Attack {
  /// Where protobuf-c needs a guard.
  static let protobuf = [
    Attack(
      "P1", "messages inside each other without end",
      answer: "refused at a hundred levels before the library recurses; no request can nest",
      by: "ContractShapeTests.acyclic", "ContractShapeTests.cyclic", "DecodingLimitsTests.depth",
      "DecodingLimitsTests.depthCeiling",
      "test_protobuf_input.test_bombs_stay_within_their_budget"),
    Attack(
      "P2", "bytes that expand in memory",
      answer: "a budget of 32 times the message and 64 KiB, which the allocator keeps",
      by: "DecodingLimitsTests.bombs", "DecodingLimitsTests.amplification",
      "DecodingLimitsTests.mergeBomb", "ProtobufDeserializerTests.codes",
      "test_protobuf_input.test_bombs_stay_within_their_budget"),
    Attack(
      "P3", "fields that nobody knows",
      answer: "at most 1,024, so that newer clients are understood, and within the budget of P2;"
        + " never sent back",
      by: "test_request_edges.test_unknown_fields_are_bounded_and_never_sent_back",
      "DecodingLimitsTests.unknownCount", "WireRulesTests.carrierNumber"),
    Attack(
      "P4", "NUL and bad UTF-8 in texts, and texts that look alike",
      answer: "INTERNAL, or INVALID_ARGUMENT by name; other bytes are another id and another key",
      by: "test_request_edges.test_no_two_ids_on_the_wire_are_one_account",
      "test_request_edges.test_keys_that_look_alike_are_different_keys",
      "test_wire_input.test_malformed_protobuf_is_internal", "MalformedInputTests.refused",
      "RoundTripTests.fullMessage"),
    Attack(
      "P5", "values of a foreign wire type, and whatever else decoders may differ about",
      answer: "an unknown field; the same as Google's decoder, apart from what is named there",
      by: "WireRulesTests.foreignWireType", "WireRulesTests.bools",
      "test_protobuf_roundtrip.test_mutations_are_refused_or_mean_the_same_to_both",
      "test_protobuf_roundtrip.test_damaged_bytes_are_refused_or_mean_the_same_to_both"),
    Attack(
      "P6", "field number 0, groups",
      answer: "refused, in any spelling",
      by: "MalformedInputTests.refused", "test_wire_input.test_malformed_protobuf_is_internal",
      "test_protobuf_input.test_bombs_stay_within_their_budget"),
    Attack(
      "P7", "what a sanitizer reports about the library",
      answer: "the address sanitizer ends the run, and nothing is suppressed; undefined behaviour"
        + " is not asked for, as the tag parser's shift is known",
      by: "ContractShapeTests.sanitizer"),
    Attack(
      "P8", "what later versions mend: pointers that were not set, counts of 32 bits",
      answer: "out of reach: messages begin as zeroes, and more than 2 GiB are refused unread",
      by: "LibraryHazardTests.initializers", "LibraryHazardTests.hugeMessages"),
    Attack(
      "P9", "a value that changes between sizing and packing, elements that are not there",
      answer: "out of reach: values are immutable while they are packed, elements are values",
      by: "LibraryHazardTests.concurrentEncoding", "LibraryHazardTests.emptyElements"),
    Attack(
      "P10", "allocations that fail, at any place",
      answer: "a refusal, nothing leaked",
      by: "DecodingLimitsTests.everyAllocationFails", "DecodingMemoryTests.sweep",
      "InflaterMemoryTests.sweep", "ScarceMemoryTests.sweep"),
    Attack(
      "P11", "errors of memory while unpacking and merging",
      answer: "none found: every input of the fuzzer is decoded again by each run of the tests",
      by: "CorpusTests.replay", "CorpusTests.requestTypes", "MalformedInputTests.mutations",
      "MalformedInputTests.everyPrefix", "MalformedInputTests.randomBytes"),
  ]
}
