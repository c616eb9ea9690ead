import ArgumentParser

/// How to reach the server and where its contracts come from.
struct ConnectionFlags: ParsableArguments {
  @Flag(help: "Use HTTP/2 without TLS.")
  var plaintext = false

  @Flag(help: "Do not check the server's certificate: anyone may listen. For tests only.")
  var insecure = false

  @Option(
    help: ArgumentHelp(
      "Trust the authorities of this PEM file instead of the system's.", valueName: "file"))
  var cacert: String?

  @Option(
    help: ArgumentHelp("Our certificate (PEM) for servers that demand one.", valueName: "file"))
  var cert: String?

  @Option(help: ArgumentHelp("The key (PEM) of the certificate of -cert.", valueName: "file"))
  var key: String?

  @Option(
    help: ArgumentHelp(
      """
      The name that the server's certificate must bear. Default: the one of -authority, else the \
      host of the address.
      """,
      valueName: "name"))
  var servername: String?

  @Flag(help: "The address is the path of a unix socket.")
  var unix = false

  @Option(help: "Value of the :authority header.")
  var authority: String?

  @Option(help: "Put in front of the user-agent header.")
  var userAgent = "rpcurl/0.1"

  @Option(help: ArgumentHelp("Seconds to wait for the connection.", valueName: "seconds"))
  var connectTimeout: Double = 10

  @Option(help: ArgumentHelp("Seconds that everything together may take.", valueName: "seconds"))
  var maxTime: Double?

  @Option(help: ArgumentHelp("Largest response in bytes.", valueName: "bytes"))
  var maxMsgSz: Int = 4 << 20

  @Option(
    name: .customLong("protoset"),
    help: ArgumentHelp(
      """
      Take contracts from a descriptor set (protoc --descriptor_set_out --include_imports); may be \
      repeated.
      """,
      valueName: "file"))
  var protosets: [String] = []

  func validate() throws {
    let fields = [authority ?? "", userAgent]
    guard fields.allSatisfy({ $0.utf8.allSatisfy { (0x20...0x7E).contains($0) } }) else {
      throw ValidationError("-authority and -user-agent take printable ASCII only")
    }
    guard connectTimeout > 0, connectTimeout <= 1e6 else {
      throw ValidationError("-connect-timeout must be above 0 seconds")
    }
    if let maxTime, !(maxTime > 0 && maxTime <= 1e6) {
      throw ValidationError("-max-time must be above 0 seconds")
    }
    guard maxMsgSz > 0 else { throw ValidationError("-max-msg-sz must be above 0 bytes") }
    try validateEncryption()
  }

  private func validateEncryption() throws {
    let needTLS = [
      ("-insecure", insecure), ("-cacert", cacert != nil), ("-cert", cert != nil),
      ("-key", key != nil), ("-servername", servername != nil),
    ]
    if plaintext, let (flag, _) = needTLS.first(where: { $0.1 }) {
      throw ValidationError("\(flag) has no meaning with -plaintext")
    }
    if insecure, cacert != nil { throw ValidationError("-insecure and -cacert exclude each other") }
    guard (cert == nil) == (key == nil) else { throw ValidationError("-cert and -key go together") }
  }
}
