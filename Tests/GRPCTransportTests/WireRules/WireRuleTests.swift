import Testing

@Suite("The table of wire rules")
struct WireRuleTests {
  @Test("names tests that exist")
  func testsExist() throws {
    let tests = try TestNames.all()
    #expect(tests.contains("WireRuleTests.testsExist"), "the sources are not where they should be")
    for rule in WireRule.all {
      for name in rule.tests where !tests.contains(name) {
        Issue.record("\"\(rule.text)\" names \(name), which is not a test")
      }
    }
  }

  @Test("has a place and a test for every rule, and no rule twice")
  func complete() {
    for rule in WireRule.all {
      #expect(!rule.tests.isEmpty && !rule.place.isEmpty && rule.text.hasSuffix("."), "\(rule)")
      #expect(Set(rule.tests).count == rule.tests.count, "\(rule.text)")
    }
    #expect(Set(WireRule.all.map(\.text)).count == WireRule.all.count)
  }
}
