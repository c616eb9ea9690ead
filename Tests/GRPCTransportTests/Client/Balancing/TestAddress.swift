import NIOCore

@testable import GRPCTransport

extension ResolvedAddress {
  /// An address of the documentation's networks, told apart by one number.
  static func v4(_ number: Int) -> ResolvedAddress { address("192.0.2.\(number)") }
  static func v6(_ number: Int) -> ResolvedAddress { address("2001:db8::\(number)") }

  private static func address(_ text: String) -> ResolvedAddress {
    guard let socket = try? SocketAddress(ipAddress: text, port: 1) else {
      preconditionFailure("\(text) is an address")
    }
    return ResolvedAddress(origin: .tcp(host: "test", port: 1), socket: socket)
  }
}

extension [BalancerAction] {
  /// The addresses to connect to.
  var connects: [ResolvedAddress] {
    compactMap { if case .connect(let address) = $0 { address } else { nil } }
  }

  var abandons: [ResolvedAddress] {
    compactMap { if case .abandon(let address) = $0 { address } else { nil } }
  }

  /// The pause that was asked for with a timer.
  func pause(_ timer: BalancerTimer) -> Duration? {
    for case .wait(let pause, timer) in self { return pause }
    return nil
  }
}
