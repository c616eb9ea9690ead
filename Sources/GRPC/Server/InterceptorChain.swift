/// The interceptors of a server, folded once at start-up.
///
/// Both folds pass through all interceptors, the first one outermost, to the handler.
enum InterceptorChain {
  /// The interceptors that have something to do for a method, the innermost first.
  static func bind(
    _ interceptors: [any ServerInterceptor], to method: MethodDescriptor
  ) -> [any ServerInterceptor] {
    interceptors.reversed().compactMap { $0.bound(to: method) }
  }

  /// A function that may suspend anywhere.
  static func fold(
    _ bound: [any ServerInterceptor], around handler: @escaping RegisteredMethod.Run
  ) -> RegisteredMethod.Run {
    bound.reduce(handler) { step($1, before: $0) }
  }

  private static func step(
    _ interceptor: any ServerInterceptor, before inner: @escaping RegisteredMethod.Run
  ) -> RegisteredMethod.Run {
    guard let gate = interceptor as? any AdmittingInterceptor else {
      return { context, call in
        try await interceptor.intercept(context) { try await inner($0, call) }
      }
    }
    return { context, call in
      var context = context
      switch try gate.admit(&context) {
      case .admitted: try await inner(context, call)
      case .mustWait: try await gate.intercept(context) { try await inner($0, call) }
      }
    }
  }

  // MARK: Synchronous

  /// A function that runs without suspending as far as the interceptors and the handler let it; nil
  /// when an interceptor has no such form.
  static func foldSynchronously(
    _ bound: [any ServerInterceptor], around handler: @escaping RegisteredMethod.RunSynchronously,
    whenWaiting run: @escaping RegisteredMethod.Run
  ) -> RegisteredMethod.RunSynchronously? {
    var folded = handler
    var waiting = run
    for interceptor in bound {
      switch interceptor {
      case let gate as any AdmittingInterceptor:
        folded = pass(gate, before: folded, whenWaiting: waiting)
      case let observer as any ObservingInterceptor:
        folded = watch(observer, around: folded)
      default:
        return nil
      }
      waiting = step(interceptor, before: waiting)
    }
    return folded
  }

  private static func pass(
    _ gate: any AdmittingInterceptor, before inner: @escaping RegisteredMethod.RunSynchronously,
    whenWaiting innerWaiting: @escaping RegisteredMethod.Run
  ) -> RegisteredMethod.RunSynchronously {
    { context, call in
      var context = context
      switch try gate.admit(&context) {
      case .admitted: return try inner(context, call)
      case .mustWait:
        let context = context
        return .mustWait { _, call in
          try await gate.intercept(context) { try await innerWaiting($0, call) }
        }
      }
    }
  }

  private static func watch(
    _ observer: some ObservingInterceptor,
    around inner: @escaping RegisteredMethod.RunSynchronously
  ) -> RegisteredMethod.RunSynchronously {
    { context, call in
      var context = context
      let observation = observer.callBegins(&context)
      let begun = context
      do {
        switch try inner(context, call) {
        case .ended:
          observer.callEnded(observation, context, failure: nil)
          return .ended
        case .answersLater:
          call.whenAnswered { observer.callEnded(observation, begun, failure: $0) }
          return .answersLater
        case .mustWait(let rest):
          // What was begun goes on around the part that suspends.
          return .mustWait { context, call in
            do {
              try await rest(context, call)
            } catch {
              observer.callEnded(observation, begun, failure: error)
              throw error
            }
            observer.callEnded(observation, begun, failure: nil)
          }
        }
      } catch {
        observer.callEnded(observation, context, failure: error)
        throw error
      }
    }
  }
}
