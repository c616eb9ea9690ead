import Foundation
import Testing

@testable import farebox

@Suite struct UsableCoresTests {
  @Test(
    "the cores that a process may run on are the bits of its mask",
    arguments: [
      ("Name:\tfarebox\nCpus_allowed:\t3\nCpus_allowed_list:\t0-1\n", 2),
      ("Cpus_allowed:\t1\n", 1),
      ("Cpus_allowed:\tffffffff,0000000f\n", 36),
      ("Cpus_allowed:\t0\n", nil),
      ("Cpus_allowed:\tx\n", nil),
      ("Cpus_allowed_list:\t0-1\n", nil),
      ("", nil),
    ])
  func mask(status: String, cores: Int?) {
    #expect(UsableCores.allowed(in: status) == cores)
  }

  @Test("this process may use some, and no more than there are")
  func here() {
    #expect((1...ProcessInfo.processInfo.processorCount).contains(UsableCores.count))
  }
}
