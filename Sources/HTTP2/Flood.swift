/// What a peer sends too much of.
public enum Flood: String, Sendable, Hashable, CaseIterable {
  /// Frames that lead to nothing: PING, SETTINGS, PRIORITY, GOAWAY, WINDOW_UPDATE, empty DATA,
  /// unknown types.
  case idleFrames = "frames that make no progress"
  /// CONTINUATION frames of one header block (CVE-2024-28182).
  case continuations = "frames of one header block"
  /// What has to be answered by RST_STREAM with an error (CVE-2025-8671).
  case provokedResets = "streams that have to be reset"
  /// Header blocks over the limits.
  case headerBlocks = "oversized header blocks"
}
