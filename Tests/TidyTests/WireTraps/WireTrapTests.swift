import Testing

/// No value that a stranger chose stops the process: what could is not written where such values
/// are, or stands in the table of exceptions.
@Suite struct WireTrapTests {
  @Test("the wire side has no traps but those of the table, and all of those")
  func exceptions() throws {
    var rows: [String: WireTrapExceptions.Row] = [:]
    for row in WireTrapExceptions.rows {
      #expect(rows.updateValue(row, forKey: row.file) == nil, "\(row.file) stands twice")
      #expect(!row.reason.isEmpty && row.counts.values.allSatisfy { $0 > 0 }, "\(row.file)")
    }
    for file in try WireSide.files() {
      let name = WireSide.name(of: file)
      let found = WireTrap.findings(in: file.lines.joined(separator: "\n"))
      let allowed = rows.removeValue(forKey: name)?.counts ?? [:]
      for trap in WireTrap.allCases {
        let lines = found.filter { $0.trap == trap }.map(\.line)
        #expect(
          lines.count == allowed[trap, default: 0],
          "\(name): \"\(trap.rawValue)\" \(allowed[trap, default: 0]) times, now in lines \(lines)")
      }
    }
    #expect(rows.keys.sorted() == [], "these have exceptions and are not judged")
  }

  @Test("what is left out exists, and says why")
  func outside() throws {
    let all = try WireSide.folders.flatMap { try SourceTree.swiftFiles(below: "Sources/" + $0) }
    for (path, reason) in WireSide.outside {
      #expect(all.contains { WireSide.name(of: $0).hasPrefix(path) }, "\(path) does not exist")
      #expect(!reason.isEmpty, "\(path)")
    }
  }

  private static let examples: [(String, WireTrap)] = [
    ("let a = first!", .forcedUnwrap), ("bytes[...].first!.id", .forcedUnwrap),
    ("var handle: OpaquePointer!", .forcedUnwrap), ("f(x)!", .forcedUnwrap),
    (#""\(name!)""#, .forcedUnwrap), ("a![...]", .forcedUnwrap),
    ("value as! Int", .forcedCast), ("try! decode()", .forcedTry),
    ("bytes[0]", .element), ("rest[taken...]", .element), ("read()[i]", .element),
    ("$0[1]", .element), ("table?[i]", .element), (#""a\(list[0])""#, .element),
    ("length + 5", .arithmetic), ("length+5", .arithmetic), ("total += count", .arithmetic),
    ("a - b", .arithmetic), ("-count", .arithmetic), ("f(-count)", .arithmetic),
    ("= -count", .arithmetic), ("a * 2", .arithmetic), ("a / b", .arithmetic),
    ("a % size", .arithmetic), ("a << 7", .arithmetic), ("x -= 1", .arithmetic),
    ("x += 1 + n", .arithmetic), ("sizes.reduce(0, +)", .arithmetic),
    ("first..<last", .range), ("1...count", .range), ("0..<n", .range), ("0..<x.count()", .range),
    ("UInt8(length)", .conversion), ("Int32(a - 1)", .conversion), ("Int(1.5 * x)", .conversion),
    ("[UInt8](repeating: 0, count: length)", .allocation),
    ("String(repeating: \" \", count: depth)", .allocation),
    ("list.reserveCapacity(count)", .allocation),
    ("UnsafeMutablePointer<UInt8>.allocate(capacity: length)", .allocation),
    ("list.removeFirst()", .removal), ("list.remove(at: index)", .removal),
    ("value.unsafelyUnwrapped", .removal), ("list.removeSubrange(range)", .removal),
    ("precondition(length > 0)", .precondition), ("fatalError()", .precondition),
    ("preconditionFailure(\"no\")", .precondition),
  ]

  @Test("each kind of trap is found", arguments: examples)
  func bites(source: String, trap: WireTrap) {
    #expect(WireTrap.findings(in: source).map(\.trap).contains(trap))
    #expect(WireTrap.findings(in: "let z = 1\n" + source).first?.line == 2)
  }

  @Test("every kind has an example")
  func complete() {
    #expect(Set(Self.examples.map(\.1)) == Set(WireTrap.allCases))
  }

  @Test(
    "what cannot trap is left alone",
    arguments: [
      "// bytes[0] + first!", "/* a /* b! */ c! */", "/// `x!`", "\"a! b[0] + \\\" c!\"",
      "#\"a!\"#", "\"\"\"\n a! \" + b[0]\n\"\"\"", "if a != b {}", "guard !isOpen else {}", "!a",
      "f(!a)", "let a: [UInt8] = [1]", "[Int](list)", "as [Int]", "@Test(arguments: [a])",
      "counts[key, default: 0]", "text[...]", "[\"a\": [1]]",
      "a &+ b", "a &<< 2", "a >> 2", "a.addingReportingOverflow(b)", "16 * 1024", "a / 2",
      "a % 8", "\"a\" + b", "a + \"b\"", "count += 1\nnext()", "{ count += 1 }", "f(-1)", "-1",
      "func f() -> Int", "a < b", "Array<Set<Int>>()", "let f: (A) -> B",
      "0..<5", "0..<list.count", "UInt8(ascii: \"a\")...UInt8(ascii: \"z\")", "f(list...)",
      "UInt8(truncatingIfNeeded: a)", "Int(exactly: a)", "UInt32(clamping: a)", "Int(5)", "Int()",
      "Int(bitPattern: a)", "Point(x)", "Int.max",
      "[UInt8](repeating: 0, count: 8)", "list.reserveCapacity(64)", "list.first",
      "list.dropFirst()", "list.removeAll()", "list.popLast()", "assert(length > 0)",
    ])
  func harmless(source: String) {
    #expect(WireTrap.findings(in: source) == [])
  }
}
