// swift-tools-version: 6.2
import PackageDescription

// Prepaid-credit control for AI services. Layers and arrows: each target may import what is listed
// here and nothing else; Tests/TidyTests holds the sources against this table.

let strict: [SwiftSetting] = [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]

func layer(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func program(
  _ name: String, _ dependencies: [Target.Dependency], linking libraries: [LinkerSetting] = []
) -> Target {
  .executableTarget(
    name: name, dependencies: dependencies, swiftSettings: strict, linkerSettings: libraries)
}

/// What is allocated on one thread is often freed on another, which glibc's malloc answers with
/// locks: a fifth of what a charge costs in the ledger.
let jemalloc = LinkerSetting.linkedLibrary("jemalloc", .when(platforms: [.linux]))

func tests(of name: String, with more: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: [.target(name: name)] + more, swiftSettings: strict)
}

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let tracing = Target.Dependency.product(name: "Tracing", package: "swift-distributed-tracing")
let instrumentation = Target.Dependency.product(
  name: "Instrumentation", package: "swift-distributed-tracing")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let configuration = Target.Dependency.product(
  name: "Configuration", package: "swift-configuration")
let lifecycle = Target.Dependency.product(
  name: "ServiceLifecycle", package: "swift-service-lifecycle")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let jwtKit = Target.Dependency.product(name: "JWTKit", package: "jwt-kit")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")

let package = Package(
  name: "farebox",
  platforms: [.macOS("26.0")],
  products: [
    .executable(name: "farebox", targets: ["farebox"]),
    .executable(name: "rpcurl", targets: ["rpcurl"]),
    .executable(name: "protoc-gen-swift-rpc", targets: ["protoc-gen-swift-rpc"]),
    .executable(name: "grpc-interop", targets: ["grpc-interop"]),
    .library(name: "GRPC", targets: ["GRPC", "GRPCTransport", "GRPCServices", "Protobuf"]),
    .library(name: "GRPCObservability", targets: ["Observability"]),
    .library(name: "FareboxContracts", targets: ["Contracts"]),
    .library(name: "FareboxLedger", targets: ["Ledger", "StorageSQLite"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
  ],
  targets: [
    // C rooms
    .systemLibrary(
      name: "CNghttp2", pkgConfig: "libnghttp2",
      providers: [.apt(["libnghttp2-dev"]), .brew(["nghttp2"])]),
    .systemLibrary(
      name: "CProtobufC", pkgConfig: "libprotobuf-c",
      providers: [.apt(["libprotobuf-c-dev"]), .brew(["protobuf-c"])]),
    .systemLibrary(
      name: "CArgon2", pkgConfig: "libargon2",
      providers: [.apt(["libargon2-dev"]), .brew(["argon2"])]),
    .systemLibrary(
      name: "CZlib", pkgConfig: "zlib",
      providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .systemLibrary(name: "CScheduler"),
    .systemLibrary(name: "CSQLiteSetup"),
    // Leaves
    layer("HTTP2", ["CNghttp2"]),
    layer("Protobuf", ["CProtobufC"]),
    // Core
    layer("GRPC", ["CZlib", "HTTP2", "Protobuf"]),
    // Wire side
    layer("GRPCTransport", ["GRPC", "HTTP2", nioCore, nioPosix, nioSSL, nioTLS, logging]),
    layer("GRPCServices", ["GRPC", "Protobuf"]),
    layer("Observability", ["GRPC", logging, metrics, tracing, instrumentation]),
    layer("Contracts", ["GRPC", "Protobuf"]),
    // Business side
    layer("Ledger", [crypto]),
    layer("Identity", ["CArgon2", crypto, jwtKit]),
    layer("Conversation"),
    layer("Webhooks", ["Ledger", crypto]),
    // Edges
    layer(
      "StorageSQLite",
      ["CScheduler", "CSQLiteSetup", "Ledger", "Identity", "Webhooks", grdb, sqlite]),
    layer("WebhookTransport", ["Webhooks", nioCore, nioPosix, nioHTTP1, nioSSL]),
    layer("Interceptors", ["GRPC", "GRPCServices", "Identity", "Observability", logging]),
    layer(
      "AuthService", ["Contracts", "GRPC", "GRPCServices", "Protobuf", "Identity", "Interceptors"]),
    layer(
      "AccountingService",
      [
        "Contracts", "GRPC", "GRPCServices", "Protobuf", "Ledger", "Identity", "Interceptors",
        "Webhooks", crypto,
      ]),
    layer(
      "ChatService",
      [
        "Contracts", "GRPC", "GRPCServices", "Protobuf", "Conversation", "Identity",
        "Interceptors", logging,
      ]),
    layer("RPCInspect", ["GRPC", "GRPCServices", "Protobuf"]),
    layer("ContractGen", ["Protobuf"]),
    // Programs
    program(
      "farebox",
      [
        "AuthService", "AccountingService", "ChatService", "StorageSQLite", "Interceptors",
        "Ledger", "Identity", "Conversation", "Contracts", "GRPC", "GRPCServices",
        "GRPCTransport", "Observability", "Webhooks", "WebhookTransport", arguments, configuration,
        lifecycle, logging, metrics, nioCore, nioPosix, nioHTTP1,
      ], linking: [jemalloc]),
    program("rpcurl", ["RPCInspect", "GRPC", "GRPCTransport", "Protobuf", arguments, logging]),
    program("protoc-gen-swift-rpc", ["ContractGen"]),
    program(
      "grpc-interop",
      ["GRPC", "GRPCServices", "GRPCTransport", "Protobuf", arguments, logging]),
    // Tests mirror Sources
    tests(of: "HTTP2", with: ["CNghttp2"]),
    tests(of: "Protobuf"),
    tests(of: "GRPC", with: ["CZlib", "HTTP2", "Protobuf"]),
    tests(of: "GRPCTransport", with: ["GRPC", "HTTP2", nioCore, nioPosix, nioSSL, logging]),
    tests(of: "GRPCServices", with: ["GRPC", "GRPCTransport", "Protobuf", logging]),
    tests(
      of: "Observability",
      with: ["GRPC", "GRPCTransport", logging, metrics, tracing, instrumentation]),
    tests(of: "ContractGen", with: ["GRPC", "Protobuf"]),
    tests(of: "Ledger", with: ["LedgerConformance"]),
    tests(of: "Identity", with: [crypto, jwtKit]),
    tests(of: "Conversation"),
    tests(
      of: "Webhooks",
      with: [
        "Ledger", "LedgerConformance", "StorageSQLite", "WebhookTransport", nioCore, nioPosix,
        nioHTTP1, nioSSL,
      ]),
    tests(
      of: "StorageSQLite",
      with: ["Identity", "Ledger", "LedgerConformance", "StorageFaults", grdb]),
    tests(
      of: "Interceptors",
      with: [
        "Contracts", "GRPC", "GRPCServices", "HTTP2", "Identity", "Observability", logging, tracing,
      ]),
    tests(
      of: "AuthService",
      with: [
        "Contracts", "GRPC", "GRPCServices", "GRPCTransport", "Identity", "Interceptors",
        "StorageSQLite", logging,
      ]),
    tests(
      of: "AccountingService",
      with: [
        "Contracts", "GRPC", "GRPCServices", "GRPCTransport", "Identity", "Interceptors",
        "Ledger", "LedgerConformance", "Protobuf", "StorageSQLite", "Webhooks", logging,
      ]),
    tests(
      of: "ChatService",
      with: ["Contracts", "Conversation", "GRPC", "GRPCServices", "GRPCTransport", logging]),
    tests(of: "RPCInspect", with: ["GRPC", "GRPCServices", "GRPCTransport", "Protobuf", logging]),
    tests(of: "farebox", with: [logging]),
    .testTarget(name: "TidyTests", swiftSettings: strict),
    // What several test targets share: the ledger's model and the suite that every store passes.
    .target(
      name: "LedgerConformance", dependencies: ["Ledger"], path: "Tests/LedgerConformance",
      swiftSettings: strict),
    // The ledger and its service in one seeded process: machine, network, disk and clock simulated.
    .testTarget(
      name: "SimulationTests",
      dependencies: [
        "AccountingService", "Contracts", "GRPC", "GRPCServices", "HTTP2", "Identity",
        "Interceptors", "Ledger", "LedgerConformance", "Protobuf", "Webhooks",
      ],
      swiftSettings: strict),
    // A file system for SQLite that records what reaches the disk, and fails when a test says so.
    .target(
      name: "StorageFaults", path: "Tests/StorageFaults",
      linkerSettings: [.linkedLibrary("sqlite3")]),
    // The parsers as a fuzzer feeds them, and the replay of what tools/fuzz found worth keeping.
    .target(
      name: "FuzzTargets", dependencies: ["Contracts", "GRPC", "GRPCServices", "HTTP2", "Protobuf"],
      path: "Tests/FuzzTargets", swiftSettings: strict),
    tests(of: "FuzzTargets", with: ["CProtobufC", "Contracts", "GRPCServices", "Protobuf"]),
    // Decodes and encodes for Tests/Python, which compares with Google's protobuf.
    .executableTarget(
      name: "protobuf-roundtrip", dependencies: ["Contracts", "GRPC", "Protobuf"],
      path: "Tests/ProtobufRoundtrip", swiftSettings: strict),
  ]
)

// The runtime alone, without what only the services need: for builds with a sanitizer.
if Context.environment["FAREBOX_TARGETS"] == "runtime" {
  let runtime: Set = [
    "CNghttp2", "CProtobufC", "CZlib", "HTTP2", "Protobuf", "GRPC", "GRPCTransport", "GRPCServices",
    "Observability", "HTTP2Tests", "GRPCTests", "GRPCTransportTests", "GRPCServicesTests",
    "ObservabilityTests",
  ]
  package.targets.removeAll { !runtime.contains($0.name) }
  package.products = []
  // Building tests builds whole packages, used or not.
  let packages = ["swift-nio", "swift-nio-ssl", "swift-log", "swift-metrics", "-tracing"]
  package.dependencies.removeAll { dependency in
    guard case .sourceControl(_, let location, _) = dependency.kind else { return false }
    return !packages.contains { location.hasSuffix($0) }
  }
}

// The ledger alone: tools/mutants builds it over and over.
if Context.environment["FAREBOX_TARGETS"] == "ledger" {
  package.targets.removeAll { !["Ledger", "LedgerTests", "LedgerConformance"].contains($0.name) }
  package.products = []
  package.dependencies.removeAll { dependency in
    guard case .sourceControl(_, let location, _) = dependency.kind else { return false }
    return !location.hasSuffix("swift-crypto")
  }
}

// The simulation alone, with what it simulates: for campaigns of it.
if Context.environment["FAREBOX_TARGETS"] == "simulation" {
  let simulated: Set = [
    "CNghttp2", "CProtobufC", "CZlib", "CArgon2", "HTTP2", "Protobuf", "GRPC", "GRPCServices",
    "Observability", "Contracts", "Ledger", "Identity", "Webhooks", "Interceptors",
    "AccountingService", "LedgerConformance", "SimulationTests",
  ]
  package.targets.removeAll { !simulated.contains($0.name) }
  package.products = []
  let packages = ["-crypto", "jwt-kit", "swift-log", "swift-metrics", "-tracing"]
  package.dependencies.removeAll { dependency in
    guard case .sourceControl(_, let location, _) = dependency.kind else { return false }
    return !packages.contains { location.hasSuffix($0) }
  }
}

// The ledger's store alone: for campaigns against optimized code.
if Context.environment["FAREBOX_TARGETS"] == "storage" {
  let storage: Set = [
    "CArgon2", "CScheduler", "CSQLiteSetup", "Ledger", "Identity", "Webhooks", "StorageSQLite",
    "LedgerConformance", "StorageFaults", "StorageSQLiteTests",
  ]
  package.targets.removeAll { !storage.contains($0.name) }
  package.products = []
  let packages = ["swift-crypto", "jwt-kit", "GRDB.swift"]
  package.dependencies.removeAll { dependency in
    guard case .sourceControl(_, let location, _) = dependency.kind else { return false }
    return !packages.contains { location.hasSuffix($0) }
  }
}

// The fuzzer alone: tools/fuzz brings libFuzzer and sanitized builds of the C libraries.
if Context.environment["FAREBOX_TARGETS"] == "fuzz" {
  let fuzzed: Set = [
    "CNghttp2", "CProtobufC", "CZlib", "HTTP2", "Protobuf", "GRPC", "GRPCServices", "Contracts",
    "FuzzTargets",
  ]
  package.targets.removeAll { !fuzzed.contains($0.name) }
  package.targets.append(
    .executableTarget(
      name: "fuzz-driver", dependencies: ["FuzzTargets"], path: "Tests/FuzzDriver",
      swiftSettings: strict))
  package.products = []
}
