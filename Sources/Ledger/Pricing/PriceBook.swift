/// All versions of all prices.
public struct PriceBook: Sendable {
  /// By model, each in order of effective instant, then version.
  private var versionsByModel: [String: [PriceVersion]] = [:]

  /// Makes a book of the versions, given in any order.
  public init(_ versions: some Sequence<PriceVersion> = []) {
    for version in versions { insert(version) }
  }

  /// Adds a version.
  public mutating func insert(_ version: PriceVersion) {
    var versions = versionsByModel[version.model, default: []]
    let later = versions.firstIndex { existing in
      (existing.effectiveFrom, existing.version) > (version.effectiveFrom, version.version)
    }
    versions.insert(version, at: later ?? versions.endIndex)
    versionsByModel[version.model] = versions
  }

  /// The price of `model` at `time`, or nil: a missing price is never zero.
  ///
  /// Of two versions that took effect at the same instant the newer one counts.
  public func price(of model: String, at time: LedgerTime) -> PriceVersion? {
    versionsByModel[model]?.last { $0.effectiveFrom <= time }
  }

  /// Every version, by model and effective instant.
  public var allVersions: [PriceVersion] {
    versionsByModel.keys.sorted().flatMap { versionsByModel[$0] ?? [] }
  }
}
