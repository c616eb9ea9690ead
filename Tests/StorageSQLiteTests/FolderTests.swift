import Foundation
import Testing

@testable import StorageSQLite

@Suite("Folders")
struct FolderTests {
  private let temporary: TemporaryDirectory

  init() throws { temporary = try TemporaryDirectory() }

  @Test("each folder that is made is synchronized into the one above, from the top down")
  func made() throws {
    let path = temporary.path
    var synchronized: [String] = []
    func note(_ folder: String) throws(StartupError) { synchronized.append(folder) }
    try Folder.make(path + "/a/b/c", synchronizing: note)
    #expect(synchronized == [path, path + "/a", path + "/a/b"])
    let attributes = try FileManager.default.attributesOfItem(atPath: path + "/a/b")
    #expect(attributes[.posixPermissions] as? Int == 0o700)
    synchronized = []
    try Folder.make(path + "/a/b", synchronizing: note)
    #expect(synchronized == [], "what is there is left alone")
    try Folder.make(path + "/a/b/d/", synchronizing: note)
    #expect(synchronized == [path + "/a/b"])
    try Folder.make(path + "/e/f")
    #expect(FileManager.default.fileExists(atPath: path + "/e/f"))
  }

  @Test("the folder above a relative path is the current one")
  func parents() {
    let rows = [
      ("a", "."), ("a/", "."), ("./a", "."), ("/a", "/"), ("//a", "/"), ("a/b", "a"),
      ("a//b//", "a"), ("../a", ".."), ("/a/b/c", "/a/b"), ("/", "/"), ("//", "/"), ("", "."),
    ]
    for (path, parent) in rows {
      #expect(Folder.parent(of: path) == parent, "\(path)")
    }
  }

  @Test("what cannot be made or synchronized is said")
  func refused() throws {
    let file = temporary.path + "/file"
    try Data("x".utf8).write(to: URL(fileURLWithPath: file))
    let error = #expect(throws: StartupError.self) { try Folder.make(file + "/folder") }
    #expect(error?.description.contains(file) == true)
    let data = #expect(throws: StartupError.self) { try DataDirectory(path: file) }
    #expect(data?.description.contains("File exists") == true, "\(String(describing: data))")
    #expect(throws: StartupError.self) {
      try Folder.make(temporary.path + "/new") { _ throws(StartupError) in
        throw StartupError("the disk is gone")
      }
    }
    #expect(throws: StartupError.self) { try Folder.synchronize(temporary.path + "/none") }
  }
}
