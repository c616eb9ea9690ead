// swift-tools-version: 6.2
import PackageDescription

// The benchmark's own echo server on the runtime. A package apart, so that the product carries no
// benchmark dependency and nobody builds this without asking for it.

let package = Package(
  name: "farebox-bench",
  platforms: [.macOS("26.0")],
  dependencies: [
    .package(name: "farebox", path: "../.."),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
  ],
  targets: [
    .executableTarget(
      name: "bench-echo",
      dependencies: [
        .product(name: "GRPC", package: "farebox"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ],
      swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)])
  ]
)
