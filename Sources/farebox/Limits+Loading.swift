extension Limits {
  /// Reads `limits.…`.
  ///
  /// - Parameters:
  ///   - text: the value of a key, nil when it is not set.
  ///   - given: further names, below `limits` or of variables, that somebody has set: each must be
  ///     one of ours, or a limit that was meant would not be there.
  /// - Throws: ``StartupError`` naming the key that cannot be used.
  init(_ text: (String) -> String?, given: [String]) throws {
    self.init()
    let known = Set(LimitSetting.all.flatMap { ["limits." + $0.key, $0.variable] })
    for name in given where !known.contains(name) {
      throw StartupError("\(name): is no limit; \"farebox limits\" lists them")
    }
    for setting in LimitSetting.all {
      if let value = text("limits." + setting.key) { try setting.set(value, in: &self) }
    }
    try refuseContradictions()
  }

  /// Figures that are lawful alone and make no sense together.
  private func refuseContradictions() throws(StartupError) {
    func order(_ less: String, _ more: String) throws(StartupError) {
      let figures = [less, more].map { key in
        LimitSetting.all.first { $0.key == key }?.read(self) ?? .max
      }
      guard figures[0] > figures[1] else { return }
      throw StartupError("limits.\(less): \(figures[0]) is more than limits.\(more), \(figures[1])")
    }
    try order("connections.per.address", "connections.total")
    try order("header.field.bytes", "header.list.bytes")
    try order("message.bytes", "message.held.bytes")
    try order("message.large.bytes", "message.held.bytes")
    try order("output.stream.bytes", "output.connection.bytes")
    try order("ledger.commands.per.commit", "ledger.waiting.commands")
  }
}
