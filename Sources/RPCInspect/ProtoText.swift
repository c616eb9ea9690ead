import Protobuf

/// Writes declarations as `.proto` source text, types by full name with a leading dot.
public struct ProtoText {
  private var lines: [String] = []
  private var comments: [[Int32]: Google_Protobuf_SourceCodeInfo.Location] = [:]
  private let isProto3: Bool

  private init(file: Google_Protobuf_FileDescriptorProto?) {
    isProto3 = file?.syntax == "proto3"
    for location in file?.sourceCodeInfo?.location ?? [] {
      comments[location.path] = location
    }
  }

  /// The source text of a declaration, with comments when `file` carries them.
  public static func text(
    of declaration: Declaration, in file: Google_Protobuf_FileDescriptorProto?
  ) -> String {
    var writer = ProtoText(file: file)
    let place = declaration.location
    switch declaration.kind {
    case .service(let service): writer.write(service, at: place)
    case .method(let method): writer.write(method, at: place, indent: "")
    case .message(let message): writer.write(message, at: place, indent: "")
    case .enumeration(let enumeration): writer.write(enumeration, at: place, indent: "")
    case .field(let field, let message): writer.write(field, of: message, at: place, indent: "")
    case .enumValue(let value): writer.write(value, at: place, indent: "")
    }
    return writer.lines.joined(separator: "\n")
  }

  private mutating func comment(at location: [Int32], indent: String) {
    guard let text = comments[location]?.leadingComments else { return }
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast(
      text.hasSuffix("\n") ? 1 : 0)
    {
      lines.append("\(indent)//\(line)")
    }
  }

  private mutating func write(
    _ service: Google_Protobuf_ServiceDescriptorProto, at location: [Int32]
  ) {
    comment(at: location, indent: "")
    lines.append("service \(service.name ?? "") {")
    if service.options?.deprecated == true { lines.append("  option deprecated = true;") }
    for (index, method) in service.method.enumerated() {
      if index > 0, lines.last != "" { lines.append("") }
      write(method, at: location + [2, Int32(index)], indent: "  ")
    }
    lines.append("}")
  }

  private mutating func write(
    _ method: Google_Protobuf_MethodDescriptorProto, at location: [Int32], indent: String
  ) {
    comment(at: location, indent: indent)
    let input = (method.clientStreaming == true ? "stream " : "") + (method.inputType ?? "")
    let output = (method.serverStreaming == true ? "stream " : "") + (method.outputType ?? "")
    let head = "\(indent)rpc \(method.name ?? "") ( \(input) ) returns ( \(output) )"
    var options: [String] = []
    if method.options?.deprecated == true { options.append("option deprecated = true;") }
    switch method.options?.idempotencyLevel {
    case .noSideEffects: options.append("option idempotency_level = NO_SIDE_EFFECTS;")
    case .idempotent: options.append("option idempotency_level = IDEMPOTENT;")
    default: break
    }
    guard !options.isEmpty else { return lines.append(head + ";") }
    lines.append(head + " {")
    lines += options.map { "\(indent)  \($0)" }
    lines.append("\(indent)}")
  }

  private mutating func write(
    _ message: Google_Protobuf_DescriptorProto, at location: [Int32], indent: String
  ) {
    comment(at: location, indent: indent)
    lines.append("\(indent)message \(message.name ?? "") {")
    let inner = indent + "  "
    if message.options?.deprecated == true { lines.append("\(inner)option deprecated = true;") }
    var oneofsWritten: Set<Int32> = []
    for (index, field) in message.field.enumerated() {
      let place = location + [2, Int32(index)]
      guard let oneof = field.oneofIndex, field.proto3Optional != true else {
        write(field, of: message, at: place, indent: inner)
        continue
      }
      guard oneofsWritten.insert(oneof).inserted else { continue }
      write(oneof: oneof, of: message, at: location, indent: inner)
    }
    for (index, nested) in message.nestedType.enumerated()
    where nested.options?.mapEntry != true {
      lines.append("")
      write(nested, at: location + [3, Int32(index)], indent: inner)
    }
    for (index, nested) in message.enumType.enumerated() {
      lines.append("")
      write(nested, at: location + [4, Int32(index)], indent: inner)
    }
    write(
      // The server says any number it likes, the least one too.
      reserved: message.reservedRange.map { ($0.start ?? 0, ($0.end ?? 0) &- 1) },
      names: message.reservedName, indent: inner)
    lines.append("\(indent)}")
  }

  private mutating func write(
    oneof: Int32, of message: Google_Protobuf_DescriptorProto, at location: [Int32],
    indent: String
  ) {
    let index = Int(oneof)
    let name = message.oneofDecl.indices.contains(index) ? message.oneofDecl[index].name : nil
    comment(at: location + [8, oneof], indent: indent)
    lines.append("\(indent)oneof \(name ?? "") {")
    for (position, field) in message.field.enumerated() where field.oneofIndex == oneof {
      write(field, of: message, at: location + [2, Int32(position)], indent: indent + "  ")
    }
    lines.append("\(indent)}")
  }

  private mutating func write(
    _ field: Google_Protobuf_FieldDescriptorProto, of message: Google_Protobuf_DescriptorProto,
    at location: [Int32], indent: String
  ) {
    comment(at: location, indent: indent)
    let entry = message.nestedType.first { nested in
      nested.options?.mapEntry == true
        && field.typeName?.hasSuffix(".\(message.name ?? "").\(nested.name ?? "")") == true
    }
    var type = Self.typeName(field)
    if let entry, entry.field.count == 2 {
      type = "map<\(Self.typeName(entry.field[0])), \(Self.typeName(entry.field[1]))>"
    } else if field.label == .repeated {
      type = "repeated " + type
    } else if field.proto3Optional == true
      || (!isProto3 && field.label == .optional && field.oneofIndex == nil)
    {
      type = "optional " + type
    } else if field.label == .required {
      type = "required " + type
    }
    lines.append(
      "\(indent)\(type) \(field.name ?? "") = \(field.number ?? 0)\(Self.options(field));")
  }

  private static func options(_ field: Google_Protobuf_FieldDescriptorProto) -> String {
    var options: [String] = []
    if let value = field.defaultValue {
      options.append("default = " + (field.type == .string ? "\"\(value)\"" : value))
    }
    let usual = FieldSchema(1, field.name ?? "", .bool).jsonName
    if let json = field.jsonName, json != usual { options.append("json_name = \"\(json)\"") }
    if let packed = field.options?.packed { options.append("packed = \(packed)") }
    if field.options?.deprecated == true { options.append("deprecated = true") }
    return options.isEmpty ? "" : " [\(options.joined(separator: ", "))]"
  }

  private static func typeName(_ field: Google_Protobuf_FieldDescriptorProto) -> String {
    switch field.type {
    case .double: "double"
    case .float: "float"
    case .int64: "int64"
    case .uint64: "uint64"
    case .int32: "int32"
    case .fixed64: "fixed64"
    case .fixed32: "fixed32"
    case .bool: "bool"
    case .string: "string"
    case .bytes: "bytes"
    case .uint32: "uint32"
    case .sfixed32: "sfixed32"
    case .sfixed64: "sfixed64"
    case .sint32: "sint32"
    case .sint64: "sint64"
    default: field.typeName ?? "unknown"
    }
  }

  private mutating func write(
    _ enumeration: Google_Protobuf_EnumDescriptorProto, at location: [Int32], indent: String
  ) {
    comment(at: location, indent: indent)
    lines.append("\(indent)enum \(enumeration.name ?? "") {")
    if enumeration.options?.allowAlias == true {
      lines.append("\(indent)  option allow_alias = true;")
    }
    for (index, value) in enumeration.value.enumerated() {
      write(value, at: location + [2, Int32(index)], indent: indent + "  ")
    }
    write(
      reserved: enumeration.reservedRange.map { ($0.start ?? 0, $0.end ?? 0) },
      names: enumeration.reservedName, indent: indent + "  ")
    lines.append("\(indent)}")
  }

  private mutating func write(
    _ value: Google_Protobuf_EnumValueDescriptorProto, at location: [Int32], indent: String
  ) {
    comment(at: location, indent: indent)
    let options = value.options?.deprecated == true ? " [deprecated = true]" : ""
    lines.append("\(indent)\(value.name ?? "") = \(value.number ?? 0)\(options);")
  }

  private mutating func write(
    reserved ranges: [(first: Int32, last: Int32)], names: [String], indent: String
  ) {
    let numbers = ranges.map { $0.first == $0.last ? "\($0.first)" : "\($0.first) to \($0.last)" }
    if !numbers.isEmpty { lines.append("\(indent)reserved \(numbers.joined(separator: ", "));") }
    let quoted = names.map { "\"\($0)\"" }
    if !quoted.isEmpty { lines.append("\(indent)reserved \(quoted.joined(separator: ", "));") }
  }
}
