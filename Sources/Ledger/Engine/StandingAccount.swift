/// The committed state of an account in memory, in either form.
enum StandingAccount: Sendable {
  case ready(AccountSnapshot)
  case packed(PackedAccount)

  /// The account as it stood after its last committed entry.
  var account: Account {
    switch self {
    case .ready(let snapshot): snapshot.account
    case .packed(let packed): packed.account
    }
  }
}
