import Contracts
import Ledger
import Protobuf

/// The parts of a command by name, for people: every stored property, whatever the command.
struct DecisionInputs {
  private(set) var all: [Farebox_Accounting_V1_DecisionInput] = []

  init(of command: Command) {
    // The command's one payload is the struct with its fields.
    for child in Mirror(reflecting: command).children { describe(child.value, name: "") }
  }

  private mutating func describe(_ value: Any, name: String) {
    if let text = Self.text(value) {
      var input = Farebox_Accounting_V1_DecisionInput()
      input.name = name
      input.value = text
      all.append(input)
      return
    }
    for child in Mirror(reflecting: value).children {
      // The payload of an enum case without label is part of the case.
      let label = Self.snake(child.label ?? "")
      describe(child.value, name: name.isEmpty || label.isEmpty ? name + label : name + "." + label)
    }
  }

  /// The value as text; nil when it has parts of its own.
  private static func text(_ value: Any) -> String? {
    switch value {
    case let time as LedgerTime:
      let timestamp = Google_Protobuf_Timestamp(time)
      return (try? timestamp.jsonString()).map { $0.filter { $0 != "\"" } } ?? ""
    case let text as CustomStringConvertible: return text.description
    default: break
    }
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .optional: return mirror.children.first.map { text($0.value) ?? "" } ?? ""
    case .enum: return mirror.children.isEmpty ? "\(value)" : nil
    case .struct, .tuple, .class: return nil
    default: return "\(value)"
    }
  }

  private static func snake(_ label: String) -> String {
    var name = ""
    var previousIsLower = false
    for character in label {
      if character.isUppercase, previousIsLower { name.append("_") }
      previousIsLower = character.isLowercase
      name += character.lowercased()
    }
    return name
  }
}
