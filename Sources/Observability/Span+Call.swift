import GRPC
import Tracing

extension Span {
  /// Says what is called.
  func describe(_ method: MethodDescriptor, peer: String?) {
    updateAttributes { attributes in
      attributes[CallAttribute.system] = "grpc"
      attributes[CallAttribute.method] = method.fullyQualifiedMethod
      if let peer { attributes[CallAttribute.peer] = peer }
    }
  }

  /// Says how the call ended. The status of the span stays open when nothing was wrong.
  func note(_ code: Status.Code, on side: CallSide) {
    attributes[CallAttribute.statusCode] = "\(code)"
    guard code.isFault(of: side) else { return }
    attributes[CallAttribute.errorType] = "\(code)"
    setStatus(SpanStatus(code: .error))
  }
}

extension Status.Code {
  /// Whether the conventions count the code as an error of that side. To a client every failure is
  /// one; what a server refuses for good reasons is the client's.
  func isFault(of side: CallSide) -> Bool {
    switch side {
    case .client: self != .ok
    case .server:
      switch self {
      case .unknown, .deadlineExceeded, .unimplemented, .internalError, .unavailable, .dataLoss:
        true
      default: false
      }
    }
  }
}
