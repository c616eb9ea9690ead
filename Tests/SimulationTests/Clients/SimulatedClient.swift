import Contracts
import GRPC
import GRPCServices
import Ledger
import LedgerConformance

/// Somebody who wants things of the service, and asks with the same key until he is answered.
struct SimulatedClient {
  private static let triesMax = 400

  let world: World
  let name: String
  var simulator: Simulator { world.simulator }

  func chance(_ percent: Int) -> Bool { simulator.random.chance(percent) }

  func milliseconds(_ range: ClosedRange<Int64>) -> Duration {
    .milliseconds(Int64.random(in: range, using: &simulator.random))
  }

  var caller: Metadata {
    var metadata = Metadata()
    metadata.addString(name, forKey: "x-caller")
    return metadata
  }

  func client(
    _ operation: Operation? = nil, onAnswer: @escaping @Sendable (Moment?) -> Void = { _ in }
  ) -> AccountingClient {
    let timeout = chance(70) ? milliseconds(400...3_000) : milliseconds(1...200)
    let transport = SimulatedTransport(
      world: world, client: name, operation: operation, timeout: timeout, onAnswer: onAnswer)
    return AccountingClient(wrapping: GRPCClient(transport: transport))
  }

  /// Sees to it that there is mostly something to spend, at some price.
  func prepare(_ number: Int) async {
    guard chance(85) else { return }
    var done: [Operation] = []
    let accounts = World.accounts
    let grant = AllocateCredits(
      account: accounts[number % accounts.count],
      amountMicros: Int64.random(in: 100...1_500, using: &simulator.random))
    await carryOut(.allocateCredits(grant), &done)
    if let other = accounts.randomElement(using: &simulator.random) {
      await carryOut(.allocateCredits(AllocateCredits(account: other, amountMicros: 200)), &done)
    }
    guard number < 2 else { return }
    let rates = PriceRates(
      inputMicrosPerMillion: Int64.random(in: 0...30_000, using: &simulator.random),
      outputMicrosPerMillion: Int64.random(in: 20_000...300_000, using: &simulator.random))
    await carryOut(.putPrice(PutPrice(model: ["tiny", "large"][number], rates: rates)), &done)
  }

  /// Does so many things, one after the other.
  func run(_ count: Int) async {
    var done: [Operation] = []
    for _ in 0..<count where simulator.failure == nil {
      await simulator.sleep(for: chance(90) ? milliseconds(0...300) : milliseconds(1_000...40_000))
      switch Int.random(in: 0..<100, using: &simulator.random) {
      case 0..<24: await useHold(&done)
      case 24..<56: await carryOut(world.randomCommand(), &done)
      case 56..<63: await record(&done)
      case 63..<67: await carryOutTwice(world.randomCommand(), &done)
      case 67..<79: await check()
      case 79..<85: await askBalance()
      case 85..<87: await copyJournal()
      case 87..<97:
        guard let past = done.randomElement(using: &simulator.random) else { continue }
        if chance(70) { await retell(past) } else { await abuse(past) }
      default: await intrude()
      }
    }
  }

  // MARK: Commands

  private func newOperation(_ command: Command) -> Operation {
    world.newOperation(name, command)
  }

  @discardableResult
  private func carryOut(_ command: Command, _ done: inout [Operation]) async -> Spoken? {
    let operation = newOperation(command)
    simulator.note("\(operation.title) wants \(command)")
    let spoken = await ask(operation, mayGiveUp: chance(15))
    if operation.answer != nil { done.append(operation) }
    return spoken
  }

  /// Asks until there is an answer; nil when it was a refusal, or when he gave up.
  @discardableResult
  func ask(_ operation: Operation, mayGiveUp: Bool = false, isOnlyCopy: Bool = true) async
    -> Spoken?
  {
    var key = operation.key
    for tries in 0..<Self.triesMax where simulator.failure == nil {
      if tries > 0 {
        if mayGiveUp, chance(30) {
          simulator.history.count("client: gave up")
          return nil
        }
        simulator.history.count("client: retried")
        await simulator.sleep(for: milliseconds(1...Int64(min(1_500, 20 << min(tries, 7)))))
        if world.sabotage == .newKeys {
          key = operation.key + "-\(tries)"
          operation.change(keyTo: key)
        }
      }
      let box = MomentBox()
      do {
        let spoken = try await send(operation, key, box)
        world.judge(spoken, to: operation)
        return spoken
      } catch let item as RefusedItem {
        guard item.isPassing else {
          world.judge(item.words, refusing: operation, at: box.moment)
          return nil
        }
        simulator.history.count("passing: \(item.words)")
      } catch {
        let error = RPCError(wrapping: error)
        let reason = error.errorInfo?.reason ?? ""
        guard Words.isPassing(error.code, reason) else {
          world.judge(Words.refusal(error), refusing: operation, at: box.moment)
          return nil
        }
        world.judge(error, putting: operation, off: isOnlyCopy && tries == 0)
      }
    }
    if simulator.failure == nil { simulator.fail("\(operation.title) was never answered") }
    return nil
  }

  /// Sends a command once; now and then takes it back before it is answered.
  private func send(
    _ operation: Operation, _ key: String, _ box: MomentBox
  ) async throws -> Spoken {
    let client = client(operation) { box.moment = $0 }
    let caller = caller
    guard chance(6) else {
      return try await Contract.send(operation.command, key: key, client, caller)
    }
    let task = Task(executorPreference: simulator.executor) {
      try await Contract.send(operation.command, key: key, client, caller)
    }
    simulator.after(milliseconds(0...20)) { task.cancel() }
    simulator.history.count("client: cancelled")
    return try await task.value
  }

  /// Two copies of one request at once: both are told the same.
  private func carryOutTwice(_ command: Command, _ done: inout [Operation]) async {
    let operation = newOperation(command)
    simulator.note("\(operation.title) wants twice at once \(command)")
    simulator.history.count("client: twice at once")
    async let first = ask(operation, isOnlyCopy: false)
    async let second = ask(operation, isOnlyCopy: false)
    _ = await (first, second)
    if operation.answer != nil { done.append(operation) }
  }

  /// As a chat does: sets credit aside, asks for more, and settles or walks away.
  private func useHold(_ done: inout [Operation]) async {
    var question = world.randomQuestion()
    if case .micros(let micros) = question.charge { question.charge = .micros(min(micros, 60)) }
    let open = OpenHold(
      account: question.account, charge: question.charge, minMicros: chance(60) ? 1 : nil,
      life: .seconds(Int64.random(in: 5...60, using: &simulator.random)),
      sessionID: question.session)
    guard await carryOut(.openHold(open), &done) != nil, let operation = done.last,
      case .success(.holdOpened(let opened)) = world.judge.reply(to: operation.digest)?.outcome
    else { return }
    let hold = opened.hold.id
    while chance(45), simulator.failure == nil {
      await simulator.sleep(for: milliseconds(5...4_000))
      let used = opened.hold.grantedMicros / 2
      let isByTokens = opened.hold.terms.price != nil
      let extend = ExtendHold(
        hold: hold, used: isByTokens ? question.charge : .micros(used),
        wanted: Int64.random(in: 0...30, using: &simulator.random))
      await carryOut(.extendHold(extend), &done)
    }
    switch Int.random(in: 0..<10, using: &simulator.random) {
    case 0..<6:
      let cost = Int64.random(in: 0...opened.hold.grantedMicros + 5, using: &simulator.random)
      let charge = opened.hold.terms.price == nil ? Charge.micros(cost) : question.charge
      await carryOut(.settleHold(SettleHold(hold: hold, charge: charge)), &done)
    case 6..<8: await carryOut(.releaseHold(ReleaseHold(hold: hold)), &done)
    default: simulator.history.count("client: left a hold open")
    }
  }

  /// A batch of charges; who is not told of an item asks for it again, alone.
  private func record(_ done: inout [Operation]) async {
    let count = Int.random(in: 1...5, using: &simulator.random)
    let items = (0..<count).map { _ in newOperation(.recordUsage(world.randomCharge())) }
    simulator.note("\(name) records \(items.map(\.key))")
    let batch = items.compactMap { item -> (DeductCredits, String)? in
      guard case .recordUsage(let command) = item.command else { return nil }
      return (command, item.key)
    }
    for item in items { item.copies += 1 }
    let box = MomentBox()
    let client = client { box.moment = $0 }
    if let results = try? await Contract.record(batch, client, caller) {
      for (item, result) in zip(items, results) {
        switch result {
        case .success(let spoken): world.judge(spoken, to: item)
        case .failure(let refused) where refused.isPassing: break
        case .failure(let refused): world.judge(refused.words, refusing: item, at: box.moment)
        }
      }
    }
    for item in items where simulator.failure == nil {
      if item.answer == nil { await ask(item, isOnlyCopy: false) }
      if item.answer != nil { done.append(item) }
    }
  }

  /// Asks again for what was answered before.
  func retell(_ past: Operation) async {
    simulator.history.count("client: asked again")
    await ask(past, isOnlyCopy: false)
  }

  /// Another request under a key that was used: nothing happens, whoever asks.
  private func abuse(_ past: Operation) async {
    guard let other = CommandSource.otherBody(past.command) else { return }
    let seq = world.judge.reply(to: past.digest)?.seq
    do {
      let client = client()
      let answer = try await Contract.send(other, key: past.key, client, caller)
      simulator.fail("I5: \(past.title) was carried out with another body: \(answer.words)")
    } catch {
      let words = (error as? RefusedItem)?.words ?? Words.refusal(RPCError(wrapping: error))
      simulator.history.count("abuse: \(words)")
    }
    if world.judge.reply(to: past.digest)?.seq != seq {
      simulator.fail("I5: \(past.title) was changed by another body")
    }
  }

  /// Somebody without the right to charge tries it.
  private func intrude() async {
    let intruder = SimulatedClient(world: world, name: "intruder")
    let operation = intruder.newOperation(world.randomCommand())
    do {
      let client = intruder.client()
      let answer = try await Contract.send(
        operation.command, key: operation.key, client, intruder.caller)
      simulator.fail("an intruder was told \(answer.words)")
    } catch {
      let words = (error as? RefusedItem)?.words ?? Words.refusal(RPCError(wrapping: error))
      simulator.history.count("intruder: \(words)")
    }
    if world.judge.reply(to: operation.digest) != nil {
      simulator.fail("I10: an intruder left a trace")
    }
  }
}
