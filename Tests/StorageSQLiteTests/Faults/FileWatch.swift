import StorageFaults

/// Records what SQLite does to the files of a folder, and lets calls fail.
///
/// May be used from any thread.
final class FileWatch: @unchecked Sendable {
  /// Guarded by a lock of its own.
  private let handle: OpaquePointer

  init(_ folder: String) {
    guard let handle = faults_begin(folder) else { preconditionFailure("no memory for a watch") }
    self.handle = handle
  }

  deinit { faults_end(handle) }

  /// How much was recorded so far.
  var count: Int { faults_count(handle) }

  /// Puts a mark among the records.
  func mark(_ number: Int64) { faults_mark(handle, number) }

  /// Lets the `k`-th call from now on fail, and with `isLasting` every one after it.
  func arm(_ call: FaultsCall, _ k: Int, code: Int32, isLasting: Bool) {
    faults_arm(handle, call, Int64(k), code, isLasting)
  }

  /// Lets calls succeed again; returns how many failed.
  @discardableResult
  func disarm() -> Int { Int(faults_disarm(handle)) }

  /// Lets the `k`-th sync from now on do nothing and succeed.
  func lie(_ k: Int) { faults_lie(handle, Int64(k)) }

  /// Gives connections another level of PRAGMA synchronous than they ask for.
  func forceSynchronous(_ level: Int32) { faults_force_synchronous(handle, level) }

  /// What was recorded so far, in order.
  func records() -> [DiskRecord] { (0..<count).map { record(faults_record(handle, $0)) } }

  private func record(_ raw: FaultsRecord) -> DiskRecord {
    let file = Int(raw.file)
    switch raw.kind {
    case .created:
      return .created(file: file, name: String(cString: faults_file_name(handle, raw.file)))
    case .found:
      return .found(file: file, name: String(cString: faults_file_name(handle, raw.file)))
    case .write:
      let bytes = [UInt8](UnsafeBufferPointer(start: raw.bytes, count: Int(raw.length)))
      return .change(file: file, .write(offset: Int(raw.position), bytes: bytes))
    case .truncate: return .change(file: file, .truncate(size: Int(raw.position)))
    case .sync: return .sync(file: file)
    case .syncFailed: return .syncFailed(file: file)
    case .syncLied: return .syncLied(file: file)
    case .deleted: return .deleted(file: file)
    case .directorySync: return .directorySync
    case .mark: return .mark(raw.position)
    }
  }
}

/// Something that happened to files.
enum DiskRecord: Sendable {
  /// A name appeared in the folder. Files are numbered; a name that comes again is another file.
  case created(file: Int, name: String)
  /// A file that was there before the records begin.
  case found(file: Int, name: String)
  case change(file: Int, DiskChange)
  case sync(file: Int)
  case syncFailed(file: Int)
  /// It was said to be done, and nothing was.
  case syncLied(file: Int)
  case deleted(file: Int)
  /// The folder's own entries are durable.
  case directorySync
  case mark(Int64)
}

/// A change to a file.
enum DiskChange: Sendable {
  case write(offset: Int, bytes: [UInt8])
  case truncate(size: Int)
}
