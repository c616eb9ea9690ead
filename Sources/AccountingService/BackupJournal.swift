import Contracts
import GRPC
import GRPCServices
import Ledger

extension AccountingAPI {
  /// Bytes of entries after which a part is sent: well below what clients accept by default, also
  /// with the largest entry, of some ten thousand bytes, on top.
  static let backupPartBytes = 1 << 20

  /// Streams the journal as it is stored. See the contract for refusals.
  public func backupJournal(
    request: Farebox_Accounting_V1_BackupJournalRequest,
    response: RPCWriter<Farebox_Accounting_V1_BackupJournalResponse>, context: ServerContext
  ) async throws {
    do {
      try await ledger.copyJournal { part in
        for message in Self.messages(part) {
          // Returns when the caller has taken enough of what was written before.
          try await response.write(message)
        }
      }
    } catch let error as CopyError {
      throw error.rpcError
    }
  }

  /// The messages of a part: one, unless its entries are uncommonly large.
  static func messages(_ part: JournalPart) -> [Farebox_Accounting_V1_BackupJournalResponse] {
    var messages: [Farebox_Accounting_V1_BackupJournalResponse] = []
    var message = Farebox_Accounting_V1_BackupJournalResponse()
    message.lastSeq = part.lastSeq
    message.epoch = part.epoch
    var bytes = 0
    for entry in part.entries {
      message.entries.append(Farebox_Accounting_V1_StoredEntry(entry))
      bytes += entry.payload.count
      guard bytes >= backupPartBytes else { continue }
      messages.append(message)
      message.entries = []
      bytes = 0
    }
    if !message.entries.isEmpty || messages.isEmpty { messages.append(message) }
    return messages
  }
}

extension Farebox_Accounting_V1_StoredEntry {
  fileprivate init(_ entry: Ledger.StoredEntry) {
    self.init()
    seq = entry.seq
    timeMicros = entry.time.microseconds
    accountID = entry.account?.name
    kind = entry.kind
    payload = entry.payload
    hash = entry.hash.bytes
  }
}

extension CopyError {
  fileprivate var rpcError: RPCError {
    switch self {
    case .tooMany:
      RPCError(
        code: .resourceExhausted, message: "too many backups are under way",
        reason: "TOO_MANY_BACKUPS", domain: "farebox")
    case .store(let error): .unreadable("the journal", error)
    }
  }
}
