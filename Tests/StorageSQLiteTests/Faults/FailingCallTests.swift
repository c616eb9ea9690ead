import Foundation
import GRDBSQLite
import Ledger
import LedgerConformance
import StorageFaults
import Testing

@testable import StorageSQLite

@Suite("Failing calls to the disk")
struct FailingCallTests {
  /// A call that fails, and what it says.
  struct Fault: CustomTestStringConvertible, Sendable {
    let call: FaultsCall
    let code: Int32
    let name: String

    var testDescription: String { name }
  }

  static let faults: [Fault] = [
    Fault(call: .write, code: SQLITE_IOERR | 3 << 8, name: "write: EIO"),
    Fault(call: .write, code: SQLITE_FULL, name: "write: ENOSPC"),
    // SQLite says the same for every reason.
    Fault(call: .sync, code: SQLITE_IOERR | 4 << 8, name: "fsync: EIO, ENOSPC"),
    Fault(call: .truncate, code: SQLITE_IOERR | 6 << 8, name: "ftruncate: EIO, ENOSPC"),
    Fault(call: .open, code: SQLITE_CANTOPEN, name: "open: EIO, ENOSPC"),
    Fault(call: .delete, code: SQLITE_IOERR | 10 << 8, name: "unlink: EIO"),
    Fault(call: .sharedMemory, code: SQLITE_IOERR | 21 << 8, name: "shared memory: EIO"),
    Fault(call: .read, code: SQLITE_IOERR | 1 << 8, name: "read: EIO"),
  ]

  @Test(
    "whichever call fails, nothing acknowledged is lost and nothing happens twice",
    arguments: faults, [false, true])
  func sweep(fault: Fault, isLasting: Bool) async throws {
    let expected = try await FailingCallTrial.undisturbed()
    var tally = FailingCallTrial.Tally()
    // Of the calls that are many, every third, unless all are wanted.
    let isLong = ProcessInfo.processInfo.environment["FAREBOX_LONG"] != nil
    let step = isLong || ![.write, .read].contains(fault.call) ? 1 : 3
    var k = -Int(CampaignSize.firstSeed % UInt64(step))
    while true {
      k += step
      let trial = FailingCallTrial(expected: expected)
      do {
        let one = try await trial.run { watch in
          watch.arm(fault.call, k, code: fault.code, isLasting: isLasting)
        }
        guard one.struck > 0 else { break }
        tally.add(one)
      } catch {
        Issue.record("\(fault.name), call \(k), \(isLasting ? "for ever" : "once"): \(error)")
        return
      }
    }
    #expect(tally.struck > 0, "the call is never made")
    print("\(fault.name), \(isLasting ? "for ever" : "once"): up to call \(k - step); \(tally)")
  }
}
