import ArgumentParser
import Foundation
import Ledger
import StorageSQLite

/// `farebox ledger …`: the ledger's files, on the machine that keeps them.
struct LedgerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ledger", abstract: "Examine and keep the ledger's files.",
    subcommands: [Verify.self, Rebuild.self, Backup.self, Restore.self])

  /// `farebox ledger verify`: proves the files in order, or names the first break.
  struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Recompute the ledger from its journal and compare it with the tables.",
      discussion: """
        Opens the files read-only, while no server uses them; a running server is asked by the \
        RPC VerifyLedger. Ends with 0 when everything is in order, with 1 when something is \
        broken, whose first place is printed, and with 2 when the files could not be examined. \
        A journal that was cut off or rewritten as a whole is only noticed by --head, the head \
        that an earlier examination printed.
        """)

    @Option(name: .customLong("data"), help: "The data directory.")
    var data = "./farebox-data"

    @Option(help: "A head that must be part of the journal, SEQ:HASH, as printed earlier.")
    var head: String?

    func run() throws {
      let files = Installation(path: data)
      let report: LedgerReport
      do {
        let mark = try head.map(Self.mark)
        report = try LedgerFiles(path: files.ledger).verify(containing: mark)
      } catch {
        FileHandle.standardError.write(Data("farebox: \(error)\n".utf8))
        throw ExitCode(2)
      }
      if let found = report.firstBreak {
        print("BROKEN at \(found)")
        print("in order up to entry \(report.head.seq)")
        throw ExitCode(1)
      }
      let counts = report.counts
      print(
        """
        in order: \(counts.entries) entries, \(counts.accounts) accounts, \
        \(counts.allocations) allocations, \(counts.holds) holds (\(counts.openHolds) open), \
        \(counts.charges) charges, \(counts.refusals) refusals, \(counts.keys) keys
        tables: \(report.accountsCompared) accounts compared
        head: \(JournalMark(report.head))
        """)
    }

    private static func mark(_ text: String) throws -> JournalMark {
      guard let mark = JournalMark(text) else {
        throw StartupError("--head: \"\(text)\" is not SEQ:HASH")
      }
      return mark
    }
  }
}
