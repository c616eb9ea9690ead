import GRPC
import Protobuf

/// What reflection asks and answers, apart from its messages.
struct ReflectionAnswers: Sendable {
  enum Question {
    case listServices
    case fileNamed(String)
    case fileDeclaring(String)
    case fileExtending(String, number: Int32)
    case extensionNumbers(of: String)
    /// The request names no question.
    case none
  }

  enum Answer {
    case services([String])
    case files([[UInt8]])
    case extensionNumbers(String, [Int32])
    /// The stream goes on after it.
    case error(Status.Code, String)
  }

  /// Full names of the registered services, sorted.
  let services: [String]
  let index: ReflectionIndex

  /// Answers for services, repeated names allowed, whose contracts are in `files`.
  init(services: [String], files: [EmbeddedFile]) {
    self.services = Set(services).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    self.index = ReflectionIndex(files)
  }

  /// - Parameter sent: names of the files already sent on this stream.
  func answer(_ question: Question, sent: inout Set<String>) -> Answer {
    switch question {
    case .listServices:
      return .services(services)
    case .fileNamed(let name):
      guard index.contains(file: name) else {
        return .error(.notFound, "file not found: \(name)")
      }
      return .files(index.closure(of: name, sent: &sent))
    case .fileDeclaring(let symbol):
      guard let name = index.file(declaring: symbol) else {
        return .error(.notFound, "symbol not found: \(symbol)")
      }
      return .files(index.closure(of: name, sent: &sent))
    case .fileExtending(let type, let number):
      guard let name = index.file(extending: type, number: number) else {
        return .error(.notFound, "extension not found: \(number) of \(type)")
      }
      return .files(index.closure(of: name, sent: &sent))
    case .extensionNumbers(of: let type):
      guard let numbers = index.extensionNumbers(of: type) else {
        return .error(.notFound, "type not found: \(type)")
      }
      return numbers.isEmpty
        ? .error(.notFound, "no extensions of \(type)") : .extensionNumbers(type, numbers)
    case .none:
      return .error(.invalidArgument, "the request asks nothing")
    }
  }
}
