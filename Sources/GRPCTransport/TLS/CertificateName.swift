import NIOSSL

/// Whether a certificate is for a host, by its DNS names (RFC 9525 section 6.3).
///
/// NIOSSL also takes a certificate that bears the IP address of the peer, even when a host name was
/// asked for: whoever controls the resolver and one address with a certificate of its own would
/// pass as any host. The common name is not looked at.
enum CertificateName {
  /// The DNS names, URIs and mail addresses of a certificate (RFC 5280 section 4.2.1.6).
  static func all(in certificate: NIOSSLCertificate) -> [String] {
    names(in: certificate) { $0 == .dnsName || $0 == .uri || $0 == .email }
  }

  static func isFor(_ host: String, _ certificate: NIOSSLCertificate) -> Bool {
    names(in: certificate) { $0 == .dnsName }.contains { covers($0, host) }
  }

  /// Whether a name with or without a wildcard covers a host. A wildcard is the whole leftmost
  /// label and stands for exactly one label.
  static func covers(_ name: String, _ host: String) -> Bool {
    let name = labels(name)
    let host = labels(host)
    guard name.count == host.count, !host.contains("") else { return false }
    if name.first == "*" {
      return name.count > 2 && name.dropFirst().elementsEqual(host.dropFirst())
    }
    return name == host
  }

  private static func labels(_ name: String) -> [String] {
    let name = name.hasSuffix(".") ? name.dropLast() : name[...]
    return name.lowercased().split(separator: ".", omittingEmptySubsequences: false)
      .map(String.init)
  }

  private static func names(
    in certificate: NIOSSLCertificate, where isWanted: (_SubjectAlternativeName.NameType) -> Bool
  ) -> [String] {
    certificate._subjectAlternativeNames().compactMap { name in
      isWanted(name.nameType) ? String(validating: name.contents, as: UTF8.self) : nil
    }
  }
}
