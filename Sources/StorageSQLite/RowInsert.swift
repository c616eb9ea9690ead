import GRDB

/// Inserts rows of one table, several with one statement where there are enough: opening the table
/// and ending the statement cost a quarter of what a row does.
final class RowInsert {
  private static let rowsAtOnce = 16

  private let one: RawStatement
  private let several: RawStatement

  /// Prepares an insert into a table of so many columns.
  init(_ database: Database, into table: String, columnCount: Int) throws {
    let row = "(" + Array(repeating: "?", count: columnCount).joined(separator: ", ") + ")"
    func statement(rows count: Int) throws -> RawStatement {
      let rows = Array(repeating: row, count: count).joined(separator: ", ")
      return try RawStatement(database, "INSERT INTO \(table) VALUES \(rows)", rowCount: count)
    }
    one = try statement(rows: 1)
    several = try statement(rows: Self.rowsAtOnce)
  }

  /// Inserts a row for each element, of which `bind` binds all columns.
  func run<Element>(
    _ elements: ArraySlice<Element>, _ bind: (Element, inout RawArguments) -> Void
  ) throws {
    var rest = elements
    while rest.count >= Self.rowsAtOnce {
      try several.run { arguments in
        for element in rest.prefix(Self.rowsAtOnce) { bind(element, &arguments) }
      }
      rest = rest.dropFirst(Self.rowsAtOnce)
    }
    for element in rest {
      try one.run { bind(element, &$0) }
    }
  }
}
