import Foundation

/// The version of this build.
enum BuildVersion {
  /// MAJOR.MINOR.PATCH.
  static let number = "0.1.0"

  /// The commit, as the packager's environment names it; empty when it does not.
  static let commit = ProcessInfo.processInfo.environment["FAREBOX_COMMIT"] ?? ""
}
