import NIOSSL

/// Reads PEM files and says which one is at fault.
enum TLSFiles {
  /// The certificates of a file, the first one being the end entity of a chain.
  static func certificates(_ path: String) throws(TLSSetupError) -> [NIOSSLCertificate] {
    let certificates: [NIOSSLCertificate]
    do {
      certificates = try NIOSSLCertificate.fromPEMFile(path)
    } catch {
      throw TLSSetupError(description: "no certificates can be read from \(path) (PEM)")
    }
    guard !certificates.isEmpty else {
      throw TLSSetupError(description: "\(path) holds no certificate")
    }
    return certificates
  }

  /// The private key of a file.
  static func privateKey(_ path: String) throws(TLSSetupError) -> NIOSSLPrivateKey {
    do {
      return try NIOSSLPrivateKey(file: path, format: .pem)
    } catch {
      throw TLSSetupError(description: "no private key can be read from \(path) (PEM, no password)")
    }
  }

  /// What connections are made from.
  static func context(
    _ configuration: TLSConfiguration, of files: String
  ) throws(TLSSetupError) -> NIOSSLContext {
    do {
      return try NIOSSLContext(configuration: configuration)
    } catch {
      throw TLSSetupError(
        description: "TLS cannot be set up with \(files); does the key fit the certificate?")
    }
  }
}
