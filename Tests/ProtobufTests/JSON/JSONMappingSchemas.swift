@testable import Protobuf

/// The message types that the JSON tests map, described by hand.
enum JSONMappingSchemas {
  static let color = EnumSchema(
    name: "t.Color", values: [("COLOR_UNSPECIFIED", 0), ("RED", 1), ("CRIMSON", 1), ("BLUE", 2)])
  static let nullValue = EnumSchema(name: "google.protobuf.NullValue", values: [("NULL_VALUE", 0)])

  static let everything: MessageSchema = MessageSchema(
    name: "t.Everything",
    fields: [
      FieldSchema(1, "a_bool", .bool), FieldSchema(2, "an_int32", .int32),
      FieldSchema(3, "an_int64", .int64), FieldSchema(4, "a_uint32", .uint32),
      FieldSchema(5, "a_uint64", .uint64), FieldSchema(6, "a_float", .float),
      FieldSchema(7, "a_double", .double), FieldSchema(8, "a_string", .string),
      FieldSchema(9, "some_bytes", .bytes), FieldSchema(10, "color", .enum { color }),
      FieldSchema(11, "child", .message { everything }, .optional),
      FieldSchema(12, "numbers", .sint32, .repeated(packed: true)),
      FieldSchema(13, "names", .string, .repeated(packed: false)),
      FieldSchema(14, "colors", .enum { color }, .repeated(packed: true)),
      FieldSchema(15, "children", .message { everything }, .repeated(packed: false)),
      FieldSchema(16, "by_name", .message { byName }, .map),
      FieldSchema(17, "by_number", .message { byNumber }, .map),
      FieldSchema(18, "by_flag", .message { byFlag }, .map),
      FieldSchema(19, "pick_text", .string, .oneof(0)),
      FieldSchema(20, "pick_number", .fixed64, .oneof(0)),
      FieldSchema(21, "maybe", .int32, .optional),
      FieldSchema(22, "renamed", json: "@renamed", .string),
      FieldSchema(23, "stamp", .message { timestamp }, .optional),
      FieldSchema(24, "span", .message { duration }, .optional),
      FieldSchema(25, "mask", .message { fieldMask }, .optional),
      FieldSchema(26, "wrapped", .message { int64Value }, .optional),
      FieldSchema(27, "wrapped_text", .message { stringValue }, .optional),
      FieldSchema(28, "structure", .message { structure }, .optional),
      FieldSchema(29, "value", .message { value }, .optional),
      FieldSchema(30, "list", .message { listValue }, .optional),
      FieldSchema(31, "any", .message { any }, .optional),
      FieldSchema(32, "empty", .message { empty }, .optional),
      FieldSchema(33, "nothing", .enum { nullValue }, .oneof(1)),
      FieldSchema(34, "values", .message { value }, .repeated(packed: false)),
    ], oneofs: ["pick", "void"])

  static let byName: MessageSchema = entry("ByName", .string, .message { everything })
  static let byNumber: MessageSchema = entry("ByNumber", .int64, .string)
  static let byFlag: MessageSchema = entry("ByFlag", .bool, .enum { color })

  static let timestamp: MessageSchema = secondsAndNanos("Timestamp")
  static let duration: MessageSchema = secondsAndNanos("Duration")
  static let fieldMask: MessageSchema = MessageSchema(
    name: "google.protobuf.FieldMask",
    fields: [FieldSchema(1, "paths", .string, .repeated(packed: false))])
  static let int64Value = MessageSchema(
    name: "google.protobuf.Int64Value", fields: [FieldSchema(1, "value", .int64)])
  static let stringValue: MessageSchema = MessageSchema(
    name: "google.protobuf.StringValue", fields: [FieldSchema(1, "value", .string)])
  static let structure: MessageSchema = MessageSchema(
    name: "google.protobuf.Struct",
    fields: [FieldSchema(1, "fields", .message { valueEntry }, .map)])
  static let valueEntry: MessageSchema = entry("FieldsEntry", .string, .message { value })
  static let value: MessageSchema = MessageSchema(
    name: "google.protobuf.Value",
    fields: [
      FieldSchema(1, "null_value", .enum { nullValue }, .oneof(0)),
      FieldSchema(2, "number_value", .double, .oneof(0)),
      FieldSchema(3, "string_value", .string, .oneof(0)),
      FieldSchema(4, "bool_value", .bool, .oneof(0)),
      FieldSchema(5, "struct_value", .message { structure }, .oneof(0)),
      FieldSchema(6, "list_value", .message { listValue }, .oneof(0)),
    ], oneofs: ["kind"])
  static let listValue: MessageSchema = MessageSchema(
    name: "google.protobuf.ListValue",
    fields: [FieldSchema(1, "values", .message { value }, .repeated(packed: false))])
  static let any: MessageSchema = MessageSchema(
    name: "google.protobuf.Any",
    fields: [FieldSchema(1, "type_url", .string), FieldSchema(2, "value", .bytes)])
  static let empty: MessageSchema = MessageSchema(name: "google.protobuf.Empty", fields: [])

  static let resolver = KnownTypes([everything, timestamp, any, empty, value])

  private static func entry(
    _ name: String, _ key: FieldType, _ value: FieldType
  ) -> MessageSchema {
    MessageSchema(
      name: "t.Everything.\(name)",
      fields: [FieldSchema(1, "key", key), FieldSchema(2, "value", value)], isMapEntry: true)
  }

  private static func secondsAndNanos(_ name: String) -> MessageSchema {
    MessageSchema(
      name: "google.protobuf.\(name)",
      fields: [FieldSchema(1, "seconds", .int64), FieldSchema(2, "nanos", .int32)])
  }
}
