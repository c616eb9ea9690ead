import Ledger

/// Writes steps as the Swift that makes them, to be pasted into a test.
///
/// Goes by reflection: the commands' initializers take their stored properties in order, so a new
/// command needs nothing here.
enum SwiftText {
  static func list(_ steps: [Step]) -> String {
    let lines = steps.map { "  Step(\($0.number), \(of($0.action)))," }
    return "[\n" + lines.joined(separator: "\n") + "\n]"
  }

  static func of(_ value: Any) -> String {
    switch value {
    case let text as String: return "\"\(text)\""
    case let id as AccountID: return "\"\(id.name)\""
    case let id as any SequencedID: return "\(type(of: id))(seq: \(id.seq))"
    case let time as LedgerTime: return "LedgerTime(microseconds: \(time.microseconds))"
    case let duration as Duration: return "\(seconds(duration))"
    default: break
    }
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .optional: return mirror.children.first.map { of($0.value) } ?? "nil"
    case .collection:
      return "[" + mirror.children.map { of($0.value) }.joined(separator: ", ") + "]"
    case .struct: return "\(type(of: value))" + arguments(mirror)
    case .enum: return enumeration(value, mirror)
    default: return "\(value)"
    }
  }

  private static func enumeration(_ value: Any, _ mirror: Mirror) -> String {
    guard let payload = mirror.children.first, let name = payload.label else { return ".\(value)" }
    let inner = Mirror(reflecting: payload.value)
    guard inner.displayStyle == .tuple else { return ".\(name)(\(of(payload.value)))" }
    return ".\(name)" + arguments(inner)
  }

  private static func arguments(_ mirror: Mirror) -> String {
    let parts = mirror.children.map { child in
      guard let label = child.label, !label.hasPrefix(".") else { return of(child.value) }
      return "\(label): \(of(child.value))"
    }
    return "(" + parts.joined(separator: ", ") + ")"
  }

  private static func seconds(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    return ".microseconds(\(seconds * 1_000_000 + attoseconds / 1_000_000_000_000))"
  }
}
