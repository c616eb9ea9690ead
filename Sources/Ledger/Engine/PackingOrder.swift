/// Packed accounts in the order in which they were packed: the first of them leaves memory first.
///
/// ```
///   links[0] -newer-> oldest -newer-> ... -newer-> newest -newer-> links[0]
/// ```
/// As ``RecencyList``, but each account knows its place, and no name is kept. The writer's alone.
struct PackingOrder {
  private struct Link {
    /// Nil for the first link and for a free one.
    var account: PackedAccount?
    var newer: UInt32
    /// The next free one when it is free.
    var older: UInt32
  }

  /// A ring; the first link is between the newest and the oldest and stands for no account.
  private var links = [Link(account: nil, newer: 0, older: 0)]
  /// 0 when none is free.
  private var free: UInt32 = 0
  /// How many accounts there are.
  private(set) var count = 0

  /// The one that was packed first.
  var oldest: (account: PackedAccount, place: UInt32)? {
    let place = links[0].newer
    return links[Int(place)].account.map { ($0, place) }
  }

  /// Makes an account the newest and returns its place, which stays until it is removed.
  mutating func add(_ account: PackedAccount) -> UInt32 {
    let place = free == 0 ? UInt32(links.count) : free
    if free == 0 {
      links.append(Link(account: account, newer: 0, older: 0))
    } else {
      free = links[Int(place)].older
      links[Int(place)].account = account
    }
    link(place)
    count += 1
    return place
  }

  /// Makes the account at a place the newest.
  mutating func renew(_ place: UInt32) {
    unlink(place)
    link(place)
  }

  /// Takes the account at a place out.
  mutating func remove(_ place: UInt32) {
    precondition(links[Int(place)].account != nil, "no account at this place")
    unlink(place)
    links[Int(place)] = Link(account: nil, newer: 0, older: free)
    free = place
    count -= 1
  }

  private mutating func link(_ place: UInt32) {
    let newest = links[0].older
    links[Int(place)].newer = 0
    links[Int(place)].older = newest
    links[Int(newest)].newer = place
    links[0].older = place
  }

  private mutating func unlink(_ place: UInt32) {
    let (newer, older) = (links[Int(place)].newer, links[Int(place)].older)
    links[Int(newer)].older = older
    links[Int(older)].newer = newer
  }
}
