import Foundation
import Ledger

/// What is posted: an event as JSON, the same bytes at every try.
///
/// ```json
/// {"type":"balance.low","timestamp":"2026-01-02T03:04:05.678901Z","data":{"event_id":"e7",…}}
/// ```
/// Amounts are micro-credits, at most 10^15 and so exact in every JSON reader. Names and ids hold
/// no character that JSON would have to escape.
struct EventMessage {
  let id: String
  let body: [UInt8]

  init(_ event: LedgerEvent) {
    id = event.id.description
    var data = [("event_id", Self.text(id)), ("account_id", Self.text(event.account.name))]
    switch event.detail {
    case .balanceLow(let fall):
      data += [
        ("threshold_micros", "\(fall.thresholdMicros)"),
        ("available_micros", "\(fall.availableMicros)"),
      ]
    case .creditExpiring(let notice):
      data += [
        ("allocation_id", Self.text("\(notice.allocation)")),
        ("expires_at", Self.text(Self.timestamp(notice.expiresAt))),
        ("lead_seconds", "\(notice.lead.components.seconds)"),
        ("left_micros", "\(notice.leftMicros)"),
      ]
    case .creditExpired(let pins):
      let parts = pins.map { pin in
        Self.object([
          ("allocation_id", Self.text("\(pin.allocation)")),
          ("amount_micros", "\(pin.amountMicros)"),
        ])
      }
      data.append(("expired", "[\(parts.joined(separator: ","))]"))
    case .chargeUncovered(let usage, let debt, let uncollected):
      data += [
        ("usage_id", Self.text("\(usage)")), ("debt_micros", "\(debt)"),
        ("uncollected_micros", "\(uncollected)"),
      ]
    }
    let message = Self.object([
      ("type", Self.text(event.kind.name)),
      ("timestamp", Self.text(Self.timestamp(event.happenedAt))), ("data", Self.object(data)),
    ])
    body = Array(message.utf8)
  }

  /// RFC 3339 in UTC, with microseconds.
  static func timestamp(_ time: LedgerTime) -> String {
    let (quotient, remainder) = time.microseconds.quotientAndRemainder(dividingBy: 1_000_000)
    let seconds = remainder < 0 ? quotient - 1 : quotient
    let micros = remainder < 0 ? remainder + 1_000_000 : remainder
    let whole = Date(timeIntervalSince1970: Double(seconds)).ISO8601Format().dropLast()
    let digits = "\(micros)"
    return whole + "." + String(repeating: "0", count: 6 - digits.count) + digits + "Z"
  }

  private static func text(_ value: String) -> String {
    precondition(value.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C })
    return "\"\(value)\""
  }

  private static func object(_ fields: [(String, String)]) -> String {
    "{" + fields.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
  }
}

extension LedgerEvent.Kind {
  /// What receivers know the kind by; never changes.
  public var name: String {
    switch self {
    case .balanceLow: "balance.low"
    case .creditExpiring: "credit.expiring"
    case .creditExpired: "credit.expired"
    case .chargeUncovered: "charge.uncovered"
    }
  }
}
