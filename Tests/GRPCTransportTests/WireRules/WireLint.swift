/// What every header block of ours must keep, whatever the test is about. Applied to each answer
/// that a `WireClient` reads and to each request that a `ScriptedServer` gets.
enum WireLint {
  typealias Field = (name: String, value: String)

  /// Fields that are written as `name=value`.
  static func fields(_ lines: [String]) -> [Field] {
    lines.map { line in
      // Pseudo fields and names hold no "=".
      let end = line.firstIndex(of: "=") ?? line.endIndex
      return (String(line[..<end]), String(line[end...].dropFirst()))
    }
  }

  /// What is wrong with the blocks of a whole gRPC answer; nothing is asked of other answers.
  static func problems(headers: [Field], trailers: [Field]?) -> [String] {
    guard value(of: "content-type", in: headers)?.hasPrefix("application/grpc") == true else {
      return []
    }
    var problems = names(headers) + names(trailers ?? [])
    problems += repeated(
      [":status", "content-type", "grpc-encoding", "grpc-accept-encoding"], in: headers)
    let last = trailers ?? headers
    problems += repeated(["grpc-status", "grpc-message", "grpc-status-details-bin"], in: last)
    if let trailers {
      for field in headers where field.name == "grpc-status" || field.name == "grpc-message" {
        problems.append("\(field.name) is in the leading headers")
      }
      for field in trailers where field.name.hasPrefix(":") || field.name == "content-type" {
        problems.append("\(field.name) is in the trailers")
      }
    }
    guard let status = value(of: "grpc-status", in: last) else {
      return problems + ["there is no grpc-status"]
    }
    if Int(status).map({ (0...16).contains($0) && "\($0)" == status }) != true {
      problems.append("grpc-status is \(status)")
    }
    if let message = value(of: "grpc-message", in: last) {
      if status == "0" || message.isEmpty { problems.append("grpc-message is there for nothing") }
      if !isPercentEncoded(message) { problems.append("grpc-message is \(message)") }
    }
    if status == "0", value(of: "grpc-status-details-bin", in: last) != nil {
      problems.append("there are details of a success")
    }
    return problems + binaries(headers) + binaries(trailers ?? [])
  }

  /// What is wrong with the header block of a request.
  static func problems(request fields: [Field]) -> [String] {
    var problems = names(fields) + binaries(fields)
    problems += repeated(
      [
        ":method", ":scheme", ":path", ":authority", "te", "content-type", "user-agent",
        "grpc-timeout", "grpc-encoding", "grpc-accept-encoding",
      ], in: fields)
    let pseudo = fields.prefix { $0.name.hasPrefix(":") }
    if fields.dropFirst(pseudo.count).contains(where: { $0.name.hasPrefix(":") }) {
      problems.append("a pseudo field comes late")
    }
    for (name, values) in [
      (":method", ["POST"]), (":scheme", ["http", "https"]), ("te", ["trailers"]),
      ("content-type", ["application/grpc", "application/grpc+proto"]),
    ] where value(of: name, in: fields).map(values.contains) != true {
      problems.append("\(name) is \(value(of: name, in: fields) ?? "missing")")
    }
    for name in [":path", ":authority", "user-agent"] where value(of: name, in: fields) == nil {
      problems.append("\(name) is missing")
    }
    if let index = fields.firstIndex(where: { $0.name == "grpc-timeout" }) {
      let text = fields[index].value
      if index != pseudo.count { problems.append("grpc-timeout is not the first after :authority") }
      if text.wholeMatch(of: /[0-9]{1,8}[HMSmun]/) == nil || Int(text.dropLast()) == 0 {
        problems.append("grpc-timeout is \(text)")
      }
    }
    return problems
  }

  private static func value(of name: String, in fields: [Field]) -> String? {
    fields.first { $0.name == name }?.value
  }

  private static func names(_ fields: [Field]) -> [String] {
    fields.filter { $0.name.wholeMatch(of: /:?[0-9a-z_.-]+/) == nil }
      .map { "the name \($0.name) is not lawful" }
      + fields.filter { ["connection", "keep-alive", "transfer-encoding"].contains($0.name) }
      .map { "\($0.name) has no place in HTTP/2" }
  }

  private static func repeated(_ names: [String], in fields: [Field]) -> [String] {
    names.filter { name in fields.count { $0.name == name } > 1 }.map { "\($0) comes twice" }
  }

  private static func binaries(_ fields: [Field]) -> [String] {
    fields.filter { field in
      field.name.hasSuffix("-bin")
        && (field.value.wholeMatch(of: /[A-Za-z0-9+\/]*/) == nil || field.value.utf8.count % 4 == 1)
    }.map { "\($0.name) is not base64 without padding: \($0.value)" }
  }

  private static func isPercentEncoded(_ text: String) -> Bool {
    text.wholeMatch(of: /(?:[ -$&-~]|%[0-9A-F]{2})*/) != nil
  }
}
