import Contracts
import GRPC
import GRPCServices
import Protobuf
import Testing

@testable import AccountingService

/// Every method of the contract with every field made bad, one at a time. The fields come from the
/// descriptors, so that a new method or field is covered as soon as it is there.
@Suite struct BadInputTests {
  private typealias Fixture = AccountingFixture
  private typealias Service = Farebox_Accounting_V1_AccountingService

  /// Text for people: any character is lawful, only its length is bounded.
  private static let freeText: Set<String> = ["notes", "reason", "idempotency_key"]
  /// What no request of the method goes without.
  private static let required: Set<String> = [
    "idempotency_key", "hold_id", "usage_id", "allocation_id", "format", "decision_id", "price",
    "amount", "used", "charge", "url", "event_id",
  ]
  /// Fields that are judged against the ledger's clock or a hold: the refusal is written down.
  private static let sticky: Set<String> = ["expires_at", "event_time", "model"]

  /// One bad or odd value in an otherwise lawful request.
  private struct Probe {
    let method: MethodDescriptor
    /// The names of the fields down to the one that was changed.
    let path: [String]
    /// The oneof that the first field belongs to.
    let oneof: String?
    let value: String
    let request: DynamicMessage
    /// Whether only INVALID_ARGUMENT is right.
    let mustRefuse: Bool

    var name: String { "\(method.method) \(path.joined(separator: ".")) = \(value)" }
  }

  @Test("each field out of its range is refused by name, and nothing changes")
  func fields() async throws {
    try await Fixture.run { fixture in
      try await prepare(fixture)
      var count = 0
      for probe in try Self.probes() {
        try await check(probe, fixture)
        count += 1
      }
      print("bad input: \(count) requests to \(Service.Method.descriptors.count) methods")
      #expect(count > 500)
    }
  }

  /// Credit, a price and a hold, so that lawful requests find something.
  private func prepare(_ fixture: Fixture) async throws {
    try await fixture.allocate(1_000_000_000, to: "u", key: "first")
    try await fixture.putPrice(of: "m")
  }

  private func check(_ probe: Probe, _ fixture: Fixture) async throws {
    let before = try await state(fixture)
    let outcome = await call(probe, fixture)
    guard let outcome else {
      #expect(!probe.mustRefuse, "\(probe.name) was accepted")
      return
    }
    let lawful: Set<Status.Code> = [
      .invalidArgument, .failedPrecondition, .notFound, .outOfRange, .resourceExhausted,
    ]
    #expect(lawful.contains(outcome.code), "\(probe.name): \(outcome.code)")
    if probe.mustRefuse {
      #expect(outcome.code == .invalidArgument, "\(probe.name): \(outcome.code)")
    }
    guard outcome.code == .invalidArgument else { return }
    #expect(
      Self.names(outcome.field, probe), "\(probe.name): the field named is \"\(outcome.field)\"")
    let after = try await state(fixture)
    #expect(before.balance == after.balance, "\(probe.name) changed the balance")
    if Self.sticky.isDisjoint(with: probe.path) {
      #expect(before.asOfSeq == after.asOfSeq, "\(probe.name) was written down")
    }
  }

  private func state(
    _ fixture: Fixture
  ) async throws -> Farebox_Accounting_V1_GetBalanceResponse {
    try await fixture.client.getBalance(.init(), metadata: Fixture.caller("u"))
  }

  /// Whether the violation names the field that was made bad, or what it is a part of.
  private static func names(_ field: String, _ probe: Probe) -> Bool {
    let path = probe.path.joined(separator: ".")
    if field == path || field == probe.oneof || field == probe.path.last { return true }
    // `usage` for `usage.input_tokens`, `credits` or `amount` for either.
    return path.hasPrefix(field + ".") && !field.isEmpty
  }

  private func call(
    _ probe: Probe, _ fixture: Fixture
  ) async -> (code: Status.Code, reason: String, field: String)? {
    let metadata = Fixture.caller("root")
    return await failure {
      switch probe.method.kind {
      case .serverStreaming:
        let stream = fixture.plain.serverStreaming(
          probe.request, method: probe.method, serializer: Writer(), deserializer: Reader(),
          metadata: metadata)
        for try await _ in stream.responses { break }
      default:
        _ = try await fixture.plain.unary(
          probe.request, method: probe.method, serializer: Writer(), deserializer: Reader(),
          metadata: metadata)
      }
    }
  }

  // MARK: Making requests

  private static func probes() throws -> [Probe] {
    let pool = DescriptorPool()
    try add(Farebox_Accounting_V1_AccountingService_FileDescriptor.file, to: pool)
    let name = Service.descriptor.fullyQualifiedService
    guard let service = pool.service(named: name) else { return [] }
    var probes: [Probe] = []
    for method in Service.Method.descriptors {
      guard let contract = service.method.first(where: { $0.name == method.method }) else {
        Issue.record("\(method.method) is not in its own contract")
        continue
      }
      let schema = try pool.requireMessageSchema(
        named: String((contract.inputType ?? "").drop { $0 == "." }))
      probes += self.probes(of: method, schema)
    }
    return probes
  }

  private static func add(_ file: EmbeddedFile, to pool: DescriptorPool) throws {
    for dependency in file.dependencies { try add(dependency, to: pool) }
    guard pool.file(named: file.name) == nil else { return }
    try pool.add(serializedFile: file.serialized)
  }

  private static func probes(of method: MethodDescriptor, _ schema: MessageSchema) -> [Probe] {
    let base = lawful(schema)
    var probes: [Probe] = []
    var number = 0
    func add(
      _ path: [String], _ request: DynamicMessage, _ value: String, _ mustRefuse: Bool
    ) {
      var request = request
      // A key of its own, unless the key is what is bad.
      if path != ["idempotency_key"], schema.fieldIndex(named: "idempotency_key") != nil {
        number += 1
        request[field: "idempotency_key"] = .string("\(method.method)-\(number)")
      }
      let oneof = schema.fieldIndex(named: path[0]).flatMap { schema.fields[$0].oneofIndex }
      probes.append(
        Probe(
          method: method, path: path, oneof: oneof.map { schema.oneofs[$0] }, value: value,
          request: request, mustRefuse: mustRefuse))
    }
    for index in schema.fields.indices {
      let field = schema.fields[index]
      if base[index] != nil {
        var without = base
        without[index] = nil
        let oneof = field.oneofIndex.map { schema.oneofs[$0] }
        add([field.name], without, "left out", required.contains(oneof ?? field.name))
      }
      for (path, value, text, mustRefuse) in odd(field, base[index]) {
        var request = base
        request[index] = value
        add(path, request, text, mustRefuse)
      }
    }
    return probes
  }

  /// A request that breaks no rule by itself.
  private static func lawful(_ schema: MessageSchema) -> DynamicMessage {
    var message = DynamicMessage(schema: schema)
    var chosen: Set<Int> = []
    let byName = schema.fields.indices.sorted {
      schema.fields[$0].name.hasSuffix("_micros") && !schema.fields[$1].name.hasSuffix("_micros")
    }
    for index in byName {
      let field = schema.fields[index]
      guard let value = lawful(field) else { continue }
      if let oneof = field.oneofIndex {
        guard chosen.insert(oneof).inserted else { continue }
      }
      message[index] = value
    }
    return message
  }

  private static func lawful(_ field: FieldSchema) -> DynamicValue? {
    if field.isRepeated || field.isMap { return nil }
    switch field.name {
    case "account_id": return .string("u")
    case "hold_id": return .string("h9")
    case "usage_id": return .string("u9")
    case "allocation_id": return .string("a9")
    case "decision_id": return .string("1")
    case "event_id": return .string("e9")
    case "webhook_id": return .string("w0")
    case "url": return .string("https://example.com/hook")
    case "model": return .string("m")
    case "idempotency_key": return .string("k")
    case "format", "class", "state", "over_policy", "period": return .enumeration(1)
    case "priority": return .int32(1)
    case "used_micros", "credit_micros", "credits", "limit_micros", "output_tokens":
      return .int64(1)
    case "never_expires": return .bool(true)
    case "usage", "price": return field.type.messageSchema.map { .message(lawful($0)) }
    default: return nil
    }
  }

  private typealias Odd = (path: [String], DynamicValue, text: String, mustRefuse: Bool)

  /// The values that a field is tried with.
  private static func odd(_ field: FieldSchema, _ lawful: DynamicValue?) -> [Odd] {
    let one: [Odd] = oddSingle(field, lawful)
    guard field.isRepeated else { return one }
    return one.compactMap { path, value, text, mustRefuse in
      if case .message = value { return nil }
      return (path, .list([value]), "[\(text)]", mustRefuse)
    }
  }

  private static func oddSingle(_ field: FieldSchema, _ lawful: DynamicValue?) -> [Odd] {
    let path = [field.name]
    switch field.type {
    case .int64:
      return [0, 1, -1, .max, .min].map { value in
        (path, .int64(value), "\(value)", value < 0 || value == .max)
      }
    case .int32:
      return [0, 1, -1, .max, .min].map { value in
        (path, .int32(value), "\(value)", value < 0 || value == .max)
      }
    case .enum:
      return [999, -1].map { (path, .enumeration($0), "\($0)", true) }
    case .string:
      let isFree = freeText.contains(field.name)
      return [
        (path, .string("a\u{0}b"), "with NUL", !isFree), (path, .string("ü"), "ü", !isFree),
        (path, .string(String(repeating: "a", count: 65)), "65 characters", !isFree),
        (path, .string(String(repeating: "a", count: 5_000)), "5000 characters", true),
      ]
    case .message(let schema):
      return oddParts(field, schema(), lawful)
    default:
      return []
    }
  }

  private static func oddParts(
    _ field: FieldSchema, _ schema: MessageSchema, _ base: DynamicValue?
  ) -> [Odd] {
    var whole = Self.lawful(schema)
    if case .message(let message) = base { whole = message }
    if schema.name.hasSuffix("protobuf.Duration") { whole[field: "seconds"] = .int64(60) }
    return schema.fields.indices.flatMap { index -> [Odd] in
      let part = schema.fields[index]
      return odd(part, whole[index]).map { path, value, text, mustRefuse in
        var message = whole
        message[index] = value
        // A moment before 1970 is a lawful one.
        let isInstant = schema.name.hasSuffix("protobuf.Timestamp") && part.name == "seconds"
        return (
          [field.name] + path, .message(message), text,
          mustRefuse && !(isInstant && text == "-1")
        )
      }
    }
  }
}

/// Carries messages that are known by their schema only.
private struct Writer: MessageSerializer {
  func serialize(_ message: DynamicMessage, headroom: Int) throws -> [UInt8] {
    [UInt8](repeating: 0, count: headroom) + (try message.serializedBytes())
  }
}

/// Does not look into the answer.
private struct Reader: MessageDeserializer {
  func deserialize(_ bytes: UnsafeRawBufferPointer) throws -> Int { bytes.count }
}
