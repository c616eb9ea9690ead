/// One case of the interop tests.
struct InteropCase: Sendable {
  /// The published name.
  let name: String
  /// Throws ``InteropFailure`` for what differs and `RPCError` for a call that failed.
  let run: @Sendable (CaseSetting) async throws -> Void

  /// Every case that a correct server passes, in the order in which `all` runs them.
  static let all =
    UnaryCases.all + StreamingCases.all + CompressionCases.all + MetadataCases.all
    + StatusCases.all + CancellationCases.all + LoadReportCases.all + SoakCases.all

  /// The case of that name.
  static func named(_ name: String) -> InteropCase? {
    (all + NegativeCases.all + ScalingCases.all).first { $0.name == name }
  }
}
