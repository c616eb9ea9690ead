import Foundation
import GRPCTransport

/// The test certificates as files, in a folder of their own that goes with this object.
final class CertificateFolder: Sendable {
  private let path: String

  init() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "tls-\(UUID().uuidString)")
    path = folder.path
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let files = [
      "authority.pem": TestPEM.authority, "stranger.pem": TestPEM.stranger,
      "server.pem": TestPEM.server, "server.key": TestPEM.serverKey,
      "client.pem": TestPEM.client, "client.key": TestPEM.clientKey,
      "foreign.pem": TestPEM.foreign, "foreign.key": TestPEM.foreignKey,
    ]
    for (name, text) in files { try write(text, to: name) }
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of a file, which need not exist.
  subscript(name: String) -> String { path + "/" + name }

  func write(_ text: String, to name: String) throws {
    try Data((text + "\n").utf8).write(to: URL(filePath: self[name]), options: .atomic)
  }

  func server(demandsCertificates: Bool = false) throws(TLSSetupError) -> ServerTLS {
    try ServerTLS(
      certificateChainFile: self["server.pem"], privateKeyFile: self["server.key"],
      clientAuthorityFile: demandsCertificates ? self["authority.pem"] : nil)
  }

  /// A client that trusts `authority`, and shows the certificate `identity` if any.
  func client(
    trusting authority: String = "authority", as identity: String? = nil, serverName: String? = nil
  ) throws(TLSSetupError) -> ClientTLS {
    try ClientTLS(
      trust: .authorityFile(self[authority + ".pem"]),
      certificateChainFile: identity.map { self[$0 + ".pem"] },
      privateKeyFile: identity.map { self[$0 + ".key"] }, serverName: serverName)
  }
}
