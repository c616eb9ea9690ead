import GRPC
import GRPCTransport
import RPCInspect

extension ConnectionFlags {
  /// Whom to trust, nil for plaintext.
  ///
  /// - Throws: ``UsageError`` when a file or a name is of no use.
  func tls() throws(UsageError) -> ClientTLS? {
    if plaintext { return nil }
    var trust = ClientTLS.Trust.systemRoots
    if let cacert { trust = .authorityFile(cacert) }
    if insecure { trust = .anyone }
    do {
      return try ClientTLS(
        trust: trust, certificateChainFile: cert, privateKeyFile: key,
        serverName: servername ?? authorityHost)
    } catch {
      throw UsageError(error.description)
    }
  }

  /// The host of -authority, nil when there is none or it is an address.
  private var authorityHost: String? {
    guard let authority, !authority.isEmpty, !authority.hasPrefix("[") else { return nil }
    let host = authority.split(separator: ":", omittingEmptySubsequences: false).first ?? ""
    let isAddress = host.allSatisfy { $0.isNumber || $0 == "." }
    return isAddress ? nil : String(host)
  }

  /// A failure, with the flag to change when the connection failed for lack of the right one.
  static func explained(_ failure: RPCError) -> RPCError {
    let advice: String
    switch EncryptionMismatch(in: failure) {
    case .serverExpectsTLS: advice = "leave out -plaintext"
    case .serverExpectsPlaintext: advice = "give -plaintext if it does"
    case nil:
      let texts = [
        ("certificate is not trusted", "-cacert names the authority, -insecure skips the check"),
        ("certificate is not for", "-servername names it, -insecure skips the check"),
        ("demands a client certificate", "give -cert and -key"),
        ("demand a client certificate?", "-cert and -key give one"),
      ]
      let known = texts.first {
        failure.code == .unavailable && failure.message.contains($0.0)
      }
      guard let known else { return failure }
      advice = known.1
    }
    var explained = failure
    explained.message += " (\(advice))"
    return explained
  }
}
