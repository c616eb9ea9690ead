import Protobuf
import Testing

/// What the generated code for the feature contract does at run time.
@Suite struct GeneratedMessageTests {
  private static func roundTrip<M: Message>(_ message: M, _ note: String) throws {
    let bytes = try message.serializedBytes()
    #expect(try M(serializedBytes: bytes) == message, "\(note)")
    #expect(try M(serializedBytes: bytes).serializedBytes() == bytes, "\(note)")
    let json = try message.jsonString()
    #expect(try M(jsonString: json) == message, "\(note): \(json)")
  }

  @Test("random messages of every shape survive binary and JSON")
  func randomRoundTrips() throws {
    let seed = UInt64.random(in: .min ... .max)
    var random = SplitMix64(state: seed)
    for round in 0..<30 {
      let note = "seed \(seed), round \(round)"
      try Self.roundTrip(RandomMessages.scalars(&random), note)
      try Self.roundTrip(RandomMessages.optionals(&random), note)
      try Self.roundTrip(RandomMessages.lists(&random), note)
      try Self.roundTrip(RandomMessages.maps(&random), note)
      try Self.roundTrip(RandomMessages.choices(&random), note)
      try Self.roundTrip(RandomMessages.tree(&random), note)
    }
  }

  @Test("a default message is empty on the wire and reads back as itself")
  func defaults() throws {
    func check<M: Message>(_ type: M.Type) throws {
      #expect(try M().serializedBytes() == [])
      #expect(try M(serializedBytes: []) == M())
      #expect(try M().jsonString() == "{}")
    }
    try check(Test_V1_Scalars.self)
    try check(Test_V1_OptionalScalars.self)
    try check(Test_V1_RepeatedScalars.self)
    try check(Test_V1_Maps.self)
    try check(Test_V1_Choices.self)
    try check(Test_V1_Tree.self)
    try check(Test_V1_Keywords.self)
    try check(Test_V1_Names.self)
    try check(Test_V1_Nothing.self)
  }

  @Test("an optional that is set to its default is on the wire")
  func presence() throws {
    var message = Test_V1_OptionalScalars()
    message.int32Value = 0
    message.stringValue = ""
    message.color = .unspecified
    message.scalars = Test_V1_Scalars()
    let bytes = try message.serializedBytes()
    #expect(bytes == [0x18, 0, 0x72, 0, 0x80, 0x01, 0, 0x8A, 0x01, 0])
    #expect(try Test_V1_OptionalScalars(serializedBytes: bytes) == message)
  }

  @Test("a oneof member that is set to its default is on the wire, and the last one wins")
  func oneofs() throws {
    var message = Test_V1_Choices()
    message.anything = .int64Value(0)
    #expect(try message.serializedBytes() == [0x10, 0])
    let two = try Test_V1_Choices(serializedBytes: [0x10, 1, 0x22, 1, 0x78])
    #expect(two.anything == .stringValue("x"))
  }

  @Test("packed and unpacked lists are both read, and written as declared")
  func packing() throws {
    var message = Test_V1_RepeatedScalars()
    message.int32Value = [1, 2]
    message.unpackedInt32 = [3, 4]
    let bytes = try message.serializedBytes()
    #expect(bytes == [0x1A, 2, 1, 2, 0x90, 0x01, 3, 0x90, 0x01, 4])
    let swapped = try Test_V1_RepeatedScalars(
      serializedBytes: [0x18, 1, 0x18, 2, 0x92, 0x01, 2, 3, 4])
    #expect(swapped == message)
  }

  @Test("enums are open, and aliases are the same value")
  func enums() throws {
    #expect(Test_V1_Color.crimson == .red)
    #expect(Test_V1_Color(rawValue: -1) == .negative)
    #expect(Test_V1_Color(rawValue: 99) == .UNRECOGNIZED(99))
    #expect(Test_V1_Color.UNRECOGNIZED(99).rawValue == 99)
    #expect(Test_V1_Color.lowest.rawValue == .min)
    var message = Test_V1_Scalars()
    message.color = .UNRECOGNIZED(99)
    #expect(
      try Test_V1_Scalars(serializedBytes: message.serializedBytes()).color == .UNRECOGNIZED(99))
    #expect(try message.jsonString() == #"{"color":99}"#)
  }

  @Test("fields that the contract does not know are kept")
  func unknownFields() throws {
    let bytes: [UInt8] = [0x08, 1, 0xA2, 0x06, 2, 0x61, 0x62]
    let message = try Test_V1_Tree(serializedBytes: bytes)
    #expect(message.value == 1)
    #expect(try message.serializedBytes() == bytes)
  }

  @Test("fields with awkward names are reached by their Swift names and keep their JSON names")
  func keywords() throws {
    var message = Test_V1_Keywords()
    message.default = "a"
    message.self_p = "b"
    message.type = "c"
    message.init_p = "d"
    message.hash = "e"
    message.view = "f"
    message.writer = "g"
    message.switch = .case("h")
    message.renamed = "i"
    message._leading = "j"
    let json = try message.jsonString()
    for part in [
      #""default":"a""#, #""self":"b""#, #""Type":"c""#, #""init":"d""#, #""hash":"e""#,
      #""view":"f""#, #""writer":"g""#, #""case":"h""#, #""other":"i""#, #""Leading":"j""#,
    ] { #expect(json.contains(part), "\(json)") }
    try Self.roundTrip(message, "keywords")
  }

  @Test("types with awkward names are reached by their Swift names")
  func names() throws {
    var message = Test_V1_Names()
    message.type = Test_V1_Names.TypeMessage()
    message.string = Test_V1_Names.StringMessage()
    message.error = Test_V1_Names.ErrorMessage()
    message.protocol = .tcp
    message.message = Test_V1_Names.MessageMessage()
    try Self.roundTrip(message, "names")
    #expect(Test_V1_Names.TypeMessage.schema.name == "test.v1.Names.Type")
  }

  @Test("the fields of every schema are found under the proto names")
  func schemas() {
    #expect(Test_V1_Choices.schema.name == "test.v1.Choices")
    #expect(Test_V1_Choices.schema.oneofs == ["anything", "second"])
    #expect(
      Test_V1_Choices.schema.fields.map(\.number) == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 20, 30])
    let entry = Test_V1_Maps.schema.fields[0].type.messageSchema
    #expect(entry?.isMapEntry == true)
    #expect(entry?.name == "test.v1.Maps.Int32DoubleEntry")
    #expect(entry === Test_V1_Maps.schema.fields[0].type.messageSchema)
  }
}
