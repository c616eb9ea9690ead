/// How messages are written as JSON.
public struct JSONEncodingOptions: Sendable {
  /// Also write fields without presence that have their default value, and empty lists and maps.
  public var emitDefaults: Bool
  /// Write the names of the `.proto` file instead of lowerCamelCase ones.
  public var usesProtoNames: Bool
  /// Write enum values as numbers instead of names.
  public var writesEnumsAsNumbers: Bool
  /// Write an `Any` of an unknown type as `{"@type": …, "@value": base64}` instead of failing.
  /// The result is for people: it is not canonical and is not read back.
  public var showsUnresolvedAny: Bool
  /// Finds the types inside `google.protobuf.Any`.
  public var resolver: any TypeResolver
  /// Blanks or no blanks.
  public var layout: JSONValue.Layout

  /// The defaults are those of canonical JSON, compact, and know no type for `Any`.
  public init(
    emitDefaults: Bool = false, usesProtoNames: Bool = false, writesEnumsAsNumbers: Bool = false,
    showsUnresolvedAny: Bool = false, resolver: any TypeResolver = KnownTypes([]),
    layout: JSONValue.Layout = .compact
  ) {
    self.emitDefaults = emitDefaults
    self.usesProtoNames = usesProtoNames
    self.writesEnumsAsNumbers = writesEnumsAsNumbers
    self.showsUnresolvedAny = showsUnresolvedAny
    self.resolver = resolver
    self.layout = layout
  }
}

/// How JSON is read into messages.
public struct JSONDecodingOptions: Sendable {
  /// Skip fields and enum names that the schema does not know; otherwise they are errors.
  public var ignoresUnknownFields: Bool
  /// The deepest nesting of arrays and objects that is read.
  public var depthMax: Int
  /// Finds the types inside `google.protobuf.Any`.
  public var resolver: any TypeResolver

  /// The defaults refuse unknown fields, allow 100 levels, and know no type for `Any`.
  public init(
    ignoresUnknownFields: Bool = false, depthMax: Int = JSONParser.depthMax,
    resolver: any TypeResolver = KnownTypes([])
  ) {
    self.ignoresUnknownFields = ignoresUnknownFields
    self.depthMax = depthMax
    self.resolver = resolver
  }
}
