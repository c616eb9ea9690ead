/// What the user asked of the plugin, from the text given with `--swift-rpc_opt`.
///
/// The text is a list of `Key=Value` separated by commas. Unknown keys and values are errors: an
/// option that is silently ignored would be found out late.
public struct PluginOptions: Sendable, Hashable {
  /// The access level of everything generated.
  public enum Visibility: String, Sendable, CaseIterable {
    /// For modules that others import.
    case `public`
    /// For one module.
    case `internal`
    /// For the modules of one package.
    case package
  }

  /// How the path of an output file follows from the path of its `.proto`.
  public enum FileNaming: String, Sendable, CaseIterable {
    /// `foo/bar.proto` becomes `foo/bar.pb.swift`.
    case fullPath = "FullPath"
    /// `foo/bar.proto` becomes `foo_bar.pb.swift`.
    case pathToUnderscores = "PathToUnderscores"
    /// `foo/bar.proto` becomes `bar.pb.swift`.
    case dropPath = "DropPath"
  }

  /// `Visibility=public|internal|package`, default internal.
  public var visibility = Visibility.internal
  /// `Server=true|false`, default true: the protocols that services implement.
  public var server = true
  /// `Client=true|false`, default true: the stubs that callers use.
  public var client = true
  /// `Messages=true|false`, default true: the messages and enums.
  public var messages = true
  /// `ReflectionData=true|false`, default true: the embedded file descriptors.
  public var reflectionData = true
  /// `FileNaming=FullPath|PathToUnderscores|DropPath`, default FullPath.
  public var fileNaming = FileNaming.fullPath
  /// `ExtraModuleImports=Module`, any number of times: modules with the messages of imported files.
  public var extraModuleImports: [String] = []
  /// `InsideRuntime=true|false`, default false: the code becomes part of the Protobuf module.
  public var insideRuntime = false

  /// The defaults.
  public init() {}

  /// Reads the plugin's parameter text.
  ///
  /// - Throws: ``GenerationError`` naming the first option that is not understood.
  public init(parameter: String) throws(GenerationError) {
    for part in parameter.split(separator: ",") {
      let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let key = Self.trimmed(pair[0])
      guard !key.isEmpty else { throw GenerationError("option '\(part)' has no name") }
      guard pair.count == 2 else {
        throw GenerationError("option '\(key)' needs a value: \(key)=…")
      }
      try set(key, to: Self.trimmed(pair[1]))
    }
  }

  private mutating func set(_ key: String, to value: String) throws(GenerationError) {
    switch key {
    case "Visibility": visibility = try Self.choice(key, value)
    case "FileNaming": fileNaming = try Self.choice(key, value)
    case "Server": server = try Self.flag(key, value)
    case "Client": client = try Self.flag(key, value)
    case "Messages": messages = try Self.flag(key, value)
    case "ReflectionData": reflectionData = try Self.flag(key, value)
    case "InsideRuntime": insideRuntime = try Self.flag(key, value)
    case "ExtraModuleImports":
      guard !value.isEmpty, value.utf8.allSatisfy(Self.isModuleNameByte) else {
        throw GenerationError("option 'ExtraModuleImports': '\(value)' is not a module name")
      }
      if !extraModuleImports.contains(value) { extraModuleImports.append(value) }
    default:
      throw GenerationError(
        "unknown option '\(key)'; known are Visibility, FileNaming, Server, Client, Messages, "
          + "ReflectionData, ExtraModuleImports, InsideRuntime")
    }
  }

  private static func choice<Choice>(
    _ key: String, _ value: String
  ) throws(GenerationError) -> Choice
  where Choice: RawRepresentable<String> & CaseIterable {
    if let exact = Choice(rawValue: value) { return exact }
    // grpc-swift writes Visibility=Public; both spellings are welcome.
    for choice in Choice.allCases where choice.rawValue.lowercased() == value.lowercased() {
      return choice
    }
    let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
    throw GenerationError("option '\(key)': unknown value '\(value)'; known are \(known)")
  }

  private static func flag(_ key: String, _ value: String) throws(GenerationError) -> Bool {
    switch value.lowercased() {
    case "true": return true
    case "false": return false
    default: throw GenerationError("option '\(key)': '\(value)' is neither true nor false")
    }
  }

  private static func trimmed(_ text: Substring) -> String {
    let start = text.drop { $0 == " " }
    let blanks = start.reversed().prefix { $0 == " " }.count
    return String(start.dropLast(blanks))
  }

  private static func isModuleNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
