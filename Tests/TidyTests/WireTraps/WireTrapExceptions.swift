/// What looks like a trap and stays, file by file, with the reason.
///
/// A file may have no more of a kind than stands here, and no fewer: what is mended leaves the
/// table. When a number grows, look at what was added, and write down why it cannot be reached with
/// a value that a stranger chose; otherwise mend it.
enum WireTrapExceptions {
  /// One file's.
  struct Row {
    let file: String
    let counts: [WireTrap: Int]
    let kind: Kind
    let reason: String
  }

  /// Why a value is not the stranger's, or not any value.
  enum Kind {
    /// The program, its operator or its schemas chose the value.
    case ours
    /// A count or sum of what lies in memory or has been carried: nowhere near 2^63.
    case inMemory
    /// The value was compared with its bounds before.
    case checked
    /// Dictionaries, which answer nil.
    case lookup
  }

  static let rows =
    http2
    + grpc
    + protobuf
    + transport
    + services
    + inspection

  private static let http2: [Row] = [
    Row(
      file: "HTTP2/EventLog.swift",
      counts: [.element: 6, .arithmetic: 6, .allocation: 1, .removal: 1],
      kind: .checked,
      reason: "the arena ends at 4 MiB, positions are those of fields that were kept, and a "
          + "status of three bytes has a first"),
    Row(
      file: "HTTP2/FieldList.swift",
      counts: [.arithmetic: 1, .precondition: 1],
      kind: .ours,
      reason: "fields that this side sends"),
    Row(
      file: "HTTP2/FieldView.swift",
      counts: [.element: 6, .arithmetic: 3],
      kind: .checked,
      reason: "indices run to the count; entries are those of fields that were kept"),
    Row(
      file: "HTTP2/PeerRules.swift",
      counts: [.element: 3, .arithmetic: 6, .range: 2],
      kind: .checked,
      reason: "stream identifiers are positive, the new one is above the highest; rings are "
          + "indexed by remainders"),
    Row(
      file: "HTTP2/PreparedFields.swift",
      counts: [.allocation: 1, .precondition: 1],
      kind: .ours,
      reason: "literals"),
    Row(
      file: "HTTP2/Session+Library.swift",
      counts: [.range: 1, .conversion: 5],
      kind: .ours,
      reason: "constants of the library"),
    Row(
      file: "HTTP2/Session+Stream.swift",
      counts: [.element: 6, .arithmetic: 11, .range: 1],
      kind: .inMemory,
      reason: "output that waits; slices are cut to the smaller of room and rest"),
    Row(
      file: "HTTP2/Session+Submission.swift",
      counts: [.element: 2, .arithmetic: 3, .conversion: 3, .removal: 1, .precondition: 3],
      kind: .inMemory,
      reason: "output that waits, roles, constants of the library, slots that streams were "
          + "given"),
    Row(
      file: "HTTP2/Session.swift",
      counts: [.arithmetic: 1, .precondition: 2],
      kind: .ours,
      reason: "not to be entered from its own closures; bytes that were taken"),
    Row(
      file: "HTTP2/SessionCallbacks.swift",
      counts: [.arithmetic: 5, .range: 1, .conversion: 11, .precondition: 1],
      kind: .inMemory,
      reason: "a block has 64 KiB per field and is given up at four times its limit; frame "
          + "types and flags are widened; constants of the library"),
    Row(
      file: "HTTP2/TokenBucket.swift",
      counts: [.arithmetic: 5, .precondition: 1],
      kind: .ours,
      reason: "a clock that is compared first, and floating point, which does not stop"),
  ]

  private static let grpc: [Row] = [
    Row(
      file: "GRPC/Base64.swift",
      counts: [.element: 4, .arithmetic: 10, .conversion: 10, .allocation: 2],
      kind: .inMemory,
      reason: "six and eight bits at a time, never more than 14 pending; both tables have an "
          + "entry for every index"),
    Row(
      file: "GRPC/CallTraffic.swift",
      counts: [.arithmetic: 3],
      kind: .inMemory,
      reason: "bytes that a call has carried"),
    Row(
      file: "GRPC/Client/CallOptions.swift",
      counts: [.conversion: 1],
      kind: .ours,
      reason: "a default"),
    Row(
      file: "GRPC/Client/ClientRequestHead.swift",
      counts: [.arithmetic: 1],
      kind: .ours,
      reason: "the margin of a deadline, a setting"),
    Row(
      file: "GRPC/Client/HealthProbe.swift",
      counts: [.precondition: 1],
      kind: .ours,
      reason: "how a probe may be made"),
    Row(
      file: "GRPC/Client/ResponseHeaderBlock.swift",
      counts: [.range: 1, .conversion: 1],
      kind: .checked,
      reason: "at most nine digits, each looked at"),
    Row(
      file: "GRPC/Client/Retry/RetryPushback.swift",
      counts: [.range: 1, .conversion: 1],
      kind: .checked,
      reason: "at most nine digits, each looked at"),
    Row(
      file: "GRPC/Compression/CompressionAlgorithm.swift",
      counts: [.element: 4, .arithmetic: 3, .range: 1],
      kind: .checked,
      reason: "every position is compared with the end first"),
    Row(
      file: "GRPC/Compression/Deflater.swift",
      counts: [.arithmetic: 2, .conversion: 2],
      kind: .ours,
      reason: "zlib tells how much of the room it was given is left"),
    Row(
      file: "GRPC/Compression/Inflater.swift",
      counts: [.element: 1, .arithmetic: 5, .conversion: 3, .allocation: 3, .precondition: 1],
      kind: .checked,
      reason: "the room is the limit less what there is, the chunk has 16 KiB, and zlib tells "
          + "how much of it is left"),
    Row(
      file: "GRPC/Compression/MessageCompression.swift",
      counts: [.element: 2, .arithmetic: 4, .range: 1, .conversion: 1, .precondition: 1],
      kind: .ours,
      reason: "a message that this side has framed"),
    Row(
      file: "GRPC/Deadline.swift",
      counts: [.arithmetic: 2, .conversion: 2, .precondition: 1],
      kind: .ours,
      reason: "the monotonic clock"),
    Row(
      file: "GRPC/GRPCTimeout.swift",
      counts: [.arithmetic: 4, .conversion: 1, .precondition: 1],
      kind: .checked,
      reason: "units that are constants; one digit widened; written timeouts are ours"),
    Row(
      file: "GRPC/LengthPrefixedMessage.swift",
      counts: [.element: 5, .arithmetic: 2, .conversion: 2, .precondition: 2],
      kind: .ours,
      reason: "frames of this side; their length was compared with the limit and with 32 bits"),
    Row(
      file: "GRPC/MessageDeframer.swift",
      counts: [.element: 13, .arithmetic: 7, .conversion: 4, .allocation: 1],
      kind: .checked,
      reason: "counts are compared with what is there first; a length has 32 bits in an Int "
          + "and is compared with the limit before anything is made of it"),
    Row(
      file: "GRPC/Metadata.swift",
      counts: [
        .element: 7, .arithmetic: 7, .range: 2, .conversion: 4, .allocation: 1, .precondition: 3,
      ],
      kind: .inMemory,
      reason: "the storage is written by this type alone; one header list has 16 KiB, and a "
          + "field less than 32 bits"),
    Row(
      file: "GRPC/PercentEncoding.swift",
      counts: [.element: 5, .arithmetic: 6, .conversion: 2, .allocation: 2, .removal: 3],
      kind: .checked,
      reason: "indices are compared with the count, digits have 4 bits"),
    Row(
      file: "GRPC/RPCError.swift",
      counts: [.precondition: 1],
      kind: .ours,
      reason: "what an error may say"),
    Row(
      file: "GRPC/Server/InboundMessages.swift",
      counts: [.element: 2, .arithmetic: 1, .precondition: 1],
      kind: .checked,
      reason: "queues that are not empty; one consumer is a promise of the handler"),
    Row(
      file: "GRPC/Server/RPCRouter.swift",
      counts: [.element: 4, .precondition: 3],
      kind: .ours,
      reason: "methods as the program registers them, dictionaries"),
    Row(
      file: "GRPC/Server/RequestHeaders.swift",
      counts: [.element: 1, .arithmetic: 3],
      kind: .checked,
      reason: "the index runs to the count; a block has 100 fields at most"),
    Row(
      file: "GRPC/Server/ResponseFields.swift",
      counts: [.element: 1, .range: 1, .conversion: 1],
      kind: .ours,
      reason: "one prepared list for each set of algorithms, which has four bits"),
    Row(
      file: "GRPC/Server/RoutingTable.swift",
      counts: [.element: 6, .arithmetic: 10, .conversion: 4, .allocation: 1],
      kind: .checked,
      reason: "slots are masked to the power of two that the table has; words are read only "
          + "where eight bytes are"),
    Row(
      file: "GRPC/Server/ServerCall.swift",
      counts: [.arithmetic: 4],
      kind: .inMemory,
      reason: "bytes that the call holds"),
    Row(
      file: "GRPC/Server/ServerContext.swift",
      counts: [.element: 2, .arithmetic: 1],
      kind: .ours,
      reason: "the context's own values, by type; durations, which have 128 bits"),
  ]

  private static let protobuf: [Row] = [
    Row(
      file: "Protobuf/Arena.swift",
      counts: [.forcedUnwrap: 1, .arithmetic: 12, .allocation: 1, .precondition: 1],
      kind: .checked,
      reason: "protobuf-c asks for sizes of what fits into the budget, which is compared "
          + "first; the offset is that of a stored property"),
    Row(
      file: "Protobuf/Descriptors/DescriptorCheck.swift",
      counts: [.conversion: 1],
      kind: .checked,
      reason: "this is the check"),
    Row(
      file: "Protobuf/Descriptors/DescriptorPool+Schemas.swift",
      counts: [.element: 11, .conversion: 1],
      kind: .lookup,
      reason: "types by name; indices of oneofs have passed DescriptorCheck"),
    Row(
      file: "Protobuf/Descriptors/DescriptorPool.swift",
      counts: [.element: 11],
      kind: .lookup,
      reason: "files and types by name"),
    Row(
      file: "Protobuf/Descriptors/EmbeddedFile.swift",
      counts: [.arithmetic: 3, .conversion: 3, .allocation: 1],
      kind: .ours,
      reason: "base64 that the plugin wrote"),
    Row(
      file: "Protobuf/Descriptors/SymbolTable.swift",
      counts: [.element: 8],
      kind: .lookup,
      reason: "types by name; a dot that was found"),
    Row(
      file: "Protobuf/Dynamic/DynamicMapEntry.swift",
      counts: [.element: 3],
      kind: .lookup,
      reason: "places of keys"),
    Row(
      file: "Protobuf/Dynamic/DynamicMessage+Decoding.swift",
      counts: [.element: 5, .range: 2],
      kind: .checked,
      reason: "fields of the schema, elements up to their count; a map's entry has two fields"),
    Row(
      file: "Protobuf/Dynamic/DynamicMessage.swift",
      counts: [.element: 9, .allocation: 1, .precondition: 2],
      kind: .ours,
      reason: "fields of the schema, by the program's index"),
    Row(
      file: "Protobuf/Dynamic/TypeResolver.swift",
      counts: [.element: 1],
      kind: .lookup,
      reason: "types by name"),
    Row(
      file: "Protobuf/EnumSchema.swift",
      counts: [.element: 2],
      kind: .lookup,
      reason: "values by name and number"),
    Row(
      file: "Protobuf/JSON/Base64.swift",
      counts: [
        .element: 2, .arithmetic: 15, .range: 1, .conversion: 9, .allocation: 2, .removal: 1,
      ],
      kind: .checked,
      reason: "groups of three bytes and six bits, never more than 14 bits pending"),
    Row(
      file: "Protobuf/JSON/DigitScanner.swift",
      counts: [.conversion: 2],
      kind: .ours,
      reason: "a byte widened"),
    Row(
      file: "Protobuf/JSON/DurationText.swift",
      counts: [.element: 1, .arithmetic: 2, .conversion: 2],
      kind: .checked,
      reason: "at most twelve digits of seconds, nanoseconds below 10^9"),
    Row(
      file: "Protobuf/JSON/DynamicMessage+JSONReading.swift",
      counts: [.element: 6],
      kind: .checked,
      reason: "indices that the schema gave for a name; a map's entry has two fields"),
    Row(
      file: "Protobuf/JSON/DynamicMessage+JSONWriting.swift",
      counts: [.element: 2],
      kind: .checked,
      reason: "indices of the schema's fields; a map's entry has two"),
    Row(
      file: "Protobuf/JSON/FieldMaskText.swift",
      counts: [.arithmetic: 2],
      kind: .checked,
      reason: "letters, of the other case"),
    Row(
      file: "Protobuf/JSON/JSONNumber.swift",
      counts: [.element: 8, .arithmetic: 3, .conversion: 1, .removal: 2],
      kind: .checked,
      reason: "positions are compared with the count; exponents are clamped to a million"),
    Row(
      file: "Protobuf/JSON/JSONParser.swift",
      counts: [.element: 4, .arithmetic: 9, .range: 1, .conversion: 4],
      kind: .checked,
      reason: "positions are compared with the count; depth has a limit; four hexadecimal "
          + "digits fit"),
    Row(
      file: "Protobuf/JSON/JSONValue+Text.swift",
      counts: [.arithmetic: 6, .range: 1],
      kind: .ours,
      reason: "the indentation of what is written"),
    Row(
      file: "Protobuf/JSON/MessageJSONReader+Scalars.swift",
      counts: [.arithmetic: 1],
      kind: .ours,
      reason: "minus infinity"),
    Row(
      file: "Protobuf/JSON/SecondFraction.swift",
      counts: [.arithmetic: 1, .conversion: 1],
      kind: .checked,
      reason: "nanoseconds, widened"),
    Row(
      file: "Protobuf/JSON/TimestampText.swift",
      counts: [.arithmetic: 45, .range: 1, .allocation: 1],
      kind: .checked,
      reason: "years from 1 to 9999, whichever way; the divisors are constants"),
    Row(
      file: "Protobuf/JSON/WellKnownType+JSONReading.swift",
      counts: [.element: 19, .removal: 1],
      kind: .checked,
      reason: "the shape of a well-known type was compared with its name before; an index "
          + "that was found"),
    Row(
      file: "Protobuf/JSON/WellKnownType+JSONWriting.swift",
      counts: [.element: 5, .arithmetic: 1],
      kind: .checked,
      reason: "the shape of a well-known type was compared with its name before"),
    Row(
      file: "Protobuf/JSON/WellKnownType.swift",
      counts: [.element: 18],
      kind: .checked,
      reason: "this is that comparison: counts before fields"),
    Row(
      file: "Protobuf/MessageLayout.swift",
      counts: [.element: 3, .arithmetic: 3, .conversion: 3],
      kind: .checked,
      reason: "a number below the count of the dense table, halves of a range that is not "
          + "empty"),
    Row(
      file: "Protobuf/MessageSchema+Decode.swift",
      counts: [.arithmetic: 3, .conversion: 3],
      kind: .checked,
      reason: "the end of bytes that are there, less than 2 GiB"),
    Row(
      file: "Protobuf/MessageView+Lists.swift",
      counts: [.element: 2, .arithmetic: 2, .conversion: 2, .allocation: 2, .precondition: 4],
      kind: .ours,
      reason: "indices of the generated code, elements up to their count, offsets of the "
          + "layout; a dictionary"),
    Row(
      file: "Protobuf/MessageView.swift",
      counts: [.element: 1, .arithmetic: 9, .conversion: 6, .precondition: 4],
      kind: .ours,
      reason: "indices of the generated code, offsets of the layout"),
    Row(
      file: "Protobuf/UnknownFields.swift",
      counts: [.element: 1, .arithmetic: 9, .conversion: 5],
      kind: .checked,
      reason: "records that WireReader has walked; the varint in front of a carried one is "
          + "ours"),
    Row(
      file: "Protobuf/WireNormalizer.swift",
      counts: [.element: 4, .arithmetic: 15, .range: 1, .conversion: 4],
      kind: .checked,
      reason: "records that WireReader has walked; what is merged is compared with the budget"),
    Row(
      file: "Protobuf/WireReader.swift",
      counts: [.arithmetic: 4, .conversion: 4],
      kind: .checked,
      reason: "every step is compared with the end; a shift of 28 takes four bits at most"),
    Row(
      file: "Protobuf/WireScanner.swift",
      counts: [.arithmetic: 4, .conversion: 1],
      kind: .checked,
      reason: "the index is one of the layout; depth has a limit of 200"),
  ]

  private static let transport: [Row] = [
    Row(
      file: "GRPCTransport/Client/ClientConnection.swift",
      counts: [.arithmetic: 1, .conversion: 1],
      kind: .inMemory,
      reason: "streams that are open, and a limit that is widened"),
    Row(
      file: "GRPCTransport/Client/FirstBytes.swift",
      counts: [.element: 4],
      kind: .checked,
      reason: "the count is asked first"),
    Row(
      file: "GRPCTransport/Client/StreamingClientCall.swift",
      counts: [.element: 2, .arithmetic: 6, .precondition: 2],
      kind: .inMemory,
      reason: "messages that wait; one reader and one writer are promises of the program"),
    Row(
      file: "GRPCTransport/Life/ConnectionAge.swift",
      counts: [.arithmetic: 1, .range: 1],
      kind: .ours,
      reason: "a tenth of a setting"),
    Row(
      file: "GRPCTransport/Life/StallWatch.swift",
      counts: [.element: 3, .arithmetic: 1],
      kind: .inMemory,
      reason: "bytes that a reader has taken, both counts of ours"),
    Row(
      file: "GRPCTransport/Server/ConnectionQuota.swift",
      counts: [.element: 4, .arithmetic: 4, .precondition: 1],
      kind: .lookup,
      reason: "connections by their source, an address as one number of as many bytes; only "
          + "admitted ones leave, once"),
    Row(
      file: "GRPCTransport/Server/DescriptorReserve.swift",
      counts: [.arithmetic: 1, .conversion: 1],
      kind: .ours,
      reason: "the number of a descriptor and its limit"),
    Row(
      file: "GRPCTransport/Server/GRPCServer.swift",
      counts: [.element: 4, .precondition: 2],
      kind: .ours,
      reason: "a server starts once; connections by identity"),
    Row(
      file: "GRPCTransport/Server/ProtocolDetector.swift",
      counts: [.arithmetic: 1],
      kind: .ours,
      reason: "the length of a fixed text"),
    Row(
      file: "GRPCTransport/Server/RepeatOffenders.swift",
      counts: [.element: 7, .arithmetic: 3, .conversion: 2, .precondition: 1],
      kind: .lookup,
      reason: "addresses by their source; the operator's figures; who waits is counted on both "
          + "ends"),
    Row(
      file: "GRPCTransport/Server/ServerConnection+Calls.swift",
      counts: [.arithmetic: 2],
      kind: .inMemory,
      reason: "handlers and bytes of the connection, counted on both ends"),
    Row(
      file: "GRPCTransport/Server/ServerConnection+Limits.swift",
      counts: [.arithmetic: 1],
      kind: .inMemory,
      reason: "bytes written less bytes that wait"),
    Row(
      file: "GRPCTransport/Server/ServerConnection.swift",
      counts: [.arithmetic: 4],
      kind: .inMemory,
      reason: "bytes and calls of the connection, counted on both ends"),
    Row(
      file: "GRPCTransport/Server/WaitingRoom.swift",
      counts: [.element: 2],
      kind: .lookup,
      reason: "connections by identity"),
    Row(
      file: "GRPCTransport/TLS/ClientTLS.swift",
      counts: [.arithmetic: 1],
      kind: .ours,
      reason: "names of files"),
    Row(
      file: "GRPCTransport/WriteStaging.swift",
      counts: [.element: 1, .arithmetic: 3, .allocation: 1],
      kind: .checked,
      reason: "a piece is copied where it fits"),
  ]

  private static let services: [Row] = [
    Row(
      file: "GRPCServices/HealthStatus.swift",
      counts: [.element: 5],
      kind: .lookup,
      reason: "names of services, as asked"),
    Row(
      file: "GRPCServices/ReflectionIndex.swift",
      counts: [.element: 4],
      kind: .lookup,
      reason: "files by name; the queue is compared with its end"),
    Row(
      file: "GRPCServices/ReflectionService.swift",
      counts: [.arithmetic: 1, .conversion: 1],
      kind: .ours,
      reason: "joins lists; codes are ours"),
    Row(
      file: "GRPCServices/StatusDetails.swift",
      counts: [.conversion: 1],
      kind: .ours,
      reason: "codes from 0 to 16"),
  ]

  private static let inspection: [Row] = [
    Row(
      file: "RPCInspect/AnyTypes.swift",
      counts: [.element: 4, .arithmetic: 2],
      kind: .checked,
      reason: "fields of the schema, by its own indices; depth has a limit"),
    Row(
      file: "RPCInspect/Catalog.swift",
      counts: [.element: 7],
      kind: .lookup,
      reason: "declarations and files by name; a dot that was found"),
    Row(
      file: "RPCInspect/DeclarationTable.swift",
      counts: [.element: 6, .arithmetic: 10, .conversion: 8],
      kind: .inMemory,
      reason: "positions in lists of a descriptor, which has been decoded within its budget; "
          + "dictionaries; joins of names"),
    Row(
      file: "RPCInspect/FailureText.swift",
      counts: [.arithmetic: 1],
      kind: .ours,
      reason: "the number of a detail"),
    Row(
      file: "RPCInspect/JSONStreamSplitter.swift",
      counts: [.element: 2, .arithmetic: 1, .removal: 1],
      kind: .checked,
      reason: "positions are compared with the count; an end that was found"),
    Row(
      file: "RPCInspect/MessageTemplate.swift",
      counts: [.element: 2, .arithmetic: 1],
      kind: .checked,
      reason: "a map's entry has two fields; joins lists"),
    Row(
      file: "RPCInspect/ProtoText.swift",
      counts: [.element: 5, .arithmetic: 10, .conversion: 7],
      kind: .inMemory,
      reason: "positions in lists of a descriptor, which has been decoded within its budget; "
          + "indices are compared with the list; joins of texts"),
    Row(
      file: "RPCInspect/ProtosetSource.swift",
      counts: [.element: 2],
      kind: .lookup,
      reason: "declarations and files by name"),
    Row(
      file: "RPCInspect/ReflectionSource.swift",
      counts: [.element: 1, .arithmetic: 2, .conversion: 2],
      kind: .ours,
      reason: "versions of the reflection service, counted by us; a code is widened"),
  ]
}
