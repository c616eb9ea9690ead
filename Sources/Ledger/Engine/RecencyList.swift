/// Accounts in the order in which they were last used.
///
/// ```
///   links[0] -older-> newest -older-> ... -older-> oldest -older-> links[0]
/// ```
struct RecencyList {
  private struct Link {
    var account: AccountID
    var newer: Int
    var older: Int
  }

  /// A ring; the first link is between the newest and the oldest and stands for no account.
  private var links = [Link(account: "", newer: 0, older: 0)]
  private var places: [AccountID: Int] = [:]
  private var free: [Int] = []

  /// The one that was used longest ago.
  var oldest: AccountID? { places.isEmpty ? nil : links[links[0].newer].account }

  /// Makes an account, listed or not, the newest.
  mutating func use(_ account: AccountID) {
    if renew(account) { return }
    let place = free.popLast() ?? links.count
    let link = Link(account: account, newer: 0, older: 0)
    if place == links.count { links.append(link) } else { links[place] = link }
    places[account] = place
    makeNewest(place)
  }

  /// Makes an account the newest; false when it is not listed.
  mutating func renew(_ account: AccountID) -> Bool {
    guard let place = places[account] else { return false }
    unlink(place)
    makeNewest(place)
    return true
  }

  private mutating func makeNewest(_ place: Int) {
    let newest = links[0].older
    links[place].newer = 0
    links[place].older = newest
    links[newest].newer = place
    links[0].older = place
  }

  /// Takes an account off the list.
  mutating func remove(_ account: AccountID) {
    guard let place = places.removeValue(forKey: account) else { return }
    unlink(place)
    free.append(place)
  }

  private mutating func unlink(_ place: Int) {
    let link = links[place]
    links[link.newer].older = link.older
    links[link.older].newer = link.newer
  }
}
