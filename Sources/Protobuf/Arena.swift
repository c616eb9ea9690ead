import CProtobufC

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Working memory for one decode or encode: allocation moves a pointer, release drops everything.
///
/// Each thread owns one arena and keeps its first chunk, so small messages cost no malloc. Uses
/// nest like stack frames (``begin(budget:)`` and ``end(_:)``), because a decode may run inside
/// another.
///
///     first chunk (kept)          later chunks (freed at the end of their scope)
///     +--------+-----------+      +--------+------------------------+
///     | header | ....|free |  <-- | header | ...          |  free   |
///     +--------+-----------+      +--------+------------------------+
///                                            cursor ^       end ^
@usableFromInline
struct Arena {
  struct State {
    var cursor: UnsafeMutableRawPointer
    var end: UnsafeMutableRawPointer
    /// Bytes that may still be handed out in this scope.
    var budget: Int
    /// Set once an allocation was refused.
    var isExhausted = false
    /// Nesting of messages while encoding.
    var depth = 0
    var isTooDeep = false
    var chunk: UnsafeMutablePointer<ChunkHeader>
    var allocator = ProtobufCAllocator()
  }

  struct ChunkHeader {
    var previous: UnsafeMutablePointer<ChunkHeader>?
    var size: Int
  }

  /// What ``end(_:)`` restores.
  @usableFromInline
  struct Scope {
    var cursor: UnsafeMutableRawPointer
    var end: UnsafeMutableRawPointer
    var budget: Int
    var isExhausted: Bool
    var depth: Int
    var isTooDeep: Bool
    var chunk: UnsafeMutablePointer<ChunkHeader>
  }

  static let firstChunkSize = 32 << 10
  static let chunkSizeMax = 4 << 20
  /// Enough for every C type that protobuf-c stores.
  static let alignment = 16

  let state: UnsafeMutablePointer<State>

  /// The calling thread's arena.
  static var current: Arena {
    if let pointer = pthread_getspecific(threadKey) {
      return Arena(state: pointer.assumingMemoryBound(to: State.self))
    }
    return createForThread()
  }

  /// protobuf-c's view of this arena.
  var allocator: UnsafeMutablePointer<ProtobufCAllocator> {
    (UnsafeMutableRawPointer(state) + MemoryLayout<State>.offset(of: \.allocator)!)
      .assumingMemoryBound(to: ProtobufCAllocator.self)
  }

  func begin(budget: Int) -> Scope {
    let scope = Scope(
      cursor: state.pointee.cursor, end: state.pointee.end, budget: state.pointee.budget,
      isExhausted: state.pointee.isExhausted, depth: state.pointee.depth,
      isTooDeep: state.pointee.isTooDeep, chunk: state.pointee.chunk)
    state.pointee.budget = budget
    state.pointee.isExhausted = false
    state.pointee.isTooDeep = false
    state.pointee.depth = 0
    return scope
  }

  func end(_ scope: Scope) {
    while state.pointee.chunk != scope.chunk, let previous = state.pointee.chunk.pointee.previous {
      free(state.pointee.chunk)
      state.pointee.chunk = previous
    }
    state.pointee.cursor = scope.cursor
    state.pointee.end = scope.end
    state.pointee.budget = scope.budget
    state.pointee.isExhausted = scope.isExhausted
    state.pointee.depth = scope.depth
    state.pointee.isTooDeep = scope.isTooDeep
  }

  /// Uninitialised memory, aligned for any protobuf-c type; nil when the budget is used up.
  func allocate(_ size: Int) -> UnsafeMutableRawPointer? {
    guard size >= 0, size <= state.pointee.budget else {
      state.pointee.isExhausted = true
      return nil
    }
    // No overflow: a budget never comes near Int.max.
    let rounded = (size &+ (Self.alignment - 1)) & ~(Self.alignment - 1)
    state.pointee.budget -= min(rounded, state.pointee.budget)
    if state.pointee.end - state.pointee.cursor < rounded, !grow(by: rounded) {
      state.pointee.isExhausted = true
      return nil
    }
    let result = state.pointee.cursor
    state.pointee.cursor = result + rounded
    return result
  }

  private func grow(by size: Int) -> Bool {
    let header = Self.alignment
    let doubled = min(state.pointee.chunk.pointee.size * 2, Self.chunkSizeMax)
    let chunkSize = max(doubled, size + header)
    guard let memory = malloc(chunkSize) else { return false }
    let chunk = memory.bindMemory(to: ChunkHeader.self, capacity: 1)
    chunk.initialize(to: ChunkHeader(previous: state.pointee.chunk, size: chunkSize))
    state.pointee.chunk = chunk
    state.pointee.cursor = memory + header
    state.pointee.end = memory + chunkSize
    return true
  }

  private static func createForThread() -> Arena {
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: firstChunkSize, alignment: alignment)
    let chunk = memory.bindMemory(to: ChunkHeader.self, capacity: 1)
    chunk.initialize(to: ChunkHeader(previous: nil, size: firstChunkSize))
    let state = UnsafeMutablePointer<State>.allocate(capacity: 1)
    state.initialize(
      to: State(
        cursor: memory + alignment, end: memory + firstChunkSize, budget: 0, chunk: chunk))
    state.pointee.allocator = ProtobufCAllocator(
      alloc: { data, size in
        guard let data else { return nil }
        let arena = Arena(state: data.assumingMemoryBound(to: State.self))
        return arena.allocate(Int(clamping: size))
      },
      // The scope's end frees everything at once.
      free: { _, _ in },
      allocator_data: state)
    pthread_setspecific(threadKey, state)
    return Arena(state: state)
  }

  private static let threadKey: pthread_key_t = {
    var key = pthread_key_t()
    let status = pthread_key_create(&key, destroyArena)
    precondition(status == 0, "no thread-local storage left")
    return key
  }()
}

#if canImport(Darwin)
  private func destroyArena(_ pointer: UnsafeMutableRawPointer) {
    destroyArenaState(pointer)
  }
#else
  private func destroyArena(_ pointer: UnsafeMutableRawPointer?) {
    if let pointer { destroyArenaState(pointer) }
  }
#endif

/// Runs when a thread ends; its arena is idle then, so only the first chunk is left.
private func destroyArenaState(_ pointer: UnsafeMutableRawPointer) {
  let state = pointer.assumingMemoryBound(to: Arena.State.self)
  UnsafeMutableRawPointer(state.pointee.chunk).deallocate()
  state.deinitialize(count: 1)
  state.deallocate()
}
