import ArgumentParser
import Foundation
import GRPCTransport

/// How a running server is asked by a command.
struct RemoteOptions: ParsableArguments {
  @Option(
    help: "Where the accounting of a running server listens: HOST:PORT or unix:PATH.")
  var from: String?

  @Option(
    help: """
      A file whose first line is an administrator's token, or - for standard input (default: the \
      variable FAREBOX_TOKEN). Never an argument: other users can see those.
      """)
  var tokenFile: String?

  @Option(help: "Speak TLS with --from; believe these authorities (PEM), or \"system\".")
  var remoteTlsAuthority: String?

  @Option(help: "Our certificate (PEM) for a server that demands one.")
  var remoteTlsCertificate: String?

  @Option(help: "The key of --remote-tls-certificate (PEM).")
  var remoteTlsKey: String?

  @Option(help: "The name that the server's certificate must bear (default: the host of --from).")
  var remoteTlsName: String?

  private var tls: [String: String?] {
    [
      "remote.tls.authority": remoteTlsAuthority, "remote.tls.certificate": remoteTlsCertificate,
      "remote.tls.key": remoteTlsKey, "remote.tls.name": remoteTlsName,
    ]
  }

  func validate() throws {
    let others = [tokenFile] + tls.values
    guard from != nil || others.allSatisfy({ $0 == nil }) else {
      throw ValidationError("--token-file and --remote-tls-… go with --from")
    }
  }

  /// The journal of the server that was named; nil when none was. Throws ``StartupError``.
  func journal(environment: [String: String]) throws -> RemoteJournal? {
    guard let from else { return nil }
    let address: HTTP2ClientTransport.Target
    do {
      address = try HTTP2ClientTransport.Target(parsing: from)
    } catch {
      throw StartupError("--from: \(error)")
    }
    let settings = try TLSSettings { key in
      guard let flag = tls[key] else { return nil }
      let variable = "FAREBOX_" + key.uppercased().replacing(".", with: "_")
      return flag ?? environment[variable]
    }
    return RemoteJournal(
      address: address, tls: try Certificates(settings).remotes, token: try token(environment))
  }

  private func token(_ environment: [String: String]) throws -> String {
    let text: String?
    switch tokenFile {
    case nil: text = environment["FAREBOX_TOKEN"]
    case "-": text = readLine()
    case let path?:
      let data = FileManager.default.contents(atPath: path)
      text = data.map { String(decoding: $0, as: UTF8.self) }
    }
    let line = text?.split(whereSeparator: \.isNewline).first
    guard let line, line.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw StartupError("an administrator's token is needed: --token-file or FAREBOX_TOKEN")
    }
    return String(line)
  }
}
