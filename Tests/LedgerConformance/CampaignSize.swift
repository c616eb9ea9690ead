import Foundation

/// How many random lists or images are run, and where they begin.
public enum CampaignSize {
  /// The number in FAREBOX_LISTS, or `usual`.
  public static func lists(usual: Int) -> Int {
    number("FAREBOX_LISTS").flatMap { Int(exactly: $0) } ?? usual
  }

  /// The number in FAREBOX_IMAGES, or `usual`: how many cuts of power.
  public static func images(usual: Int) -> Int {
    number("FAREBOX_IMAGES").flatMap { Int(exactly: $0) } ?? usual
  }

  /// The seed in FAREBOX_SEED, or any.
  public static var firstSeed: UInt64 {
    number("FAREBOX_SEED") ?? UInt64.random(in: 0..<1_000_000_000)
  }

  /// Whether a list that fails is made short: not when FAREBOX_SHORTEN says no.
  public static var isShortened: Bool {
    ProcessInfo.processInfo.environment["FAREBOX_SHORTEN"] != "no"
  }

  private static func number(_ name: String) -> UInt64? {
    ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
  }
}
