import Foundation

/// A directory that is removed with its contents when the test lets go of it.
final class TemporaryDirectory {
  let path: String

  /// - Parameter isInMemory: where the system has a file system in memory, the directory is there.
  init(isInMemory: Bool = false) throws {
    let memory = "/dev/shm"
    let isThere = isInMemory && FileManager.default.isWritableFile(atPath: memory)
    let room = isThere ? URL(filePath: memory) : FileManager.default.temporaryDirectory
    let url = room.resolvingSymlinksInPath()
      .appendingPathComponent("farebox-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }
}
