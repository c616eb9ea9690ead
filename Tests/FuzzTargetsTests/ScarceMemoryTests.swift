import CProtobufC
import Foundation
import FuzzTargets
import Testing

@testable import Protobuf

/// Lets the k-th allocation of decodes on this thread fail.
private struct Countdown {
  let arena: Arena
  let failing: Int
  var callCount = 0

  /// What a decode does with its k-th allocation refused: what it throws, whether it came to that
  /// allocation, and whether the thread's arena is as it was.
  static func decode(
    _ type: any Message.Type, _ bytes: [UInt8], failing k: Int
  ) -> (error: DecodeError?, hasFailed: Bool, isClean: Bool) {
    let arena = Arena.current
    let usual = arena.allocator.pointee
    let before = (arena.state.pointee.cursor, arena.state.pointee.chunk)
    var countdown = Countdown(arena: arena, failing: k)
    var thrown: DecodeError?
    withUnsafeMutablePointer(to: &countdown) { pointer in
      arena.allocator.pointee = ProtobufCAllocator(
        alloc: { data, size in
          guard let data else { return nil }
          let countdown = data.assumingMemoryBound(to: Countdown.self)
          countdown.pointee.callCount += 1
          guard countdown.pointee.callCount != countdown.pointee.failing else {
            countdown.pointee.arena.state.pointee.isExhausted = true
            return nil
          }
          return countdown.pointee.arena.allocate(Int(clamping: size))
        }, free: { _, _ in }, allocator_data: pointer)
      bytes.withUnsafeBytes { view in
        do throws(DecodeError) {
          _ = try type.init(serializedBytes: view)
        } catch {
          thrown = error
        }
      }
      arena.allocator.pointee = usual
    }
    let isClean =
      before.0 == arena.state.pointee.cursor && before.1 == arena.state.pointee.chunk
    return (thrown, countdown.callCount >= k, isClean)
  }
}

@Suite("Memory that runs out while a message is decoded")
struct DecodingMemoryTests {
  @Test("whichever allocation fails, every request type says so and leaves nothing behind")
  func sweep() throws {
    let folder = CorpusTests.folder.appending(path: FuzzTarget.protobuf.rawValue)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    var (inputs, refused) = (0, 0)
    var failing: Set<String> = []
    for name in names.sorted() {
      let input = try [UInt8](Data(contentsOf: folder.appending(path: name)))
      guard let first = input.first else { continue }
      let bytes = Array(input.dropFirst())
      // Under the type that it names, and two others.
      for shift in 0..<3 {
        let type = ProtobufFuzz.types[(Int(first) + shift * 17) % ProtobufFuzz.types.count]
        inputs += 1
        var k = 0
        while true {
          k += 1
          let (error, hasFailed, isClean) = Countdown.decode(type, bytes, failing: k)
          #expect(isClean, "\(name) as \(type.schema.name), allocation \(k)")
          guard hasFailed else { break }
          refused += 1
          failing.insert(type.schema.name)
          if let error, case .memoryBudgetExceeded = error.reason { continue }
          Issue.record("\(name) as \(type.schema.name), allocation \(k): \(error as Any)")
          break
        }
      }
    }
    #expect(inputs > 1_000 && refused > 2_000)
    let all = Set(ProtobufFuzz.types.map { $0.schema.name })
    #expect(all.subtracting(failing) == [], "no allocation of these failed")
    print("decoding: \(inputs) inputs, \(refused) refused allocations")
  }
}
