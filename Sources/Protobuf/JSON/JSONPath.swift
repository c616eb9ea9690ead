/// The way from the top of a JSON value to one of its parts, kept for error messages.
///
/// A value type that grows by one step per level, so reading never has to unwind it.
public struct JSONPath: Hashable, Sendable, CustomStringConvertible {
  private enum Step: Hashable, Sendable {
    case member(String)
    case element(Int)
  }

  private var steps: [Step] = []

  /// The path of the whole value.
  public static let root = JSONPath()

  /// The path of a member of the object at this path.
  public func appending(member name: String) -> JSONPath {
    var longer = self
    longer.steps.append(.member(name))
    return longer
  }

  /// The path of an element of the array at this path.
  public func appending(element index: Int) -> JSONPath {
    var longer = self
    longer.steps.append(.element(index))
    return longer
  }

  /// The number of steps from the top.
  public var depth: Int { steps.count }

  /// The usual notation: `$.lines[2].amount`, with names that are not plain words quoted.
  public var description: String {
    var text = "$"
    for step in steps {
      switch step {
      case .element(let index): text += "[\(index)]"
      case .member(let name) where Self.isPlainWord(name): text += ".\(name)"
      case .member(let name): text += "[\(JSONValue.string(name).text())]"
      }
    }
    return text
  }

  private static func isPlainWord(_ name: String) -> Bool {
    guard !name.isEmpty else { return false }
    return name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
  }
}
