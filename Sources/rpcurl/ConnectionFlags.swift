import ArgumentParser

/// How to reach the server and where its contracts come from.
struct ConnectionFlags: ParsableArguments {
  @Flag(help: "Use HTTP/2 without TLS. Needed: this build has no TLS.")
  var plaintext = false

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
  }
}
