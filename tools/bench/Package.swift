// swift-tools-version: 6.2
import PackageDescription

// The benchmark's own programs: an echo server and client on the runtime, a load on the ledger, and
// the grpc-swift-2 peer. A package apart, so that the product carries no benchmark dependency and nobody builds this
// without asking for it.

let strict: [SwiftSetting] = [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]

let package = Package(
  name: "farebox-bench",
  platforms: [.macOS("26.0")],
  dependencies: [
    .package(name: "farebox", path: "../.."),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/grpc/grpc-swift-2", exact: "2.4.3"),
    .package(url: "https://github.com/grpc/grpc-swift-nio-transport", exact: "2.9.2"),
  ],
  targets: [
    .executableTarget(
      name: "bench-echo",
      dependencies: [
        .product(name: "GRPC", package: "farebox"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "bench-ledger",
      dependencies: [
        .product(name: "GRPC", package: "farebox"),
        .product(name: "FareboxContracts", package: "farebox"),
        .product(name: "FareboxLedger", package: "farebox"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ],
      swiftSettings: strict,
      // As farebox is linked: the ledger is measured as it ships.
      linkerSettings: [.linkedLibrary("jemalloc", .when(platforms: [.linux]))]),
    .executableTarget(
      name: "grpc-swift-echo",
      dependencies: [
        .product(name: "GRPCCore", package: "grpc-swift-2"),
        .product(name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ],
      swiftSettings: strict),
  ]
)
