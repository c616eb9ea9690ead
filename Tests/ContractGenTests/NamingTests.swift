import Protobuf
import Testing

@testable import ContractGen

@Suite struct NamingTests {
  @Test(
    "proto names become Swift's camel case",
    arguments: [
      ("account_id", "accountID", "AccountID"),
      ("id", "id", "ID"),
      ("http_url", "httpURL", "HTTPURL"),
      ("FOO_BAR", "fooBar", "FooBar"),
      ("fooBar", "fooBar", "FooBar"),
      ("HTTPServer", "httpServer", "HTTPServer"),
      ("credit_micros", "creditMicros", "CreditMicros"),
      ("sha256_sum", "sha256Sum", "Sha256Sum"),
      ("int32_value", "int32Value", "Int32Value"),
      ("_leading", "_leading", "_Leading"),
      ("a", "a", "A"),
      ("ids", "ids", "Ids"),
    ])
  func camelCase(name: String, lower: String, upper: String) {
    #expect(IdentifierCase.lowerCamel(name) == lower)
    #expect(IdentifierCase.upperCamel(name) == upper)
  }

  @Test(
    "method names change in their first word only",
    arguments: [
      ("CheckCredits", "checkCredits"), ("GetID", "getID"), ("URLFor", "urlFor"),
      ("WhoAmI", "whoAmI"), ("get_keys", "getKeys"), ("List", "list"),
    ])
  func methods(name: String, expected: String) {
    #expect(IdentifierCase.lowerFirstWord(name) == expected)
  }

  @Test(
    "packages become prefixes",
    arguments: [
      ("farebox.accounting.v1", "Farebox_Accounting_V1_"),
      ("grpc.reflection.v1alpha", "Grpc_Reflection_V1alpha_"),
      ("foo.bar_baz", "Foo_BarBaz_"), ("", ""),
    ])
  func packages(package: String, prefix: String) {
    #expect(IdentifierCase.packagePrefix(package) == prefix)
  }

  @Test(
    "enum values lose the prefix that repeats the enum's name, all or none",
    arguments: [
      ("Decision", ["DECISION_UNSPECIFIED", "DECISION_HELD"], ["UNSPECIFIED", "HELD"]),
      ("ServingStatus", ["UNKNOWN", "SERVING"], ["UNKNOWN", "SERVING"]),
      ("State", ["STATE_OPEN", "STATELESS"], ["STATE_OPEN", "STATELESS"]),
      ("Digits", ["DIGITS_ZERO", "DIGITS_1"], ["DIGITS_ZERO", "DIGITS_1"]),
      ("EndReason", ["END_REASON_COMPLETE", "END_REASON_CANCELLED"], ["COMPLETE", "CANCELLED"]),
      ("Kind", ["KIND", "KIND_A"], ["KIND", "KIND_A"]),
    ])
  func enumPrefixes(name: String, values: [String], expected: [String]) {
    #expect(EnumCaseNames.withoutPrefix(values, of: name) == expected)
  }

  @Test("aliases refer to the first case of their number, clashes get a name of their own")
  func enumAliases() {
    var descriptor = Google_Protobuf_EnumDescriptorProto()
    descriptor.name = "E"
    let declared: [(String, Int32)] = [("A_B", 0), ("AB", 1), ("a_b", 2), ("C", 1), ("aB", 0)]
    descriptor.value = declared.map { name, number in
      var value = Google_Protobuf_EnumValueDescriptorProto()
      value.name = name
      value.number = number
      return value
    }
    let names = EnumCaseNames.assign(to: descriptor)
    #expect(names.map(\.swiftName) == ["aB", "ab", "a_b_2", "c", "aB_alias4"])
    #expect(names.map(\.aliasOf) == [nil, nil, nil, "ab", "aB"])
  }

  @Test("names that Swift or the generated code needs are kept free")
  func reserved() {
    #expect(ReservedNames.property("default") == "`default`")
    #expect(ReservedNames.property("self") == "self_p")
    #expect(ReservedNames.property("init") == "init_p")
    #expect(ReservedNames.property("unknownFields") == "unknownFields_p")
    #expect(ReservedNames.property("description") == "description")
    #expect(ReservedNames.enumCase("self") == "self_")
    #expect(ReservedNames.enumCase("none") == "none_")
    #expect(ReservedNames.enumCase("case") == "`case`")
    #expect(ReservedNames.messageType("Type") == "TypeMessage")
    #expect(ReservedNames.messageType("String") == "StringMessage")
    #expect(ReservedNames.messageType("Client") == "Client")
    #expect(ReservedNames.messageType("Client", isBare: true) == "ClientMessage")
    #expect(ReservedNames.enumType("Protocol") == "ProtocolEnum")
    #expect(ReservedNames.method("init") == "init_")
    #expect(ReservedNames.method("default") == "`default`")
  }

  @Test(
    "the embedded descriptor's namespace follows from the path",
    arguments: [
      ("farebox/chat/v1/chat_service.proto", "Farebox_Chat_V1_ChatService_FileDescriptor"),
      ("a.proto", "A_FileDescriptor"), ("1st/x-y.proto", "_1st_XY_FileDescriptor"),
    ])
  func descriptorTypes(path: String, expected: String) {
    #expect(FileModel.descriptorType(path: path) == expected)
  }

  @Test("string literals escape what Swift would read")
  func literals() {
    #expect(CodeWriter.literal("a\"b\\c\nd\u{1}é") == "\"a\\\"b\\\\c\\nd\\u{1}é\"")
  }
}
