import GRPC

/// The two fields of the request that the server sends back.
enum EchoedMetadata {
  /// Comes back with the initial metadata.
  static let initialKey = "x-grpc-test-echo-initial"
  /// Comes back with the status.
  static let trailingKey = "x-grpc-test-echo-trailing-bin"

  /// Sends back what the caller gave; nothing for a caller that gave nothing.
  static func send(from context: ServerContext) throws {
    if let text = context.metadata.firstString(forKey: initialKey) {
      var initial = Metadata()
      initial.addString(text, forKey: initialKey)
      try context.setInitialMetadata(initial)
    }
    if let bytes = context.metadata.firstBinary(forKey: trailingKey) {
      var trailing = Metadata()
      trailing.addBinary(bytes, forKey: trailingKey)
      try context.addTrailingMetadata(trailing)
    }
  }
}
