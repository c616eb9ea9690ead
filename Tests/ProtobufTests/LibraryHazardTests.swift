import Dispatch
import Testing

@testable import Protobuf

/// Hazards of protobuf-c 1.4.1 that later versions mend, or that its users must avoid.
@Suite struct LibraryHazardTests {
  @Test("messages begin as zeroes: the library's own initializer runs, not one of a descriptor's")
  func initializers() {
    for schema in [Sample.schema, Leaf.schema] {
      #expect(schema.layout.pointee.descriptor.pointee.message_init == nil)
      #expect(schema.layout.pointee.descriptor.pointee.magic == 0x28AA_EEF9)
    }
    // A failure on the way frees what was never set, were it not zero (mended in 1.5.1).
    let prefix = Wire.field(14, "text") + Wire.field(17, Wire.field(2, "name"))
    for damage: [UInt8] in [[0x08], Wire.tag(14, 2) + [2, 65], Wire.field(14, [0xFF])] {
      #expect(Sample.refusal(of: prefix + damage) != nil)
    }
  }

  @Test("more than 2 GiB are refused before a byte of them is looked at")
  func hugeMessages() {
    // Lengths and counts of 32 bits wrap in the library beyond that.
    let byte = UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1)
    defer { byte.deallocate() }
    for count in [Int(Int32.max) + 1, Int(UInt32.max), Int(UInt32.max) + 1, 1 << 40, .max] {
      #expect(throws: DecodeError.self) {
        _ = try Sample(
          serializedBytes: UnsafeRawBufferPointer(start: byte, count: count), limits: .trusted)
      }
    }
  }

  @Test("a value that many threads encode at once has the same bytes for each")
  func concurrentEncoding() throws {
    // The library sizes, then packs: what is packed must not change in between.
    let value = Sample.full
    let expected = try value.serializedBytes()
    nonisolated(unsafe) let same = UnsafeMutablePointer<Bool>.allocate(capacity: 64)
    same.initialize(repeating: false, count: 64)
    defer { same.deallocate() }
    DispatchQueue.concurrentPerform(iterations: 64) { index in
      var own = value
      own.next = Sample()
      let others = (0..<50).map { _ in try? value.serializedBytes() }
      same[index] = others.allSatisfy { $0 == expected } && (try? own.serializedBytes()) != expected
    }
    #expect((0..<64).allSatisfy { same[$0] })
  }

  @Test("an element that was never set is an empty message, not a missing one")
  func emptyElements() throws {
    var sample = Sample()
    sample.leaves = [Leaf(), Leaf()]
    let again = try Sample(serializedBytes: sample.serializedBytes())
    #expect(again.leaves.count == 2)
  }
}
