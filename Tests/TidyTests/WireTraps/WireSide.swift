/// The sources in which strangers choose values.
enum WireSide {
  static let folders = ["HTTP2", "GRPC", "Protobuf", "GRPCTransport", "GRPCServices", "RPCInspect"]

  /// What lies in these folders and sees no value of a stranger: files, folders, or beginnings of
  /// names.
  static let outside: [(path: String, reason: String)] = [
    ("HTTP2/HeaderEncoder.swift", "writes fields of this process"),
    ("HTTP2/HeaderTable.swift", "fields of this process that were written"),
    ("HTTP2/Session+HeaderBlock.swift", "frames of the library, fields of this process"),
    ("GRPC/Client/Retry/RetryPolicy.swift", "the program's figures"),
    ("GRPC/Client/Retry/RetryState.swift", "attempts and pauses, counted here"),
    ("GRPC/Client/Retry/RetryThrottle.swift", "tokens, counted here"),
    ("GRPCTransport/TimerHeap.swift", "a heap's own indices"),
    ("GRPCTransport/Server/HandlerQueue.swift", "this process's calls in a line, and its own pace"),
    ("GRPCTransport/InProcess/", "both ends are this process"),
    ("GRPCTransport/Client/Balancing/", "which of the known addresses comes next"),
    ("GRPCTransport/Client/Names/", "the operator's text, and what the resolver made of it"),
    ("GRPCTransport/Client/ReconnectBackoff.swift", "pauses, chosen here"),
    ("GRPCTransport/Client/WaitingCalls.swift", "this process's calls in a queue"),
    ("GRPCTransport/Client/ServerPool.swift", "connections and timers, by address"),
    ("GRPCTransport/Client/ClientChannel.swift", "this process's calls, by identity"),
    ("Protobuf/FieldSchema.swift", "schemas of generated code, or that DescriptorCheck passed"),
    ("Protobuf/MessageSchema.swift", "schemas of generated code, or that DescriptorCheck passed"),
    ("Protobuf/MessageLayout+Build.swift", "the layout of such a schema"),
    ("Protobuf/SchemaLinker.swift", "the links of such a schema"),
    ("Protobuf/MessageSchema+Encode.swift", "writes values of this process"),
    ("Protobuf/MessageWriter", "writes values of this process"),
    ("Protobuf/Dynamic/DynamicMessage+Encoding.swift", "writes values of this process"),
    ("RPCInspect/CommandLine/", "the words of the person who calls rpcurl"),
    ("RPCInspect/MetadataText.swift", "the words of the person who calls rpcurl"),
  ]

  /// The files that are judged.
  static func files() throws -> [SourceTree.File] {
    try folders.flatMap { try SourceTree.swiftFiles(below: "Sources/" + $0) }.filter { file in
      !file.isGenerated && !outside.contains { name(of: file).hasPrefix($0.path) }
    }
  }

  /// The path as the tables have it: below Sources.
  static func name(of file: SourceTree.File) -> String {
    String(file.path.dropFirst("Sources/".count))
  }
}
