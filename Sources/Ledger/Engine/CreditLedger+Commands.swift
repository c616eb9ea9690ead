// Each command with the kind of answer that it has.

extension CreditLedger {
  /// Grants credit.
  public func allocate(_ command: AllocateCredits, by attempt: Attempt) async
    -> Result<Receipt<AllocateAnswer>, Refusal>
  {
    await submit(.allocateCredits(command), by: attempt).map { receipt in
      receipt.map { if case .allocated(let answer) = $0 { answer } else { nil } }
    }
  }

  /// Charges an account at once.
  public func deduct(_ command: DeductCredits, by attempt: Attempt) async
    -> Result<Receipt<DeductAnswer>, Refusal>
  {
    await submit(.deductCredits(command), by: attempt).map { receipt in
      receipt.map { if case .deducted(let answer) = $0 { answer } else { nil } }
    }
  }

  /// Sets credit aside.
  public func openHold(_ command: OpenHold, by attempt: Attempt) async
    -> Result<Receipt<OpenHoldAnswer>, Refusal>
  {
    await submit(.openHold(command), by: attempt).map { receipt in
      receipt.map { if case .holdOpened(let answer) = $0 { answer } else { nil } }
    }
  }

  /// Reports what a hold has used, and asks for its next slice.
  public func extendHold(_ command: ExtendHold, by attempt: Attempt) async
    -> Result<Receipt<ExtendHoldAnswer>, Refusal>
  {
    await submit(.extendHold(command), by: attempt).map { receipt in
      receipt.map { if case .holdExtended(let answer) = $0 { answer } else { nil } }
    }
  }

  /// Charges what a hold's work came to.
  public func settleHold(_ command: SettleHold, by attempt: Attempt) async
    -> Result<Receipt<SettleAnswer>, Refusal>
  {
    await submit(.settleHold(command), by: attempt).map { receipt in
      receipt.map { if case .holdSettled(let answer) = $0 { answer } else { nil } }
    }
  }

  /// Gives a hold's credit back.
  public func releaseHold(_ command: ReleaseHold, by attempt: Attempt) async
    -> Result<Receipt<ReleaseAnswer>, Refusal>
  {
    await submit(.releaseHold(command), by: attempt).map { receipt in
      receipt.map { if case .holdReleased(let answer) = $0 { answer } else { nil } }
    }
  }

  /// Ends a hold as its expiry would, now.
  public func forceRelease(_ command: ForceRelease, by attempt: Attempt) async
    -> Result<Receipt<ForceReleaseAnswer>, Refusal>
  {
    await submit(.forceRelease(command), by: attempt).map { receipt in
      receipt.map { if case .holdForced(let answer) = $0 { answer } else { nil } }
    }
  }

  /// Changes the terms of an allocation.
  public func adjustAllocation(_ command: AdjustAllocation, by attempt: Attempt) async
    -> Result<Receipt<AdjustAnswer>, Refusal>
  {
    await submit(.adjustAllocation(command), by: attempt).map { receipt in
      receipt.map { if case .allocationAdjusted(let answer) = $0 { answer } else { nil } }
    }
  }

  /// Takes back what is left of an allocation.
  public func voidAllocation(_ command: VoidAllocation, by attempt: Attempt) async
    -> Result<Receipt<VoidAnswer>, Refusal>
  {
    await submit(.voidAllocation(command), by: attempt).map { receipt in
      receipt.map { if case .allocationVoided(let answer) = $0 { answer } else { nil } }
    }
  }

  /// Gives back what a charge took.
  public func refundUsage(_ command: RefundUsage, by attempt: Attempt) async
    -> Result<Receipt<RefundAnswer>, Refusal>
  {
    await submit(.refundUsage(command), by: attempt).map { receipt in
      receipt.map { if case .refunded(let answer) = $0 { answer } else { nil } }
    }
  }

  /// Adds a version to a model's price.
  public func putPrice(_ command: PutPrice, by attempt: Attempt) async
    -> Result<Receipt<PutPriceAnswer>, Refusal>
  {
    await submit(.putPrice(command), by: attempt).map { receipt in
      receipt.map { if case .pricePut(let answer) = $0 { answer } else { nil } }
    }
  }

  /// Sets or changes a budget.
  public func setBudget(_ command: SetBudget, by attempt: Attempt) async
    -> Result<Receipt<SetBudgetAnswer>, Refusal>
  {
    await submit(.setBudget(command), by: attempt).map { receipt in
      receipt.map { if case .budgetSet(let answer) = $0 { answer } else { nil } }
    }
  }

  /// Changes an account's standing.
  public func setAccountState(_ command: SetAccountState, by attempt: Attempt) async
    -> Result<Receipt<SetAccountStateAnswer>, Refusal>
  {
    await submit(.setAccountState(command), by: attempt).map { receipt in
      receipt.map { if case .accountStateSet(let answer) = $0 { answer } else { nil } }
    }
  }
}

extension Receipt {
  /// The receipt of the kind of answer that the command has; another is a wrong decision.
  @inlinable package func map<Other>(_ extract: (Value) -> Other?) -> Receipt<Other> {
    guard let other = extract(value) else {
      preconditionFailure("a command was answered with another command's answer")
    }
    return Receipt<Other>(value: other, asOfSeq: asOfSeq, isReplayed: isReplayed)
  }
}
