import LedgerConformance
import Testing

@testable import Ledger

@Suite("The table of packed accounts")
struct PackedAccountsTests {
  /// A table and a dictionary side by side; few different hashes, so that accounts are in each
  /// other's way, also around the table's end.
  private struct Sides {
    var table = PackedAccounts()
    var plain: [Int: (place: UInt32, reads: Int)] = [:]
    let hashes: Int

    func id(_ number: Int) -> AccountID { AccountID("account\(number)") }

    func hash(_ number: Int) -> Int { (number * 31 % hashes - 3) << 32 }

    mutating func step(_ number: Int, _ random: inout SeededGenerator) -> Bool {
      guard let known = plain[number] else {
        let place = UInt32.random(in: 0..<PackedAccounts.placesMax, using: &random)
        table.insert(PackedAccount(Account(id: id(number))), hash: hash(number), place: place)
        plain[number] = (place, 0)
        return true
      }
      let most = Int(PackedAccounts.readsMax)
      switch Int.random(in: 0..<50, using: &random) {
      case 0:
        plain[number] = nil
        return table.remove(id(number), hash: hash(number)) == known.place
      case 1...48:
        let read = table.read(id(number), hash: hash(number))
        plain[number]?.reads += 1
        return read?.account.id == id(number) && read?.isReadOften == (known.reads == most - 1)
      default:
        plain[number]?.reads = 0
        return table.forgetReads(id(number), hash: hash(number)) == (known.reads > 0)
      }
    }

    /// Whether a name that was never put in is in no one's way.
    mutating func knowsNobody() -> Bool {
      !table.forgetReads("nobody", hash: 0) && table.read("nobody", hash: 0) == nil
        && table.remove("nobody", hash: 0) == nil
    }

    /// Whether both have the same accounts.
    func agree(upTo numbers: Int) -> Bool {
      (0..<numbers).allSatisfy { number in
        table.find(id(number), hash: hash(number))?.id == plain[number].map { _ in id(number) }
      } && table.count == plain.count && Set(table.all.map(\.id)) == Set(plain.keys.map(id))
    }
  }

  @Test("has what was put in and not taken out, whatever the hashes", arguments: [1, 7, 1_000])
  func agrees(hashes: Int) {
    var random = SeededGenerator(seed: UInt64(hashes))
    var sides = Sides(hashes: hashes)
    let knewNobody = sides.knowsNobody()
    #expect(knewNobody)
    for round in 0..<20_000 {
      let number = Int.random(in: 0..<90, using: &random)
      #expect(sides.step(number, &random), "round \(round)")
      if round % 100 == 0 { #expect(sides.agree(upTo: 100), "round \(round)") }
    }
    let knowsNobody = sides.knowsNobody()
    #expect(knowsNobody)
  }

  @Test("gives an account that was packed first back first, unless it was renewed or taken out")
  func order() {
    var random = SeededGenerator(seed: 3)
    var order = PackingOrder()
    var plain: [(id: AccountID, place: UInt32)] = []
    for number in 0..<5_000 {
      switch Int.random(in: 0..<5, using: &random) {
      case 0, 1:
        let id = AccountID("\(number)")
        plain.append((id, order.add(PackedAccount(Account(id: id)))))
      case 2:
        guard !plain.isEmpty else { continue }
        let moved = plain.remove(at: Int.random(in: plain.indices, using: &random))
        order.renew(moved.place)
        plain.append(moved)
      default:
        guard !plain.isEmpty else { continue }
        order.remove(plain.remove(at: Int.random(in: plain.indices, using: &random)).place)
      }
      #expect(order.count == plain.count)
      #expect(order.oldest?.account.id == plain.first?.id)
      #expect(order.oldest?.place == plain.first?.place)
    }
    #expect(Set(plain.map(\.place)).count == plain.count)
  }
}
