import Contracts
import GRPC
import GRPCTransport
import Ledger
import Logging
import StorageSQLite

/// The journal of a running server, which its accounting listener hands out.
struct RemoteJournal {
  let address: HTTP2ClientTransport.Target
  let tls: ClientTLS?
  /// An administrator's.
  let token: String

  /// Copies the journal up to its last entry of now to a file that must not be there yet, and
  /// checks its chain on the way. Nothing stays of a copy that fails.
  func copy(to path: String) async throws -> JournalHead {
    let copy = try JournalCopy(path: path)
    // Servers expect no more pings than that of a client that reads slowly.
    let transport = HTTP2ClientTransport(
      target: address, configuration: .init(tls: tls, keepalive: .init(interval: .seconds(300))),
      logger: Logger(label: "farebox") { _ in SwiftLogNoOpLogHandler() })
    do {
      let head = try await receive(from: GRPCClient(transport: transport), into: copy)
      await transport.shutdown()
      return head
    } catch {
      await transport.shutdown()
      throw StartupError("cannot back up the journal of \(address): \(error)")
    }
  }

  private func receive(
    from client: GRPCClient, into copy: JournalCopy
  ) async throws -> JournalHead {
    var metadata = Metadata()
    metadata.addString("Bearer \(token)", forKey: "authorization")
    let service = Farebox_Accounting_V1_AccountingService.Client(wrapping: client)
    var end: (lastSeq: Int64, epoch: Int64)?
    for try await part in service.backupJournal(.init(), metadata: metadata) {
      let told = (part.lastSeq, part.epoch)
      guard end.map({ $0 == told }) ?? true else {
        throw StartupError("the server changed its mind about where the journal ends")
      }
      end = told
      try copy.append(part.entries.map { try StoredEntry($0) })
    }
    guard let end else { throw StartupError("the server sent nothing") }
    return try copy.finish(through: end.lastSeq, epoch: end.epoch)
  }
}

extension StoredEntry {
  fileprivate init(_ entry: Farebox_Accounting_V1_StoredEntry) throws {
    guard let hash = Digest(bytes: entry.hash) else {
      throw StartupError("the hash of entry \(entry.seq) has \(entry.hash.count) bytes, not 32")
    }
    self.init(
      seq: entry.seq, time: LedgerTime(microseconds: entry.timeMicros),
      account: entry.accountID.map { AccountID($0) }, kind: entry.kind, payload: entry.payload,
      hash: hash)
  }
}
