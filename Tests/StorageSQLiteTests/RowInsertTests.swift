import GRDB
import Testing

@testable import StorageSQLite

@Suite("Rows that are inserted together")
struct RowInsertTests {
  @Test("are those that were given, in order, however many there are")
  func counts() throws {
    let queue = try DatabaseQueue()
    try queue.write { database in
      try database.execute(sql: "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL)")
      let insert = try RowInsert(database, into: "t", columnCount: 2)
      var next: Int64 = 0
      for count in [0, 1, 15, 16, 17, 40] {
        let ids = (0..<count).map { Int64($0) + next }
        next += Int64(count)
        try insert.run(ids[...]) { id, row in
          row.integer(id)
          // Some are longer than the room for one row.
          row.text(String(repeating: "x", count: id % 7 == 0 ? 40_000 : Int(id)))
        }
      }
      let lengths = try Int.fetchAll(database, sql: "SELECT length(name) FROM t ORDER BY id")
      #expect(lengths == (0..<89).map { $0 % 7 == 0 ? 40_000 : $0 })
    }
  }

  @Test("are refused as one when one of them is unlawful")
  func unlawful() throws {
    let queue = try DatabaseQueue()
    try queue.write { database in
      try database.execute(sql: "CREATE TABLE t (id INTEGER PRIMARY KEY CHECK (id <> 9))")
      let insert = try RowInsert(database, into: "t", columnCount: 1)
      #expect(throws: RawSQLError.self) {
        try insert.run((0..<16).map { Int64($0) }[...]) { id, row in row.integer(id) }
      }
      #expect(try Int.fetchOne(database, sql: "SELECT count(*) FROM t") == 0)
    }
  }
}
