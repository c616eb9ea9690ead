import Foundation
import Protobuf
import RPCInspect

/// Reads requests from the command line, a file or standard input, as soon as each is complete.
actor RequestReader {
  private let schema: MessageSchema
  private let options: JSONDecodingOptions
  private let nextChunk: @Sendable () async throws -> [UInt8]?
  private var splitter = JSONStreamSplitter()
  private var ready: [JSONValue] = []
  private var isAtEnd = false
  private var count = 0

  /// - Parameter data: JSON, `@` for standard input, `@path` for a file, or nil for no request.
  init(data: String?, schema: MessageSchema, options: JSONDecodingOptions) throws {
    self.schema = schema
    self.options = options
    switch data {
    case nil: nextChunk = { nil }
    case "@": nextChunk = Self.standardInput
    case let text? where text.hasPrefix("@"):
      nextChunk = Self.once(Array(try Data(contentsOf: URL(filePath: String(text.dropFirst())))))
    case let text?: nextChunk = Self.once(Array(text.utf8))
    }
  }

  /// The next request; nil at the end.
  func next() async throws -> DynamicMessage? {
    while ready.isEmpty {
      guard !isAtEnd else { return nil }
      if let chunk = try await nextChunk() {
        ready = try splitter.push(chunk)
      } else {
        isAtEnd = true
        ready = try splitter.finish()
      }
    }
    count += 1
    let value = ready.removeFirst()
    do {
      return try DynamicMessage(schema: schema, json: value, options: options)
    } catch {
      throw RequestError(number: count, problem: error)
    }
  }

  private static func once(_ bytes: [UInt8]) -> @Sendable () async throws -> [UInt8]? {
    let rest = SingleChunk(bytes)
    return { await rest.take() }
  }

  /// Blocks a thread of its own, not one of the cooperative pool, until something is typed.
  private static let standardInput: @Sendable () async throws -> [UInt8]? = {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        let data = FileHandle.standardInput.availableData
        continuation.resume(returning: data.isEmpty ? nil : Array(data))
      }
    }
  }
}

/// Bytes that are handed out once.
private actor SingleChunk {
  private var bytes: [UInt8]?

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  func take() -> [UInt8]? {
    defer { bytes = nil }
    return bytes
  }
}

/// A request that does not fit the method's request type.
struct RequestError: Error, CustomStringConvertible {
  let number: Int
  let problem: JSONError

  var description: String { "request \(number): \(problem)" }
}
