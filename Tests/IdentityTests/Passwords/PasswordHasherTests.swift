import Foundation
import Synchronization
import Testing

@testable import Identity

@Suite("Passwords")
struct PasswordHasherTests {
  /// Cheap, because these tests are about rules and not about cost.
  static let cheap = PasswordHash.Cost(memoryKiB: 64, passes: 1, lanes: 1)

  @Test("A password matches its hash, another does not, and hashes of one password differ")
  func matching() async throws {
    let hasher = try PasswordHasher(cost: Self.cheap)
    for password in ["correct horse", "", "pässwörd 🔑", String(repeating: "x", count: 256)] {
      let stored = try await hasher.hash(password)
      #expect(try await hasher.matches(password, storedHash: stored))
      if !password.isEmpty {
        #expect(try await !hasher.matches(String(password.dropLast()), storedHash: stored))
      }
      if password.utf8.count < PasswordHasher.passwordBytesMax {
        #expect(try await !hasher.matches(password + "\0", storedHash: stored))
      }
      #expect(try await hasher.hash(password) != stored)
    }
  }

  @Test("Hashes are argon2id at 19 MiB, two passes, one lane, unless told otherwise")
  func standardCost() async throws {
    let hasher = try PasswordHasher()
    let stored = try await hasher.hash("secret password")
    #expect(stored.hasPrefix("$argon2id$v=19$m=19456,t=2,p=1$"))
    #expect(try await hasher.matches("secret password", storedHash: stored))
  }

  @Test("Without a stored hash the answer is no, whatever the password")
  func dummy() async throws {
    let hasher = try PasswordHasher(cost: Self.cheap)
    #expect(try await !hasher.matches("anything", storedHash: nil))
  }

  @Test("A password beyond 256 bytes is refused before it is hashed")
  func tooLong() async throws {
    let hasher = try PasswordHasher(cost: Self.cheap)
    let long = String(repeating: "é", count: 129)
    await #expect(throws: PasswordHasherError.passwordTooLong) { try await hasher.hash(long) }
    await #expect(throws: PasswordHasherError.passwordTooLong) {
      try await hasher.matches(long, storedHash: nil)
    }
  }

  @Test("libargon2's own encoded hashes are understood")
  func knownHash() async throws {
    // echo -n password | argon2 somesalt -id -t 2 -k 256 -p 1 -l 32 -e (the library's test vector)
    let hash = try PasswordHash(
      encoded: "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ"
        + "$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4")
    #expect(try hash.matches(Array("password".utf8)))
    #expect(try !hash.matches(Array("Password".utf8)))
  }

  @Test("Stored hashes that ask for too much, or are damaged, are refused before any work")
  func bombs() {
    let salt = "c29tc2FsdHNvbWVzYWx0"
    let hash = "nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
    let rows: [(String, PasswordHashError)] = [
      ("$argon2id$v=19$m=4194304,t=2,p=1$\(salt)$\(hash)", .costOutOfBounds),
      ("$argon2id$v=19$m=65537,t=2,p=1$\(salt)$\(hash)", .costOutOfBounds),
      ("$argon2id$v=19$m=0,t=2,p=1$\(salt)$\(hash)", .costOutOfBounds),
      ("$argon2id$v=19$m=256,t=4294967295,p=1$\(salt)$\(hash)", .costOutOfBounds),
      ("$argon2id$v=19$m=256,t=0,p=1$\(salt)$\(hash)", .costOutOfBounds),
      ("$argon2id$v=19$m=256,t=2,p=16777215$\(salt)$\(hash)", .costOutOfBounds),
      ("$argon2id$v=19$m=256,t=2,p=0$\(salt)$\(hash)", .costOutOfBounds),
      ("$argon2id$v=19$m=256,t=2,p=1$AAAA$\(hash)", .costOutOfBounds),
      ("$argon2id$v=19$m=256,t=2,p=1$\(salt)$AAAA", .costOutOfBounds),
      ("$argon2id$v=19$m=256,t=2,p=1$\(salt)$", .costOutOfBounds),
      ("$argon2i$v=19$m=256,t=2,p=1$\(salt)$\(hash)", .malformed),
      ("$argon2id$v=16$m=256,t=2,p=1$\(salt)$\(hash)", .malformed),
      ("$argon2id$m=256,t=2,p=1$\(salt)$\(hash)", .malformed),
      ("$argon2id$v=19$t=2,m=256,p=1$\(salt)$\(hash)", .malformed),
      ("$argon2id$v=19$m=99999999999,t=2,p=1$\(salt)$\(hash)", .malformed),
      ("$argon2id$v=19$m=+256,t=2,p=1$\(salt)$\(hash)", .malformed),
      ("$argon2id$v=19$m=-1,t=2,p=1$\(salt)$\(hash)", .malformed),
      ("$argon2id$v=19$m=256,t=2,p=1,x=1$\(salt)$\(hash)", .malformed),
      ("$argon2id$v=19$m=256,t=2,p=1$\(salt)=$\(hash)", .malformed),
      ("$argon2id$v=19$m=256,t=2,p=1$\(salt)$\(hash)$", .malformed),
      ("x$argon2id$v=19$m=256,t=2,p=1$\(salt)$\(hash)", .malformed),
      ("plain", .malformed), ("", .malformed),
      ("$argon2id$v=19$m=256,t=2,p=1$\(salt)$" + String(repeating: "A", count: 300), .malformed),
    ]
    for (encoded, refusal) in rows {
      #expect(throws: refusal, "\(encoded)") { try PasswordHash(encoded: encoded) }
    }
  }

  @Test("A damaged stored hash is a failure, not a wrong password")
  func damagedHash() async throws {
    let hasher = try PasswordHasher(cost: Self.cheap)
    await #expect(throws: PasswordHasherError.failed(.malformed)) {
      try await hasher.matches("x", storedHash: "damaged")
    }
  }
}

@Suite("The threads that hash passwords")
struct PasswordWorkersTests {
  /// Work that ends when the test says so.
  final class Gate: Sendable {
    private let isOpen = Atomic<Bool>(false)
    let started = Atomic<Int>(0)
    func open() { isOpen.store(true, ordering: .releasing) }
    func hold() {
      started.add(1, ordering: .relaxed)
      while !isOpen.load(ordering: .acquiring) { usleep(500) }
    }
    func waitForStarts(_ count: Int) async {
      while started.load(ordering: .relaxed) < count { await Task.yield() }
    }
  }

  @Test("At most two run at once; when the queue is full the next is refused at once")
  func bounded() async throws {
    let workers = PasswordWorkers(threads: 2, waitingMax: 3)
    let gate = Gate()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<2 { group.addTask { try await workers.run { gate.hold() } } }
      await gate.waitForStarts(2)
      for _ in 0..<3 { group.addTask { try await workers.run { gate.hold() } } }
      while workers.waitingCount < 3 { await Task.yield() }
      await #expect(throws: PasswordHasherError.busy) { try await workers.run { gate.hold() } }
      #expect(gate.started.load(ordering: .relaxed) == 2)
      gate.open()
      try await group.waitForAll()
    }
    #expect(gate.started.load(ordering: .relaxed) == 5)
  }

  @Test("A cancelled caller's work leaves the queue without being done")
  func cancellation() async throws {
    let workers = PasswordWorkers(threads: 1, waitingMax: 3)
    let gate = Gate()
    async let first: Void = workers.run { gate.hold() }
    await gate.waitForStarts(1)
    let waiting = Task { try await workers.run { gate.hold() } }
    while workers.waitingCount < 1 { await Task.yield() }
    waiting.cancel()
    await #expect(throws: PasswordHasherError.cancelled) { try await waiting.value }
    #expect(workers.waitingCount == 0)
    gate.open()
    try await first
    #expect(gate.started.load(ordering: .relaxed) == 1)
    #expect(try await workers.run { 7 } == 7)
  }
}
