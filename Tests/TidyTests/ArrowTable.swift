/// Which target may import what: the layers of the architecture, written out.
///
/// The standard library's own modules (Synchronization, Dispatch, Foundation, Glibc…) are allowed where
/// ``systemModules`` names them; every other import must stand here. Arrows point downwards only.
enum ArrowTable {
  static let rows: [String: Set<String>] = [
    "HTTP2": ["CNghttp2"],
    "Protobuf": ["CProtobufC"],
    "GRPC": ["CZlib", "HTTP2", "Protobuf"],
    "GRPCTransport": ["GRPC", "HTTP2", "NIOCore", "NIOPosix", "NIOSSL", "NIOTLS", "Logging"],
    "GRPCServices": ["GRPC", "Protobuf"],
    "Observability": ["GRPC", "Logging", "Metrics", "Tracing", "Instrumentation"],
    "Contracts": ["GRPC", "Protobuf"],
    "Ledger": ["Crypto"],
    "Identity": ["CArgon2", "Crypto", "JWTKit"],
    "Conversation": [],
    "Webhooks": ["Ledger", "Crypto"],
    "StorageSQLite": [
      "CScheduler", "CSQLiteSetup", "Ledger", "Identity", "Webhooks", "GRDB", "GRDBSQLite",
    ],
    "WebhookTransport": ["Webhooks", "NIOCore", "NIOPosix", "NIOHTTP1", "NIOSSL"],
    "Interceptors": ["GRPC", "GRPCServices", "Identity", "Observability", "Logging"],
    "AuthService": ["Contracts", "GRPC", "GRPCServices", "Protobuf", "Identity", "Interceptors"],
    "AccountingService": [
      "Contracts", "GRPC", "GRPCServices", "Protobuf", "Ledger", "Identity", "Interceptors",
      "Webhooks", "Crypto",
    ],
    "ChatService": [
      "Contracts", "GRPC", "GRPCServices", "Protobuf", "Conversation", "Identity", "Interceptors",
      "Logging",
    ],
    "RPCInspect": ["GRPC", "GRPCServices", "Protobuf"],
    "ContractGen": ["Protobuf"],
    "protoc-gen-swift-rpc": ["ContractGen"],
    "rpcurl": ["RPCInspect", "GRPC", "GRPCTransport", "Protobuf", "ArgumentParser", "Logging"],
    "grpc-interop": [
      "GRPC", "GRPCServices", "GRPCTransport", "Protobuf", "ArgumentParser", "Logging",
    ],
    "farebox": [
      "AuthService", "AccountingService", "ChatService", "StorageSQLite", "Interceptors", "Ledger",
      "Identity", "Conversation", "Contracts", "GRPC", "GRPCServices", "GRPCTransport",
      "Observability", "Webhooks", "WebhookTransport", "ArgumentParser", "Configuration",
      "ServiceLifecycle", "Logging", "Metrics", "NIOCore", "NIOPosix", "NIOHTTP1",
    ],
  ]

  /// Modules of the toolchain, and who may use those that bring more than types.
  static let systemModules: Set<String> = [
    "Swift", "Synchronization", "Foundation", "FoundationEssentials", "Dispatch", "Glibc", "Musl",
    "Darwin",
  ]

  /// The business side stays free of the operating system: its clocks and files are injected.
  static let pure: [String: Set<String>] = [
    "Ledger": ["Synchronization", "Swift", "Dispatch", "Glibc", "Musl", "Darwin"],
    "Conversation": ["Synchronization", "Swift"],
    "GRPC": ["Synchronization", "Swift", "Glibc", "Musl", "Darwin"],
    "HTTP2": ["Synchronization", "Swift", "Glibc", "Musl", "Darwin"],
  ]
}
