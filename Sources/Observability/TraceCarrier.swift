import GRPC
import Instrumentation

/// Reads the headers of a trace (W3C `traceparent` and `tracestate`, or whatever the tracer uses)
/// from the metadata of a call.
struct MetadataExtractor: Extractor {
  func extract(key: String, from metadata: Metadata) -> String? {
    let values = metadata[stringValues: key.lowercased()]
    guard values.count > 1 else { return values.first }
    // Fields of one name are one list (RFC 9110 section 5.3): tracestate may come in pieces.
    return values.joined(separator: ",")
  }
}

/// Writes the headers of a trace into the metadata of a call. What may not be sent is left out: a
/// call must not fail because it is traced.
struct MetadataInjector: Injector {
  func inject(_ value: String, forKey key: String, into metadata: inout Metadata) {
    let key = key.lowercased()
    let field: Metadata = [key: .string(value)]
    guard (try? field.validateForSending()) != nil else { return }
    metadata.replaceOrAddString(value, forKey: key)
  }
}
