import GRPCTransport

/// Which certificates this process shows and whom it believes; what is not set stays plaintext.
struct TLSSettings: Sendable, Hashable {
  /// What the listeners show.
  struct Listeners: Sendable, Hashable {
    /// The certificate and those between it and the root (PEM).
    var certificate: String
    /// Its key (PEM, without a password).
    var key: String
    /// The authorities of clients' certificates; nil = clients need none.
    var clientAuthority: String?
  }

  /// How auth and accounting are called.
  struct Remotes: Sendable, Hashable {
    /// The authorities that are believed (PEM); nil = those of the operating system.
    var authority: String?
    /// Our own certificate and its key, for listeners that demand one.
    var certificate: String?
    var key: String?
    /// The name that certificates must bear; nil = the host of the address.
    var name: String?
  }

  var listeners: Listeners?
  var remotes: Remotes?

  /// The value of `remote.tls.authority` that stands for the operating system's authorities.
  static let systemAuthorities = "system"

  /// Plaintext everywhere.
  init() {}

  /// Reads the settings; throws ``StartupError`` when one is there without its companion.
  init(_ text: (String) -> String?) throws {
    func together(_ first: String, _ second: String) throws -> (String, String)? {
      switch (text(first), text(second)) {
      case (nil, nil): return nil
      case (let one?, let other?): return (one, other)
      case (nil, _): throw StartupError("\(first): goes with \(second)")
      case (_, nil): throw StartupError("\(second): goes with \(first)")
      }
    }
    if let (certificate, key) = try together("tls.certificate", "tls.key") {
      listeners = Listeners(
        certificate: certificate, key: key, clientAuthority: text("tls.client.authority"))
    } else if text("tls.client.authority") != nil {
      throw StartupError("tls.client.authority: needs tls.certificate and tls.key")
    }
    let own = try together("remote.tls.certificate", "remote.tls.key")
    let name = text("remote.tls.name")
    if let authority = text("remote.tls.authority") {
      remotes = Remotes(
        authority: authority == Self.systemAuthorities ? nil : authority,
        certificate: own?.0, key: own?.1, name: name)
    } else if own != nil || name != nil {
      throw StartupError("remote.tls.authority: is needed for TLS; \"system\" or a PEM file")
    }
  }
}

/// The certificates of this process, which ``CertificateReload`` reads again.
struct Certificates: Sendable {
  let listeners: ServerTLS?
  let remotes: ClientTLS?

  /// Reads the files. Throws ``StartupError``, which names the file.
  init(_ settings: TLSSettings) throws {
    do {
      listeners = try settings.listeners.map {
        try ServerTLS(
          certificateChainFile: $0.certificate, privateKeyFile: $0.key,
          clientAuthorityFile: $0.clientAuthority)
      }
      remotes = try settings.remotes.map {
        try ClientTLS(
          trust: $0.authority.map { .authorityFile($0) } ?? .systemRoots,
          certificateChainFile: $0.certificate, privateKeyFile: $0.key, serverName: $0.name)
      }
    } catch {
      throw StartupError("\(error)")
    }
  }

  /// Whether there is anything to read again.
  var isEmpty: Bool { listeners == nil && remotes == nil }

  /// Reads all files again. What cannot be read stays as it was, and the first problem is thrown.
  func reload() throws {
    let results = [
      Result { try listeners?.reload() }, Result { try remotes?.reload() },
    ]
    for result in results { try result.get() }
  }
}
