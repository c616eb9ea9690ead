import Foundation

/// What a thread was doing, told when the process traps there: a trap is no error that somebody
/// could catch and name the seed of.
enum TrapNote {
  /// The text of the thread, for the signal handler: made beforehand, since a handler may allocate
  /// nothing.
  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    guard pthread_key_create(&key, nil) == 0 else { preconditionFailure("no thread key is left") }
    return key
  }()

  /// Who handled the signals before, by number; given the signal back after the note.
  private nonisolated(unsafe) static let before: UnsafeMutablePointer<sigaction> = {
    let before = UnsafeMutablePointer<sigaction>.allocate(capacity: 65)
    before.initialize(repeating: sigaction(), count: 65)
    return before
  }()

  private static let isInstalled: Bool = {
    _ = key
    var note = sigaction()
    let handler: @convention(c) (Int32) -> Void = { number in
      if let text = pthread_getspecific(TrapNote.key) {
        _ = write(STDERR_FILENO, text, strlen(text))
      }
      // Returning repeats the instruction that trapped, for whoever handled it before.
      sigaction(number, TrapNote.before + Int(number), nil)
    }
    #if canImport(Darwin)
      note.__sigaction_u.__sa_handler = handler
    #else
      note.__sigaction_handler.sa_handler = handler
    #endif
    note.sa_flags = Int32(SA_ONSTACK)
    for number in [SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS, SIGFPE] {
      sigaction(number, &note, before + Int(number))
    }
    return true
  }()

  /// Runs `body`; when the process traps in it, on this thread, standard error ends with `text`.
  static func during<Value>(_ text: String, _ body: () throws -> Value) rethrows -> Value {
    precondition(isInstalled)
    let note = strdup("\n\(text)\n")
    pthread_setspecific(key, note)
    defer {
      pthread_setspecific(key, nil)
      free(note)
    }
    return try body()
  }
}
