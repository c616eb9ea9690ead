import Foundation

/// Makes folders, and waits until what a folder lists is on the disk.
///
/// A file that was synchronized is lost with its folder's entry, and that with the folder's own:
/// each is durable only when the one above it was synchronized.
public enum Folder {
  /// Makes a folder and those above it that are missing, readable by their owner only, and waits
  /// until they survive power loss. One that is there stays as it is.
  public static func make(_ path: String) throws(StartupError) {
    try make(path, synchronizing: synchronize)
  }

  static func make(
    _ path: String, synchronizing synchronize: (String) throws(StartupError) -> Void
  ) throws(StartupError) {
    var missing: [String] = []
    var next = path
    while !isFolder(next) {
      missing.append(next)
      let above = parent(of: next)
      guard above != next else { break }
      next = above
    }
    for folder in missing.reversed() {
      guard mkdir(folder, 0o700) == 0 || isFolder(folder) else {
        throw StartupError("cannot create the folder \(folder): \(reason())")
      }
      try synchronize(parent(of: folder))
    }
  }

  /// Waits until the names in a folder survive power loss.
  static func synchronize(_ path: String) throws(StartupError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw StartupError("cannot open \(path): \(reason())") }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else {
      throw StartupError("cannot synchronize \(path): \(reason())")
    }
  }

  /// The folder that a path lies in.
  static func parent(of path: String) -> String {
    var above = path[...]
    while above.count > 1, above.last == "/" { above.removeLast() }
    guard let slash = above.lastIndex(of: "/") else { return "." }
    above = above[..<slash]
    while above.last == "/" { above.removeLast() }
    return above.isEmpty ? "/" : String(above)
  }

  private static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    let isThere = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    return isThere && isFolder.boolValue
  }

  private static func reason() -> String { String(cString: strerror(errno)) }
}
