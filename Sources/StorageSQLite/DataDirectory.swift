import Foundation

/// The directory that holds all of a server's files, claimed by this process.
///
/// A second process is refused: the claim is an exclusive lock on `farebox.lock`, which the kernel
/// gives up when the process ends, however it ends.
public final class DataDirectory: Sendable {
  /// The directory's path.
  public let path: String
  private let lock: Int32

  /// Creates the directory where needed, readable by its owner only and durable, and claims it.
  public init(path: String) throws(StartupError) {
    self.path = path
    try Folder.make(path)
    lock = try Self.claim(path + "/farebox.lock")
  }

  deinit {
    close(lock)
  }

  /// The path of a file in the directory.
  public func file(_ name: String) -> String { path + "/" + name }

  private static func claim(_ path: String) throws(StartupError) -> Int32 {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw StartupError("cannot open \(path): \(String(cString: strerror(errno)))")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let reason = errno
      close(descriptor)
      if reason == EWOULDBLOCK {
        throw StartupError(
          "\(path) is locked: another process uses this data directory", isInUse: true)
      }
      throw StartupError("cannot lock \(path): \(String(cString: strerror(reason)))")
    }
    return descriptor
  }
}
