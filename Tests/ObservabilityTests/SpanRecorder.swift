import Synchronization
import Tracing

/// A tracer that keeps its spans, and carries its context as a W3C `traceparent` would be.
final class SpanRecorder: Tracer {
  enum Parent: ServiceContextKey { typealias Value = String }

  private let started = Mutex<[RecordedSpan]>([])

  /// The spans in the order of their beginning.
  var spans: [RecordedSpan] { started.withLock { $0 } }

  func startSpan<Instant: TracerInstant>(
    _ operationName: String, context: @autoclosure () -> ServiceContext, ofKind kind: SpanKind,
    at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
  ) -> RecordedSpan {
    var context = context()
    let parent = context[Parent.self]
    return started.withLock { spans in
      context[Parent.self] = "00-trace-span\(spans.count)-01"
      let span = RecordedSpan(operationName, kind, parent: parent, context: context)
      spans.append(span)
      return span
    }
  }

  func startAnySpan<Instant: TracerInstant>(
    _ operationName: String, context: @autoclosure () -> ServiceContext, ofKind kind: SpanKind,
    at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
  ) -> any Tracing.Span {
    startSpan(
      operationName, context: context(), ofKind: kind, at: instant(), function: function,
      file: fileID, line: line)
  }

  func forceFlush() {}

  func extract<Carrier, Extract: Extractor>(
    _ carrier: Carrier, into context: inout ServiceContext, using extractor: Extract
  ) where Extract.Carrier == Carrier {
    context[Parent.self] = extractor.extract(key: "traceparent", from: carrier)
  }

  func inject<Carrier, Inject: Injector>(
    _ context: ServiceContext, into carrier: inout Carrier, using injector: Inject
  ) where Inject.Carrier == Carrier {
    guard let parent = context[Parent.self] else { return }
    injector.inject(parent, forKey: "traceparent", into: &carrier)
    injector.inject("a=1\r\nx: y", forKey: "tracestate", into: &carrier)
  }
}

/// A span that keeps what it is told.
final class RecordedSpan: Tracing.Span {
  let kind: SpanKind
  let parent: String?
  let context: ServiceContext
  private let state: Mutex<State>

  private struct State {
    var name: String
    var attributes: SpanAttributes = [:]
    var status: SpanStatus?
    var errors = 0
    var ends = 0
  }

  init(_ name: String, _ kind: SpanKind, parent: String?, context: ServiceContext) {
    self.kind = kind
    self.parent = parent
    self.context = context
    state = Mutex(State(name: name))
  }

  var id: String? { context[SpanRecorder.Parent.self] }
  var status: SpanStatus? { state.withLock { $0.status } }
  var errors: Int { state.withLock { $0.errors } }
  var ends: Int { state.withLock { $0.ends } }

  /// A text attribute.
  subscript(_ name: String) -> String? {
    guard case .string(let text)? = attributes.get(name) else { return nil }
    return text
  }

  var operationName: String {
    get { state.withLock { $0.name } }
    set { state.withLock { $0.name = newValue } }
  }
  var attributes: SpanAttributes {
    get { state.withLock { $0.attributes } }
    set { state.withLock { $0.attributes = newValue } }
  }
  var isRecording: Bool { ends == 0 }
  func setStatus(_ status: SpanStatus) { state.withLock { $0.status = status } }
  func addEvent(_ event: SpanEvent) {}
  func recordError<Instant: TracerInstant>(
    _ error: any Error, attributes: SpanAttributes, at instant: @autoclosure () -> Instant
  ) {
    state.withLock { $0.errors += 1 }
  }
  func addLink(_ link: SpanLink) {}
  func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
    state.withLock { $0.ends += 1 }
  }
}
