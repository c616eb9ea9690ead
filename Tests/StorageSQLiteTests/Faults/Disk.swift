import LedgerConformance

/// A disk that may lose power: what it is certain to keep, and what it may keep or lose.
///
/// ```
///   record:  write write SYNC write truncate write | power is cut
///            \---------/      \------------------/
///             kept              each kept or lost, whole, by sectors, in any order
/// ```
/// After a failed sync the system may hold what was written before as clean: it may be lost,
/// although later syncs succeed. Names of files are kept or lost by the same rules, by syncs of the folder.
struct Disk {
  private struct File {
    let name: String
    /// The bytes that are certain.
    var certain: [UInt8] = []
    /// Changes since then, in order.
    var later: [(change: DiskChange, standing: Standing)] = []

    mutating func sync() {
      for index in later.indices where later[index].standing == .pending {
        later[index].standing = .kept
      }
      // What may be lost for ever lies below what was kept since: then the order must stay.
      guard !later.contains(where: { $0.standing == .doomed }) else { return }
      for (change, _) in later { certain.carryOut(change) }
      later = []
    }

    mutating func failSync() {
      for index in later.indices where later[index].standing == .pending {
        later[index].standing = .doomed
      }
    }
  }

  private enum Standing { case pending, doomed, kept }

  private enum NameChange {
    case appeared(Int)
    case vanished(Int)
  }

  private var files: [Int: File] = [:]
  /// The folder as it is certain to be.
  private var folder: [String: Int] = [:]
  private var nameChanges: [NameChange] = []

  /// An empty folder.
  init() {}

  /// A folder with files of which not all that can be read is certain.
  init(certain: [String: [UInt8]], visible: [String: [UInt8]]) {
    for (index, (name, bytes)) in visible.enumerated() {
      let changes: [DiskChange] = [.truncate(size: bytes.count), .write(offset: 0, bytes: bytes)]
      files[-1 - index] = File(
        name: name, certain: certain[name] ?? [], later: changes.map { ($0, .pending) })
      folder[name] = -1 - index
    }
  }

  mutating func carryOut(_ record: DiskRecord) {
    switch record {
    case .found(let file, let name):
      guard let number = folder[name] else { preconditionFailure("\(name) was not there") }
      files[file] = files.removeValue(forKey: number)
      folder[name] = file
    case .created(let file, let name):
      files[file] = File(name: name)
      nameChanges.append(.appeared(file))
    case .deleted(let file): nameChanges.append(.vanished(file))
    case .change(let file, let change): files[file]?.later.append((change, .pending))
    case .sync(let file): files[file]?.sync()
    case .syncFailed(let file): files[file]?.failSync()
    case .directorySync:
      for change in nameChanges { carryOut(change, in: &folder) }
      nameChanges = []
    case .syncLied, .mark: break
    }
  }

  private func carryOut(_ change: NameChange, in folder: inout [String: Int]) {
    switch change {
    case .appeared(let file): if let name = files[file]?.name { folder[name] = file }
    case .vanished(let file):
      if let name = files[file]?.name, folder[name] == file { folder[name] = nil }
    }
  }

  // MARK: Images

  /// What happens to changes that are not certain.
  enum Fate: CaseIterable {
    /// All are lost.
    case lost
    /// All are kept, as when only the process ends.
    case kept
    /// Those up to one are kept, and of that one some sectors.
    case torn
    /// Each is kept or lost.
    case some
    /// Each sector of each is kept or lost, which leaves any version of it, in any order.
    case sectors
    /// The same, and a file that grew by lost sectors has garbage there.
    case garbage
  }

  /// The files as they may be found when power comes back. `fate` nil: another for each file.
  func image(
    _ fate: Fate? = nil, _ random: inout SeededGenerator
  ) -> (files: [String: [UInt8]], description: String) {
    var folder = folder
    for change in nameChanges {
      let isKept = fate == nil ? random.chance(50) : fate != .lost
      if isKept { carryOut(change, in: &folder) }
    }
    var result: [String: [UInt8]] = [:]
    var words: [String] = []
    for (name, number) in folder.sorted(by: { $0.key < $1.key }) {
      guard let file = files[number] else { continue }
      let own = fate ?? Fate.allCases.randomElement(using: &random) ?? .lost
      let sector = random.chance(50) ? 512 : 4_096
      let percent = [5, 50, 95].randomElement(using: &random) ?? 50
      result[name] = bytes(of: file, own, sector, percent, &random)
      words.append("\(name): \(own) of \(file.later.count) changes, \(percent) % by \(sector)")
    }
    return (result, words.joined(separator: "; "))
  }

  private func bytes(
    of file: File, _ fate: Fate, _ sector: Int, _ percent: Int, _ random: inout SeededGenerator
  ) -> [UInt8] {
    var bytes = file.certain
    let cut = file.later.isEmpty ? 0 : Int.random(in: 0..<file.later.count, using: &random)
    for (index, (change, standing)) in file.later.enumerated() {
      if standing == .kept {
        bytes.carryOut(change)
        continue
      }
      switch fate {
      case .lost: break
      case .kept: bytes.carryOut(change)
      case .some: if random.chance(percent) { bytes.carryOut(change) }
      case .torn:
        if index < cut { bytes.carryOut(change) }
        if index == cut { bytes.carryOut(change, sector, 50, garbage: false, &random) }
      case .sectors: bytes.carryOut(change, sector, percent, garbage: false, &random)
      case .garbage: bytes.carryOut(change, sector, percent, garbage: true, &random)
      }
    }
    return bytes
  }
}

extension [UInt8] {
  fileprivate mutating func carryOut(_ change: DiskChange) {
    switch change {
    case .write(let offset, let bytes): write(bytes[...], at: offset)
    case .truncate(let size): if size < count { removeLast(count - size) } else { grow(to: size) }
    }
  }

  /// Carries out some sectors of a change.
  fileprivate mutating func carryOut(
    _ change: DiskChange, _ sector: Int, _ percent: Int, garbage: Bool,
    _ random: inout SeededGenerator
  ) {
    guard case .write(let offset, let bytes) = change else {
      if random.chance(percent) { carryOut(change) }
      return
    }
    var start = 0
    while start < bytes.count {
      let end = Swift.min(bytes.count, ((offset + start) / sector + 1) * sector - offset)
      let position = offset + start
      if random.chance(percent) {
        write(bytes[start..<end], at: position)
      } else if garbage, offset + end > count {
        // Only what the file never had: a sector that was there keeps what it held.
        let known = Swift.max(position, count)
        let value = UInt8.random(in: 0...255, using: &random)
        write([UInt8](repeating: value, count: offset + end - known)[...], at: known)
      }
      start = end
    }
  }

  private mutating func grow(to size: Int) {
    if size > count { append(contentsOf: [UInt8](repeating: 0, count: size - count)) }
  }

  private mutating func write(_ bytes: ArraySlice<UInt8>, at offset: Int) {
    grow(to: offset + bytes.count)
    withUnsafeMutableBytes { target in
      bytes.withUnsafeBytes { source in
        UnsafeMutableRawBufferPointer(rebasing: target[offset..<offset + source.count])
          .copyMemory(from: source)
      }
    }
  }
}
