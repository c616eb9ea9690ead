/// Lets long flags be written with one dash, as grpcurl's users do: `-plaintext`, `-max-time 5`.
public enum FlagSpelling {
  private static let flags: Set<String> = [
    "plaintext", "insecure", "unix", "allow-unknown-fields", "emit-defaults", "msg-template",
    "format-error", "help",
  ]
  private static let options: Set<String> = [
    "cacert", "cert", "key", "servername", "authority", "user-agent", "connect-timeout",
    "max-time", "max-msg-sz", "protoset", "data", "header", "rpc-header", "reflect-header",
    "compress",
  ]

  /// Doubles the dash of known long flags; `-flag=true` becomes `--flag`, `-flag=false` nothing.
  /// Values of options are left alone, whatever they look like.
  public static func normalized(_ arguments: [String]) -> [String] {
    var result: [String] = []
    var isValue = false
    for (index, argument) in arguments.enumerated() {
      if isValue {
        result.append(argument)
        isValue = false
      } else if argument == "--" {
        return result + arguments[index...]
      } else if argument == "-d" || argument == "-H" {
        result.append(argument)
        isValue = true
      } else if let long = LongFlag(argument) {
        isValue = options.contains(long.name) && long.value == nil
        result += spelled(long)
      } else {
        result.append(argument)
      }
    }
    return result
  }

  private static func spelled(_ long: LongFlag) -> [String] {
    if options.contains(long.name) {
      return ["--" + long.name + (long.value.map { "=" + $0 } ?? "")]
    }
    switch (flags.contains(long.name), long.value) {
    case (true, nil), (true, "true"): return ["--" + long.name]
    case (true, "false"): return []
    // Two dashes also for what nobody knows: as a cluster of letters, its "h" would ask for help.
    default: return ["--" + long.original.drop { $0 == "-" }]
    }
  }

  /// An argument that begins with one or two dashes and has a name of more than one letter.
  private struct LongFlag {
    let original: String
    let name: String
    let value: String?

    init?(_ argument: String) {
      guard argument.hasPrefix("-") else { return nil }
      let body = argument.drop { $0 == "-" }
      guard argument.count - body.count <= 2 else { return nil }
      let parts = body.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = parts.first, name.count > 1 else { return nil }
      self.original = argument
      self.name = String(name)
      self.value = parts.count > 1 ? String(parts[1]) : nil
    }
  }
}
