extension Command {
  /// The stored form, which also tells whether a second attempt carries the same command.
  ///
  /// Kept for ever: a field that was added later is written only when it says something, so that
  /// commands from before it keep their digest.
  var storedBody: [UInt8] { ByteWriter.bytes { write(to: &$0) } }

  private func write(to writer: inout ByteWriter) {
    writer.value(kind)
    switch self {
    case .allocateCredits(let command):
      writer.value(command.account)
      writer.integer(command.amountMicros)
      writer.value(command.allocationClass)
      writer.byte(command.priority)
      writer.optional(command.effectiveAt)
      writer.optional(command.expiresAt)
      writer.list(command.models)
      writer.value(command.notes)
    case .deductCredits(let command), .recordUsage(let command):
      writer.value(command.account)
      writer.value(command.charge)
      writer.value(command.overPolicy)
      writer.optional(command.eventTime)
      writer.value(command.outcome)
      writer.value(command.sessionID)
      if !command.requestID.isEmpty { writer.value(command.requestID) }
    case .openHold(let command):
      writer.value(command.account)
      writer.value(command.charge)
      writer.optional(command.minMicros)
      writer.optional(command.life)
      writer.value(command.sessionID)
      if let slice = command.sliceTokens { writer.integer(slice) }
    case .settleHold(let command):
      writer.value(command.hold)
      writer.value(command.charge)
      writer.value(command.overPolicy)
      writer.value(command.outcome)
      if !command.requestID.isEmpty { writer.value(command.requestID) }
    case .extendHold(let command):
      writer.value(command.hold)
      writer.value(command.used)
      writer.integer(command.wanted)
      writer.optional(command.life)
    case .releaseHold(let command):
      writer.value(command.hold)
      writer.value(command.reason)
    case .forceRelease(let command):
      writer.value(command.hold)
      writer.value(command.reason)
    case .adjustAllocation(let command):
      writer.value(command.allocation)
      switch command.expiry {
      case nil: writer.byte(0)
      case .never: writer.byte(1)
      case .at(let time):
        writer.byte(2)
        writer.value(time)
      }
      writer.byte(command.priority == nil ? 0 : 1)
      writer.byte(command.priority ?? 0)
      writer.value(command.reason)
    case .voidAllocation(let command):
      writer.value(command.allocation)
      writer.value(command.reason)
    case .refundUsage(let command):
      writer.value(command.usage)
      writer.optional(command.amountMicros)
      writer.value(command.isServiceFault)
      writer.value(command.reason)
    case .putPrice(let command):
      writer.value(command.model)
      writer.optional(command.effectiveFrom)
      writer.value(command.rates)
    case .setBudget(let command):
      writer.value(command.account)
      writer.optional(command.budget)
      writer.optional(command.model)
      writer.optional(command.sessionID)
      writer.integer(command.limitMicros)
      writer.value(command.window)
      writer.value(command.mode)
    case .setBalanceAlerts(let command):
      writer.value(command)
    case .setAccountState(let command):
      writer.value(command.account)
      writer.optional(command.state)
      writer.optional(command.overdraftLimitMicros)
    }
  }
}

extension Attempt {
  /// The digest of the scope in which the key is unique.
  package func keyDigest(for kind: Command.Kind) -> Digest {
    ByteWriter.lend { writer in
      writer.value(kind)
      writer.value(principal)
      writer.value(key)
    } to: {
      Digest(hashing: $0)
    }
  }
}
