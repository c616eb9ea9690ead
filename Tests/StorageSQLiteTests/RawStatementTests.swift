import Foundation
import GRDB
import Testing

@testable import StorageSQLite

@Suite("A statement without boxes")
struct RawStatementTests {
  @Test("stores texts and blobs of any length as they are, empty ones, too, also many of them")
  func lengths() throws {
    let queue = try DatabaseQueue()
    try queue.writeWithoutTransaction { database in
      try database.execute(
        sql: """
          CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT NOT NULL, b BLOB NOT NULL, c TEXT NOT NULL)
          STRICT
          """)
      let insert = try RawStatement(database, "INSERT INTO t VALUES (?, ?, ?, ?)")
      // Before, at and after what a statement keeps room for.
      let lengths = [0, 1, 700, 1_023, 1_024, 2_046, 2_047, 2_048, 2_049, 5_000, 0, 3]
      var id: Int64 = 0
      for first in lengths {
        for second in lengths {
          id += 1
          try insert.run { row in
            row.integer(id)
            row.text(String(repeating: "a", count: first))
            row.blob([UInt8](repeating: UInt8(truncatingIfNeeded: id), count: second))
            row.text([UInt8](repeating: 99, count: first))
          }
        }
      }
      let rows = try Row.fetchAll(database, sql: "SELECT * FROM t ORDER BY id")
      #expect(rows.count == lengths.count * lengths.count)
      var place = 0
      for first in lengths {
        for second in lengths {
          let row = rows[place]
          place += 1
          #expect(row["a"] == String(repeating: "a", count: first))
          #expect(Array(row["b"] as Data) == [UInt8](repeating: UInt8(truncatingIfNeeded: place), count: second))
          #expect(row["c"] == String(repeating: "c", count: first))
        }
      }
    }
  }
}
