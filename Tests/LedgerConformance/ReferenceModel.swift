import Ledger

/// What the ledger should do, written down plainly and without looking at it.
///
/// Where the ledger writes down what time brought about when an account is touched, the model lets
/// time run and acts at each instant; where the ledger keeps what is left, the model keeps all.
/// It knows nothing of journals, seqs and files. Grants, holds, bills and limits are numbered as
/// they come; commands name them by the step that made them.
struct ReferenceModel {
  struct Grant {
    let number: Int
    let owner: String
    let amount, begins: Int64
    var ends: Int64?
    var priority: Int
    let isPromo: Bool
    let models: [String]
    var free: Int64
    var held: Int64 = 0
    var used: Int64 = 0
    var lost: Int64 = 0
    var isVoid = false
  }

  struct ModelHold {
    let name: Int64
    let owner: String
    var granted, deadline: Int64
    let price: PriceVersion?
    let openedAt: Int64
    let session: String
    var parts: [Part]
    var reported: Int64 = 0
    var fate = "open"
    var diedAt: Int64 = 0
  }

  struct Person {
    var standing = "active"
    var limit: Int64 = 0
    var debt: Int64 = 0
  }

  /// What was charged by a command: the part from each grant in turn, then debt as grant −1.
  struct Paper {
    let owner: String
    let parts: [Part]
    var refunded: Int64 = 0
    var isOfExpiredHold = false
  }

  typealias Part = (grant: Int, amount: Int64)

  var people: [String: Person] = [:]
  var grants: [Grant] = []
  var holds: [ModelHold] = []
  var priceList: [PriceVersion] = []
  var bills: [Paper] = []
  var limits: [Limit] = []
  var paid: [Paid] = []
  var bells: [String: Bell] = [:]
  /// What was told of each owner, in order.
  var news: [String: [String]] = [:]
  /// Model and output tokens of each whole answer.
  var answers: [(model: String, tokens: Int64)] = []
  var now = Int64.min
  /// The step that is carried out: it names what it makes.
  var step: Int64 = 0
  /// Grants that the step made so far.
  private var grantsOfStep: Int64 = 0
  private(set) var grantNumbers: [Int64: Int] = [:]
  private(set) var holdNumbers: [Int64: Int] = [:]
  private(set) var billNumbers: [Int64: Int] = [:]
  private(set) var limitNumbers: [Int64: Int] = [:]
  private(set) var grantNames: [Int64] = []
  private(set) var billNames: [Int64] = []
  private(set) var limitNames: [Int64] = []
  var coverage = Coverage()

  static let grace: Int64 = 5_000_000
  static let day: Int64 = 86_400_000_000
  /// The most that an amount, a cost or an account's credit can come to.
  static let most: Int64 = 1_000_000_000_000_000
  /// Added to the name of a hold: the bill that its end wrote without being asked.
  static let billOfEnd: Int64 = 5

  mutating func mark(_ branch: Branch) { coverage.mark(branch) }

  mutating func mark(_ branch: Branch, if happened: Bool) {
    if happened { coverage.mark(branch) }
  }

  // MARK: Names

  mutating func begin(step: Int64) {
    self.step = step
    grantsOfStep = 0
  }

  mutating func add(_ grant: Grant) {
    grantNumbers[step + grantsOfStep] = grants.count
    grantNames.append(step + grantsOfStep)
    grantsOfStep += 1
    grants.append(grant)
  }

  mutating func add(_ hold: ModelHold) {
    holdNumbers[hold.name] = holds.count
    holds.append(hold)
  }

  mutating func bill(
    _ owner: String, _ parts: [Part], _ debt: Int64, as name: Int64? = nil
  ) {
    billNumbers[name ?? step] = bills.count
    billNames.append(name ?? step)
    let all = parts + (debt > 0 ? [(-1, debt)] : [])
    bills.append(Paper(owner: owner, parts: all, isOfExpiredHold: name != nil))
  }

  mutating func add(_ limit: Limit) {
    limitNumbers[step] = limits.count
    limitNames.append(step)
    limits.append(limit)
  }

  // MARK: Time

  /// Lets time run to `instant`, stopping wherever something happens.
  mutating func run(to instant: Int64) {
    guard instant > now else { return }
    while let stop = nextStop(until: instant) {
      now = stop
      happen()
      ring()
    }
    now = instant
  }

  func nextStop(until end: Int64) -> Int64? {
    var stop = Int64.max
    for hold in holds where hold.fate == "open" {
      let ends = hold.deadline + Self.grace
      if ends > now && ends < stop { stop = ends }
    }
    for grant in grants {
      if grant.begins > now && grant.begins < stop { stop = grant.begins }
      guard let ends = grant.ends, ends > now else { continue }
      stop = min(stop, ends)
      for lead in bells[grant.owner]?.leads ?? [] where ends - lead > now {
        stop = min(stop, ends - lead)
      }
    }
    return stop <= end ? stop : nil
  }

  /// All that happens at this very instant: holds die, then grants, then debts are repaid.
  mutating func happen() {
    for index in holds.indices where holds[index].fate == "open" {
      guard holds[index].deadline + Self.grace <= now else { continue }
      let hold = holds[index]
      mark(
        hold.reported == 0
          ? .holdEndsSilent
          : hold.reported > hold.granted ? .holdEndsOverReported : .holdEndsReported)
      die(index, at: hold.deadline + Self.grace, bill: hold.name + Self.billOfEnd)
      mark(.endRepaysDebt, if: repay(hold.owner) > 0)
    }
    for index in grants.indices where isOver(grants[index]) {
      if grants[index].ends == now {
        mark(.grantExpiresFree, if: grants[index].free > 0)
        mark(.grantExpiresPinned, if: grants[index].held > 0)
      }
      grants[index].lost += grants[index].free
      grants[index].free = 0
    }
    for owner in people.keys where people[owner]?.debt ?? 0 > 0 {
      mark(.beginRepaysDebt, if: repay(owner) > 0)
    }
  }

  func isOver(_ grant: Grant) -> Bool { grant.ends.map { $0 <= now } ?? false }
  func isAlive(_ grant: Grant) -> Bool { grant.begins <= now && !isOver(grant) }

  @discardableResult
  mutating func giveBack(_ parts: [Part]) -> Int64 {
    var back: Int64 = 0
    for part in parts {
      grants[part.grant].held -= part.amount
      if isOver(grants[part.grant]) || grants[part.grant].isVoid {
        mark(isOver(grants[part.grant]) ? .pinExpires : .pinIsVoided)
        grants[part.grant].lost += part.amount
      } else {
        mark(.pinReturns)
        grants[part.grant].free += part.amount
        back += part.amount
      }
    }
    return back
  }

  @discardableResult
  mutating func repay(_ owner: String) -> Int64 {
    guard let debt = people[owner]?.debt, debt > 0 else { return 0 }
    let parts = take(debt, from: owner, for: nil)
    var repaid: Int64 = 0
    for part in parts {
      grants[part.grant].used += part.amount
      repaid += part.amount
    }
    people[owner]?.debt -= repaid
    return repaid
  }

  static func text(_ parts: [Part]) -> [String] {
    parts.map { "\($0.grant):\($0.amount)" }
  }

  static func sum(_ parts: [Part]) -> Int64 { parts.reduce(0) { $0 + $1.amount } }
}
