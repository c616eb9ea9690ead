import ArgumentParser
import Foundation
import Ledger
import StorageSQLite

extension LedgerCommand {
  /// `farebox ledger rebuild`: the tables once more from the journal.
  struct Rebuild: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make the tables anew from the journal.",
      discussion: """
        Throws state.db away and replays journal.db, while no server uses them. For tables that \
        are damaged; nothing that counts is lost with them.
        """)

    @Option(name: .customLong("data"), help: "The data directory.")
    var data = "./farebox-data"

    func run() throws {
      try LedgerCommand.telling {
        let head = try LedgerFiles(path: Installation(path: data).ledger).rebuild()
        print("state.db was made from the journal\nhead: \(JournalMark(head))")
      }
    }
  }

  /// `farebox ledger backup`: a copy of the journal, which is the ledger.
  struct Backup: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Copy the journal to a file.",
      discussion: """
        The journal has everything: the tables are made from it. Its chain of hashes is checked on \
        the way. While no server uses the files; keep the printed head for `verify --head`.
        """)

    @Option(name: .customLong("data"), help: "The data directory.")
    var data = "./farebox-data"

    @Argument(help: "The file to make; it must not be there yet.")
    var file: String

    func run() throws {
      try LedgerCommand.telling {
        let head = try LedgerFiles(path: Installation(path: data).ledger).backup(to: file)
        print("head: \(JournalMark(head))")
      }
    }
  }

  /// `farebox ledger restore`: a ledger from a copy.
  struct Restore: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make a ledger from a backup, where there is none.",
      discussion: """
        Overwrites nothing. Begins a new epoch: what was acknowledged after the backup is lost, \
        and its entry numbers are given again.
        """)

    @Option(name: .customLong("data"), help: "The data directory.")
    var data = "./farebox-data"

    @Argument(help: "The backup.")
    var file: String

    func run() throws {
      try LedgerCommand.telling {
        let installation = Installation(path: data)
        try installation.prepare()
        let head = try LedgerFiles.restore(from: file, to: installation.ledger)
        print("restored; a new epoch has begun\nhead: \(JournalMark(head))")
      }
    }
  }

  /// Tells why something is not possible, and ends with 2.
  fileprivate static func telling(_ body: () throws -> Void) throws {
    do {
      try body()
    } catch {
      FileHandle.standardError.write(Data("farebox: \(error)\n".utf8))
      throw ExitCode(2)
    }
  }
}
