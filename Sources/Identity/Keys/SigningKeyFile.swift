#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Keeps the private signing key in a PEM file that only its owner can read.
///
/// A file of its own and not a row of the user database, so that copies and backups of the database
/// hold no key. Losing the file costs nothing but a new login for everybody.
public struct SigningKeyFile: Sendable {
  /// Longest file read, in bytes; a P-256 key takes about 250.
  private static let bytesMax = 4096

  private let path: String

  /// The file at `path`; nothing is touched yet.
  public init(path: String) {
    self.path = path
  }

  /// The key in the file; makes a key and the file (mode 0600, synced) when there is none.
  ///
  /// Blocks on the disk: call at start-up, not on an event loop. Refuses a file that others can
  /// read.
  public func loadOrCreate() throws(SigningKeyFileError) -> SigningKey {
    if let key = try load() { return key }
    try create(SigningKey())
    // Read back what is there: another process may have been first.
    guard let key = try load() else { throw .unreadable(errno: ENOENT) }
    return key
  }

  private func load() throws(SigningKeyFileError) -> SigningKey? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw .unreadable(errno: errno)
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .unreadable(errno: errno) }
    guard status.st_mode & 0o077 == 0 else { throw .readableByOthers }
    var bytes = [UInt8](repeating: 0, count: Self.bytesMax)
    var count = 0
    while count < bytes.count {
      let chunk = bytes.withUnsafeMutableBytes { buffer in
        read(descriptor, buffer.baseAddress! + count, buffer.count - count)
      }
      if chunk < 0 { throw .unreadable(errno: errno) }
      if chunk == 0 { break }
      count += chunk
    }
    let pem = String(decoding: bytes.prefix(count), as: UTF8.self)
    guard let key = try? SigningKey(pemRepresentation: pem) else { throw .notAKey }
    return key
  }

  /// Writes the key beside its place and links it there, so that no reader sees half a key and a
  /// second process cannot replace the first one's.
  private func create(_ key: SigningKey) throws(SigningKeyFileError) {
    let draft = "\(path).\(getpid()).draft"
    unlink(draft)
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .unwritable(errno: errno) }
    defer { unlink(draft) }
    let pem = Array(key.pemRepresentation.utf8)
    let written = pem.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    let synced = fsync(descriptor)
    let closed = close(descriptor)
    guard written == pem.count, synced == 0, closed == 0 else { throw .unwritable(errno: errno) }
    guard link(draft, path) == 0 || errno == EEXIST else { throw .unwritable(errno: errno) }
    try syncDirectory()
  }

  private func syncDirectory() throws(SigningKeyFileError) {
    let parent = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    let directory = parent.isEmpty ? "." : parent.joined(separator: "/") + "/"
    let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unwritable(errno: errno) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw .unwritable(errno: errno) }
  }
}

/// Why there is no signing key; the process should not start.
public enum SigningKeyFileError: Error, Sendable, Hashable {
  /// The file cannot be read.
  case unreadable(errno: Int32)
  /// The file cannot be written.
  case unwritable(errno: Int32)
  /// Group or others may read the file: the key may be known to others.
  case readableByOthers
  /// The file holds no P-256 private key in PEM.
  case notAKey
}
