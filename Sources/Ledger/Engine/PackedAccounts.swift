/// The packed accounts of one shard, by their names.
///
/// ```
///   entries  [ - ][ a ][ b ][ - ][ c ] ...   a power of two; an account is where its hash says
///                   ^--- also b's home         or behind that place, without a gap between
/// ```
/// A table of its own, because the names are in the packed accounts already: a dictionary would
/// have each a second time.
struct PackedAccounts {
  private struct Entry {
    let account: PackedAccount
    let hash: UInt32
    /// The account's place in the writer's ``PackingOrder``, and in the lowest bits how often
    /// somebody asked, counted up to ``readsMax``.
    var placeAndReads: UInt32

    var place: UInt32 { placeAndReads >> PackedAccounts.readBits }
    var reads: UInt32 { placeAndReads & PackedAccounts.readsMax }
  }

  private static let readBits: UInt32 = 4
  /// Whoever was asked about so often is worth unpacking: that costs about as much as this many
  /// answers from the packed form.
  static let readsMax = UInt32(1) << readBits - 1
  /// The number of places that there are for ``PackingOrder``.
  static let placesMax = UInt32(1) << (32 - readBits)

  private var entries: [Entry?] = []
  /// How many accounts there are.
  private(set) var count = 0

  /// Adds an account, which must not be there.
  mutating func insert(_ account: PackedAccount, hash: Int, place: UInt32) {
    precondition(place < Self.placesMax, "more packed accounts than can be told apart")
    // At most seven eighths are taken, so that every search comes to an end.
    if (count + 1) * 8 > entries.count * 7 { grow() }
    put(Entry(account: account, hash: Self.short(hash), placeAndReads: place << Self.readBits))
    count += 1
  }

  /// An account, without noting that somebody asked.
  func find(_ id: AccountID, hash: Int) -> PackedAccount? {
    index(of: id, hash).flatMap { entries[$0]?.account }
  }

  /// An account that somebody asks about, and whether it is with this question that it was asked
  /// about ``readsMax`` times.
  mutating func read(
    _ id: AccountID, hash: Int
  ) -> (account: PackedAccount, isReadOften: Bool)? {
    guard let index = index(of: id, hash), var entry = entries[index] else { return nil }
    guard entry.reads < Self.readsMax else { return (entry.account, false) }
    entry.placeAndReads += 1
    entries[index] = entry
    return (entry.account, entry.reads == Self.readsMax)
  }

  /// Whether somebody asked; from now on nobody has.
  mutating func forgetReads(_ id: AccountID, hash: Int) -> Bool {
    guard let index = index(of: id, hash), let entry = entries[index] else { return false }
    entries[index]?.placeAndReads = entry.place << Self.readBits
    return entry.reads > 0
  }

  /// Takes an account out and returns its place; nil when it is not there.
  mutating func remove(_ id: AccountID, hash: Int) -> UInt32? {
    guard var gap = index(of: id, hash), let place = entries[gap]?.place else { return nil }
    let mask = entries.count - 1
    var next = (gap + 1) & mask
    // Moves those up that would not be found behind a gap.
    while let entry = entries[next] {
      let home = Int(entry.hash) & mask
      if (next - home) & mask >= (next - gap) & mask {
        entries[gap] = entry
        gap = next
      }
      next = (next + 1) & mask
    }
    entries[gap] = nil
    count -= 1
    return place
  }

  /// Every account, in no order.
  var all: [PackedAccount] { entries.compactMap { $0?.account } }

  private func index(of id: AccountID, _ hash: Int) -> Int? {
    guard count > 0 else { return nil }
    let short = Self.short(hash)
    let mask = entries.count - 1
    var index = Int(short) & mask
    while let entry = entries[index] {
      if entry.hash == short, entry.account.isNamed(id) { return index }
      index = (index + 1) & mask
    }
    return nil
  }

  private mutating func put(_ entry: Entry) {
    let mask = entries.count - 1
    var index = Int(entry.hash) & mask
    while entries[index] != nil { index = (index + 1) & mask }
    entries[index] = entry
  }

  private mutating func grow() {
    let old = entries
    entries = Array(repeating: nil, count: max(8, old.count * 2))
    for entry in old {
      if let entry { put(entry) }
    }
  }

  /// The upper half: the lower bits are the same for all of a shard.
  private static func short(_ hash: Int) -> UInt32 {
    UInt32(truncatingIfNeeded: hash >> 32)
  }
}
