/// Where sessions note what they read: the memory of one event loop for all of its sessions, which
/// use it one at a time.
///
/// Of thousands of connections most are idle, and that of the busy ones is warm when they share it.
/// On the loop only.
public final class SessionWorkspace {
  @exclusivity(unchecked) private var log = EventLog()
  @exclusivity(unchecked) private var readLog = EventLog()
  @exclusivity(unchecked) private var isLent = false

  public init() {}

  /// Exchanges the logs of a session, which hold nothing, for those here; false while another
  /// session has them, which is waiting for this one to be done.
  func lend(_ log: inout EventLog, _ readLog: inout EventLog) -> Bool {
    guard !isLent else { return false }
    isLent = true
    swap(&self.log, &log)
    swap(&self.readLog, &readLog)
    return true
  }

  /// Takes the log back that is written, unless the session has to keep it: then the one that it
  /// brought stays here.
  func takeBack(_ log: inout EventLog) {
    swap(&self.log, &log)
  }

  /// Takes the log back that is read. The next session may come.
  func end(_ readLog: inout EventLog) {
    isLent = false
    swap(&self.readLog, &readLog)
  }
}
