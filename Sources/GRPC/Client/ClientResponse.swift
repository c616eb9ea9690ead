/// One response with the metadata around it.
public struct ClientResponse<Message: Sendable>: Sendable {
  /// Metadata that came before the message.
  public var initialMetadata: Metadata
  /// The message.
  public var message: Message
  /// Metadata that came with the status.
  public var trailingMetadata: Metadata
  /// Whether the message came compressed.
  public var wasCompressed: Bool
}
