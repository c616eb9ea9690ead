import Testing

@testable import Protobuf

@Suite struct JSONMappingTests {
  private let schema = JSONMappingSchemas.everything

  private func read(
    _ json: String, ignoresUnknownFields: Bool = false
  ) throws -> DynamicMessage {
    try DynamicMessage(
      schema: schema, jsonString: json,
      options: JSONDecodingOptions(
        ignoresUnknownFields: ignoresUnknownFields, resolver: JSONMappingSchemas.resolver))
  }

  private func write(_ message: DynamicMessage) throws -> String {
    try message.jsonString(options: JSONEncodingOptions(resolver: JSONMappingSchemas.resolver))
  }

  /// Through the wire, so that what JSON made is what the decoder sees.
  private func throughTheWire(_ message: DynamicMessage) throws -> DynamicMessage {
    try DynamicMessage(schema: schema, serializedBytes: message.serializedBytes())
  }

  @Test(
    "What is read is written in canonical form",
    arguments: [
      (#"{}"#, #"{}"#),
      (#"{"aBool":true,"anInt32":-5}"#, #"{"aBool":true,"anInt32":-5}"#),
      (#"{"a_bool":true,"an_int32":"-5"}"#, #"{"aBool":true,"anInt32":-5}"#),
      (#"{"anInt64":9007199254740993}"#, #"{"anInt64":"9007199254740993"}"#),
      (#"{"anInt64":"-9223372036854775808"}"#, #"{"anInt64":"-9223372036854775808"}"#),
      (#"{"aUint64":18446744073709551615}"#, #"{"aUint64":"18446744073709551615"}"#),
      (#"{"anInt32":1e2,"aUint32":1.0}"#, #"{"anInt32":100,"aUint32":1}"#),
      (#"{"aFloat":"NaN","aDouble":"-Infinity"}"#, #"{"aFloat":"NaN","aDouble":"-Infinity"}"#),
      (#"{"aFloat":0.1,"aDouble":"1.5"}"#, #"{"aFloat":0.1,"aDouble":1.5}"#),
      (#"{"aDouble":1e300,"aFloat":-0.0}"#, #"{"aFloat":-0.0,"aDouble":1e+300}"#),
      (#"{"aString":"\u0000é","someBytes":"-_8"}"#, #"{"aString":"\u0000é","someBytes":"+/8="}"#),
      (#"{"color":"RED"}"#, #"{"color":"RED"}"#),
      (#"{"color":"CRIMSON"}"#, #"{"color":"RED"}"#),
      (#"{"color":1}"#, #"{"color":"RED"}"#),
      (#"{"color":77}"#, #"{"color":77}"#),
      (#"{"aBool":null,"child":null,"numbers":null,"byName":null,"pickText":null}"#, #"{}"#),
      (#"{"aBool":false,"anInt32":0,"aString":"","numbers":[],"byName":{}}"#, #"{}"#),
      (#"{"child":{}}"#, #"{"child":{}}"#),
      (#"{"child":{"child":{"maybe":0}}}"#, #"{"child":{"child":{"maybe":0}}}"#),
      (#"{"numbers":[1,"2",-3],"names":["a",""]}"#, #"{"numbers":[1,2,-3],"names":["a",""]}"#),
      (#"{"colors":["BLUE",0,5]}"#, #"{"colors":["BLUE","COLOR_UNSPECIFIED",5]}"#),
      (#"{"children":[{},{"aBool":true}]}"#, #"{"children":[{},{"aBool":true}]}"#),
      (
        #"{"byNumber":{"-3":"x","9007199254740993":""}}"#,
        #"{"byNumber":{"-3":"x","9007199254740993":""}}"#
      ),
      (#"{"byFlag":{"true":"RED","false":2}}"#, #"{"byFlag":{"true":"RED","false":"BLUE"}}"#),
      (#"{"byName":{"":{"aBool":true}}}"#, #"{"byName":{"":{"aBool":true}}}"#),
      (#"{"pickText":""}"#, #"{"pickText":""}"#),
      (#"{"pickText":null,"pickNumber":"0"}"#, #"{"pickNumber":"0"}"#),
      (#"{"maybe":0}"#, #"{"maybe":0}"#),
      (#"{"@renamed":"x"}"#, #"{"@renamed":"x"}"#),
      (#"{"renamed":"x"}"#, #"{"@renamed":"x"}"#),
    ])
  func canonical(input: String, output: String) throws {
    let message = try read(input)
    #expect(try write(message) == output)
    #expect(try write(throughTheWire(message)) == output)
  }

  @Test(
    "Well-known types have their own forms",
    arguments: [
      (#"{"stamp":"2026-11-22T22:04:57.50+01:00"}"#, #"{"stamp":"2026-11-22T21:04:57.500Z"}"#),
      (#"{"span":"-0.5s"}"#, #"{"span":"-0.500s"}"#),
      (#"{"mask":"fooBar,baz.quxQuux"}"#, #"{"mask":"fooBar,baz.quxQuux"}"#),
      (#"{"mask":""}"#, #"{"mask":""}"#),
      (#"{"wrapped":5,"wrappedText":""}"#, #"{"wrapped":"5","wrappedText":""}"#),
      (#"{"wrapped":null}"#, #"{}"#),
      (
        #"{"structure":{"a":[1,"x",null,true,{"b":{}}]}}"#,
        #"{"structure":{"a":[1,"x",null,true,{"b":{}}]}}"#
      ),
      (#"{"value":null}"#, #"{"value":null}"#),
      (#"{"values":[null,1.5,[]]}"#, #"{"values":[null,1.5,[]]}"#),
      (#"{"list":[]}"#, #"{"list":[]}"#),
      (#"{"nothing":null}"#, #"{"nothing":null}"#),
      (#"{"nothing":"NULL_VALUE"}"#, #"{"nothing":null}"#),
      (#"{"empty":{}}"#, #"{"empty":{}}"#),
      (#"{"any":{}}"#, #"{"any":{}}"#),
      (
        #"{"any":{"aBool":true,"@type":"type.googleapis.com/t.Everything"}}"#,
        #"{"any":{"@type":"type.googleapis.com/t.Everything","aBool":true}}"#
      ),
      (
        #"{"any":{"@type":"x/google.protobuf.Timestamp","value":"1970-01-01T00:00:01Z"}}"#,
        #"{"any":{"@type":"x/google.protobuf.Timestamp","value":"1970-01-01T00:00:01Z"}}"#
      ),
      (
        #"{"any":{"@type":"x/google.protobuf.Any","value":{"@type":"x/t.Everything"}}}"#,
        #"{"any":{"@type":"x/google.protobuf.Any","value":{"@type":"x/t.Everything"}}}"#
      ),
      (
        #"{"any":{"@type":"x/google.protobuf.Empty","value":{}}}"#,
        #"{"any":{"@type":"x/google.protobuf.Empty"}}"#
      ),
    ])
  func wellKnown(input: String, output: String) throws {
    let message = try read(input)
    #expect(try write(message) == output)
    #expect(try write(throughTheWire(message)) == output)
  }

  @Test(
    "What does not fit is refused with its path and the reason",
    arguments: [
      (#"[]"#, "$: an object (t.Everything) is expected here, not an array"),
      (#"{"nope":1}"#, "$.nope: t.Everything has no such field"),
      (#"{"child":{"nope":1}}"#, "$.child.nope: t.Everything has no such field"),
      (#"{"aBool":"true"}"#, "$.aBool: true or false is expected here, not a string"),
      (#"{"anInt32":2147483648}"#, "$.anInt32: 2147483648 is not a 32-bit integer"),
      (#"{"anInt32":1.5}"#, "$.anInt32: 1.5 is not a 32-bit integer"),
      (#"{"anInt32":"1 "}"#, "$.anInt32: the text is not a 32-bit integer"),
      (#"{"aUint32":-1}"#, "$.aUint32: -1 is not an unsigned 32-bit integer"),
      (
        #"{"anInt64":9223372036854775808}"#,
        "$.anInt64: 9223372036854775808 is not a 64-bit integer"
      ),
      (#"{"aDouble":1e400}"#, "$.aDouble: 1e400 is out of range"),
      (#"{"aFloat":1e39}"#, "$.aFloat: 1e39 is out of range"),
      (#"{"aDouble":"inf"}"#, "$.aDouble: the text is not a number"),
      (#"{"aString":1}"#, "$.aString: a string is expected here, not a number"),
      (#"{"someBytes":"*"}"#, "$.someBytes: the text is not base64"),
      (#"{"color":"GREEN"}"#, "$.color: t.Color has no value \"GREEN\""),
      (#"{"color":1.5}"#, "$.color: 1.5 is not a number of t.Color"),
      (#"{"numbers":1}"#, "$.numbers: an array is expected here, not a number"),
      (#"{"numbers":[1,null]}"#, "$.numbers[1]: null cannot stand in a list or map"),
      (#"{"byNumber":{"x":""}}"#, "$.byNumber.x: the text is not a 64-bit integer"),
      (#"{"byNumber":{"1":"","01":""}}"#, "$.byNumber.01: the text is not a 64-bit integer"),
      (#"{"byNumber":{"1":"","1e0":""}}"#, "$.byNumber: two names stand for the same key"),
      (#"{"byFlag":{"yes":1}}"#, "$.byFlag.yes: the key is not true or false"),
      (#"{"byName":{"a b":null}}"#, #"$.byName["a b"]: null cannot stand in a list or map"#),
      (
        #"{"pickText":"a","pickNumber":1}"#, "$.pickNumber: another member of pick is already given"
      ),
      (#"{"aBool":true,"a_bool":true}"#, "$.a_bool: the field is already given by its other name"),
      (
        #"{"children":[{},{"anInt32":"x"}]}"#,
        "$.children[1].anInt32: the text is not a 32-bit integer"
      ),
      (#"{"span":"1"}"#, #"$.span: a duration like "1.5s" is expected here, not a string"#),
      (#"{"mask":"foo_bar"}"#, #"$.mask: "foo_bar" is no lowerCamelCase field path"#),
      (#"{"any":{"aBool":true}}"#, #"$.any: an Any needs an "@type""#),
      (#"{"any":{"@type":"x/y.Z"}}"#, #"$.any["@type"]: the type "x/y.Z" is not known"#),
      (
        #"{"any":{"@type":"x/google.protobuf.Timestamp"}}"#,
        #"$.any: the content of google.protobuf.Timestamp stands in "value""#
      ),
      (#"{"aBool":true"#, "line 1, column 14: a comma or } is expected here"),
    ])
  func refused(input: String, message: String) {
    let error = #expect(throws: JSONError.self) { try read(input) }
    #expect(error?.description == message)
  }

  @Test("Unknown fields and enum names are skipped when asked")
  func ignoringUnknown() throws {
    let message = try read(
      #"{"nope":{"x":[1]},"color":"GREEN","colors":["RED","GREEN"],"#
        + #""byFlag":{"true":"GREEN"},"aBool":true}"#,
      ignoresUnknownFields: true)
    #expect(try write(message) == #"{"aBool":true,"colors":["RED"]}"#)
  }

  @Test("Defaults are written on request, except where presence is tracked")
  func emittingDefaults() throws {
    let message = DynamicMessage(schema: JSONMappingSchemas.value)
    #expect(throws: JSONError.self) { try message.jsonString() }
    let json = try DynamicMessage(schema: schema).jsonString(
      options: JSONEncodingOptions(emitDefaults: true, usesProtoNames: true))
    #expect(
      json == """
        {"a_bool":false,"an_int32":0,"an_int64":"0","a_uint32":0,"a_uint64":"0","a_float":0,\
        "a_double":0,"a_string":"","some_bytes":"","color":"COLOR_UNSPECIFIED","numbers":[],\
        "names":[],"colors":[],"children":[],"by_name":{},"by_number":{},"by_flag":{},\
        "renamed":"","values":[]}
        """)
  }

  @Test("An Any of an unknown type is an error, or shown as it is on request")
  func unresolvedAny() throws {
    var any = DynamicMessage(schema: JSONMappingSchemas.any)
    any[0] = .string("type.googleapis.com/x.Y")
    any[1] = .bytes([8, 1])
    #expect(throws: JSONError.self) { try any.jsonString() }
    #expect(
      try any.jsonString(options: JSONEncodingOptions(showsUnresolvedAny: true))
        == #"{"@type":"type.googleapis.com/x.Y","@value":"CAE="}"#)
  }

  @Test("Times and spans without a JSON form are refused when writing")
  func unwritable() throws {
    var stamp = DynamicMessage(schema: JSONMappingSchemas.timestamp)
    stamp[0] = .int64(.max)
    #expect(throws: JSONError.self) { try stamp.jsonString() }
    var span = DynamicMessage(schema: JSONMappingSchemas.duration)
    span[0] = .int64(1)
    span[1] = .int32(-1)
    #expect(throws: JSONError.self) { try span.jsonString() }
  }

  @Test("Any inside Any inside Any ends with an error, not with the stack")
  func deeplyNestedAny() throws {
    var bytes: [UInt8] = []
    for _ in 0..<2_000 {
      var any = DynamicMessage(schema: JSONMappingSchemas.any)
      any[0] = .string("/google.protobuf.Any")
      any[1] = .bytes(bytes)
      bytes = try any.serializedBytes()
    }
    let outermost = try DynamicMessage(schema: JSONMappingSchemas.any, serializedBytes: bytes)
    #expect(throws: JSONError.self) { try write(outermost) }
  }

  @Test("A foreign type with a well-known name but other fields is an ordinary message")
  func impostor() throws {
    let impostor = MessageSchema(
      name: "google.protobuf.Timestamp", fields: [FieldSchema(1, "seconds", .string)])
    let message = try DynamicMessage(schema: impostor, jsonString: #"{"seconds":"x"}"#)
    #expect(try message.jsonString() == #"{"seconds":"x"}"#)
  }
}
