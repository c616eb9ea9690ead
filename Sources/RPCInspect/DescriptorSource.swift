import Protobuf

/// Where descriptors come from: a server's reflection, or files.
public protocol DescriptorSource: Sendable {
  /// Full names of the services, sorted.
  func serviceNames() async throws -> [String]

  /// The files needed to know what a full name stands for, those that are at hand.
  ///
  /// - Throws: ``InspectError/symbolNotFound(_:)``, or what went wrong on the way.
  func files(declaring symbol: String) async throws -> [Google_Protobuf_FileDescriptorProto]

  /// The file of this name, and perhaps more; empty when the source does not have it.
  func files(named name: String) async throws -> [Google_Protobuf_FileDescriptorProto]
}

/// Why something could not be looked up or called.
public enum InspectError: Error, Sendable, Hashable, CustomStringConvertible {
  /// No file at hand declares this name.
  case symbolNotFound(String)
  /// The name stands for something else than was asked for.
  case notA(String, String)
  /// The server answers no reflection questions, in either version.
  case reflectionUnavailable
  /// The server answered a reflection question with something else.
  case malformedReflection(String)
  /// Neither server nor file declare what descriptors refer to, or descriptors contradict
  /// themselves.
  case unusableDescriptors(String)
  /// A file could not be read as a descriptor set.
  case unreadableProtoset(path: String, reason: String)
  /// The method takes one request and another number was given.
  case wrongRequestCount

  /// One line for people.
  public var description: String {
    switch self {
    case .symbolNotFound(let name): "symbol not found: \(name)"
    case .notA(let name, let kind): "\(name) is not \(kind)"
    case .reflectionUnavailable:
      "the server does not support the reflection API; give its descriptors with -protoset"
    case .malformedReflection(let reason): "the server's reflection answer is unusable: \(reason)"
    case .unusableDescriptors(let reason): "the descriptors are unusable: \(reason)"
    case .unreadableProtoset(let path, let reason): "\(path): \(reason)"
    case .wrongRequestCount: "the method takes exactly one request"
    }
  }
}
