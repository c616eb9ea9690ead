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
  struct Backup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Copy the journal to a file.",
      discussion: """
        The journal has everything: the tables are made from it. Its chain of hashes is checked on \
        the way. With --from it is the journal of a running server, on this machine or another, \
        up to its last entry of now; the server goes on working. Without, it is the one in the \
        data directory, while no server uses it. Keep the printed head for `verify --head`.
        """)

    @Option(name: .customLong("data"), help: "The data directory (default ./farebox-data).")
    var data: String?

    @OptionGroup var remote: RemoteOptions

    @Argument(help: "The file to make; it must not be there yet.")
    var file: String

    func validate() throws {
      guard data == nil || remote.from == nil else {
        throw ValidationError("--data and --from exclude each other")
      }
    }

    func run() async throws {
      let head: JournalHead
      do {
        let environment = ProcessInfo.processInfo.environment
        if let journal = try remote.journal(environment: environment) {
          head = try await journal.copy(to: file)
        } else {
          head = try copyFiles()
        }
      } catch {
        throw LedgerCommand.told(error)
      }
      print("head: \(JournalMark(head))")
    }

    private func copyFiles() throws -> JournalHead {
      do throws(StorageSQLite.StartupError) {
        let files = Installation(path: data ?? "./farebox-data")
        return try LedgerFiles(path: files.ledger).backup(to: file)
      } catch {
        guard error.isInUse else { throw error }
        throw error.advising(
          "the journal of a running server is copied by `farebox ledger backup \(file) --from "
            + "HOST:PORT`, where its accounting listens")
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
      throw told(error)
    }
  }

  /// Tells why something is not possible; what is returned ends the program with 2.
  fileprivate static func told(_ error: any Error) -> ExitCode {
    FileHandle.standardError.write(Data("farebox: \(error)\n".utf8))
    return ExitCode(2)
  }
}
