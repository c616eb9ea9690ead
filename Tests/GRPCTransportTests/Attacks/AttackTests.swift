import Testing

@Suite("The table of attacks")
struct AttackTests {
  @Test("has every family once and in order, with its answer")
  func complete() {
    #expect(Attack.all.map(\.id) == Attack.ids)
    for attack in Attack.all {
      #expect(!attack.input.isEmpty && !attack.answer.isEmpty, "\(attack.id)")
      #expect(!attack.tests.isEmpty, "\(attack.id) has no test")
      #expect(Set(attack.tests).count == attack.tests.count, "\(attack.id)")
    }
  }

  @Test("names tests that exist")
  func testsExist() throws {
    let tests = try TestNames.all()
    for attack in Attack.all {
      for name in attack.tests where !tests.contains(name) {
        Issue.record("\(attack.id) names \(name), which is not a test")
      }
    }
  }
}
