import GRPC
import Protobuf
import RPCInspect

/// Prints what happens during a call, each response when it arrives.
final class CallPrinter: InvocationEventHandler {
  private let console: Console
  private let catalog: Catalog
  private let isVerbose: Bool
  private let options: JSONEncodingOptions
  private let methodText: String
  /// How the call ended; nil when it ended with OK.
  private(set) var failure: RPCError?

  init(
    console: Console, catalog: Catalog, isVerbose: Bool, emitDefaults: Bool, methodText: String
  ) {
    self.console = console
    self.catalog = catalog
    self.isVerbose = isVerbose
    self.methodText = methodText
    options = JSONEncodingOptions(
      emitDefaults: emitDefaults, showsUnresolvedAny: true, resolver: catalog.resolver,
      layout: .indented)
  }

  func willSend(_ method: MethodShape, metadata: Metadata) {
    guard isVerbose else { return }
    console.print("\nResolved method descriptor:\n\(methodText)")
    console.print("\nRequest metadata to send:\n\(MetadataText.text(metadata))")
  }

  func received(headers: Metadata) {
    guard isVerbose else { return }
    console.print("\nResponse headers received:\n\(MetadataText.text(headers))")
  }

  func received(_ message: DynamicMessage) async throws {
    await catalog.prepareTypes(in: message)
    let text = try message.jsonString(options: options)
    console.print(isVerbose ? "\nResponse contents:\n\(text)" : text)
  }

  func ended(trailers: Metadata, failure: RPCError?, requestCount: Int, responseCount: Int) {
    self.failure = failure
    guard isVerbose else { return }
    console.print("\nResponse trailers received:\n\(MetadataText.text(trailers))")
    console.print(
      "Sent \(Self.counted(requestCount, "request")) and received "
        + Self.counted(responseCount, "response"))
  }

  private static func counted(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
  }
}
