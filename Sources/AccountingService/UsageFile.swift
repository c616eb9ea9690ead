import Contracts
import Protobuf

/// How usage records are written to a file.
enum UsageFile {
  /// RFC 4180, with text that a spreadsheet would take for a formula made harmless.
  case csv
  /// Canonical JSON, one record per line.
  case jsonl

  private static let columns = [
    "usage_id", "account_id", "charged_at", "event_time", "model", "input_tokens",
    "output_tokens", "cached_input_tokens", "reasoning_tokens", "price_version",
    "charged_micros", "uncollected_micros", "late", "outcome", "hold_id", "session_id", "pins",
  ]

  /// What the file starts with.
  var header: [UInt8] {
    switch self {
    case .csv: Array((Self.columns.joined(separator: ",") + "\r\n").utf8)
    case .jsonl: []
    }
  }

  /// Writes one record.
  func append(_ record: Farebox_Accounting_V1_UsageRecord, to data: inout [UInt8]) throws {
    switch self {
    case .jsonl:
      data += Array(try record.jsonString().utf8)
      data.append(UInt8(ascii: "\n"))
    case .csv:
      let cells = try Self.cells(record)
      precondition(cells.count == Self.columns.count, "a cell for each column")
      for (index, cell) in cells.enumerated() {
        if index > 0 { data.append(UInt8(ascii: ",")) }
        Self.append(cell: cell, to: &data)
      }
      data += [13, 10]
    }
  }

  private static func cells(_ record: Farebox_Accounting_V1_UsageRecord) throws -> [String] {
    let usage = record.usage
    let pins = record.pins.map { "\($0.allocationID):\($0.amountMicros)" }
    return [
      record.usageID, record.accountID, try text(record.chargedAt), try text(record.eventTime),
      usage?.model ?? "", number(usage?.inputTokens), number(usage?.outputTokens),
      number(usage?.cachedInputTokens), number(usage?.reasoningTokens),
      record.priceVersion == 0 ? "" : "\(record.priceVersion)", "\(record.chargedMicros)",
      "\(record.uncollectedMicros)", "\(record.late)", name(record.outcome), record.holdID,
      record.sessionID, pins.joined(separator: " "),
    ]
  }

  private static func number(_ value: Int64?) -> String { value.map { "\($0)" } ?? "" }

  private static func text(_ time: Google_Protobuf_Timestamp?) throws -> String {
    guard let time else { return "" }
    return String(try time.jsonString().filter { $0 != "\"" })
  }

  private static func name(_ outcome: Farebox_Accounting_V1_Outcome) -> String {
    switch outcome {
    case .unspecified, .UNRECOGNIZED: ""
    case .complete: "COMPLETE"
    case .cancelled: "CANCELLED"
    case .exhausted: "EXHAUSTED"
    case .unreachable: "UNREACHABLE"
    case .providerError: "PROVIDER_ERROR"
    }
  }

  /// One cell: quoted where RFC 4180 demands it, and never the start of a formula.
  static func append(cell: String, to data: inout [UInt8]) {
    var bytes = Array(cell.utf8)
    if let first = bytes.first, Array("=+-@\t\r\n".utf8).contains(first) {
      bytes.insert(UInt8(ascii: "'"), at: 0)
    }
    guard bytes.contains(where: { Array("\",\r\n".utf8).contains($0) }) else {
      data += bytes
      return
    }
    data.append(UInt8(ascii: "\""))
    for byte in bytes {
      if byte == UInt8(ascii: "\"") { data.append(byte) }
      data.append(byte)
    }
    data.append(UInt8(ascii: "\""))
  }
}
