import Flow

/// What SEMANTICS 11 demands of a gather, in every state.
extension GatherWorld {
  /// Nobody needs any more work: the input is closed and taken, or something ended it.
  var isOverForTakers: Bool { isStopped || !failures.isEmpty || hasEnded }

  private var hasEnded: Bool {
    if case .ended = gatherer { true } else { false }
  }

  var broken: String? {
    if let flaw = unbounded { return flaw }
    if let flaw = uncancelled { return flaw }
    return idle
  }

  // MARK: Order and end (2, 3, 7, 8)

  /// What came out must be how the reference run begins; without order, whole units one by one.
  var misplaced: String? {
    if plan.bounds.keepsOrder, plan.chunk > 1 {
      // Which items make up a unit depends on the room there was; their order does not.
      let units = collected.map(\.unit)
      return units == units.sorted() ? nil : "\(units) came out"
    }
    if plan.bounds.keepsOrder {
      let (reference, _) = plan.reference
      return collected == Array(reference.prefix(collected.count))
        ? nil : "\(collected) is no beginning of what was to come"
    }
    var seen: [Int] = []
    for (index, given) in collected.enumerated() {
      if index > 0, given.unit == seen.last, !collected[index - 1].isLast { continue }
      if seen.contains(given.unit) { return "results of unit \(given.unit) came apart" }
      if index > 0, !collected[index - 1].isLast { return "results came between those of a unit" }
      seen.append(given.unit)
    }
    return nil
  }

  func ended(_ closing: Closing<Int>) -> String? {
    let reference = plan.reference
    if plan.bounds.keepsOrder, plan.chunk == 1 {
      if collected != reference.given { return "it ended with \(collected)" }
      return closing == reference.closing ? nil : "it ended by \(closing)"
    }
    if let failure = failures.last {
      if collected.last?.unit != failure { return "something came behind the failure" }
      return closing == .cut(failure) ? nil : "it ended by \(closing), not by \(failure)"
    }
    let units = Set(collected.map(\.unit)).count
    let all = plan.chunk == 1 ? plan.deeds.count : units
    if units != all || taken != plan.deeds.count { return "\(units) of \(all) came" }
    return closing == plan.closing ? nil : "it ended by \(closing)"
  }

  // MARK: Bounds (9)

  private func weight(_ unit: Int) -> Int { (held[unit] ?? []).reduce(0) { $0 + $1.weight } }

  /// What all in the ring but the front hold; without order the heaviest stands for the front.
  private var laterBytes: Int {
    let weights = ring.map(weight)
    let all = weights.reduce(0, +)
    return all - (plan.bounds.keepsOrder ? weights.first ?? 0 : weights.max() ?? 0)
  }

  /// How many items of the window the ring takes up.
  private var window: Int {
    guard plan.chunk > 1 else { return ring.count }
    let ends = ring.dropFirst() + [taken]
    return zip(ring, ends).reduce(0) { $0 + $1.1 - $1.0 }
  }

  private var unbounded: String? {
    if ring.count > 1, failures.isEmpty, window > plan.bounds.lines {
      return "\(window) items are in the ring"
    }
    let bound = plan.bounds.bytes + plan.workers * plan.block
    if laterBytes > bound { return "later units hold \(laterBytes) bytes" }
    return nil
  }

  // MARK: Failures (16)

  /// After a failure nothing behind it goes on.
  private var uncancelled: String? {
    guard let failure = failures.last else { return nil }
    let going = workers.filter { $0.work.unit != nil && !$0.isCancelled }.compactMap(\.work.unit)
    if plan.bounds.keepsOrder {
      return going.allSatisfy { $0 < failure } ? nil : "\(going) go on behind \(failure)"
    }
    return going.count <= 1 ? nil : "\(going) go on behind a failure"
  }

  // MARK: Nobody waits without a reason (13, 14)

  private var idle: String? {
    if let flaw = idleGatherer { return flaw }
    if feeder == .waiting, isOverForTakers || allTaken { return "the feeder waits for nothing" }
    guard plan.bounds.keepsOrder else { return nil }
    for worker in workers {
      if case .parked(let unit, _, _) = worker.work, let flaw = idleEmitter(unit) { return flaw }
      if worker.work == .waiting, let flaw = idleTaker { return flaw }
    }
    return nil
  }

  /// Everything offered has been taken.
  private var allTaken: Bool { taken == plan.offers.prefix(offered).reduce(0, +) }

  private var idleGatherer: String? {
    guard gatherer == .waiting, let front = ring.first else {
      let isLeft = feeder == .gone && allTaken && offered == plan.offers.count
      let isOver = isStopped || !failures.isEmpty || isLeft
      return gatherer == .waiting && isOver ? "the gatherer waits for nothing" : nil
    }
    guard plan.bounds.keepsOrder else { return nil }
    let ready = held[front] ?? []
    let hasSome = ready.last?.isLast == true || (plan.bounds.streams && !ready.isEmpty)
    return hasSome ? "the gatherer waits although unit \(front) has something" : nil
  }

  private func idleEmitter(_ unit: Int) -> String? {
    if unit == ring.first {
      let isFull = plan.bounds.streams && weight(unit) >= plan.bounds.frontBytes
      return isFull ? nil : "the front waits"
    }
    return laterBytes <= plan.bounds.bytes ? "unit \(unit) waits although there is room" : nil
  }

  private var idleTaker: String? {
    if isOverForTakers { return "a taker waits for nothing" }
    if feeder == .gone, allTaken { return "a taker waits for nothing" }
    guard !allTaken else { return nil }
    let hasRoom =
      ring.isEmpty || (window < plan.bounds.lines && laterBytes < plan.bounds.bytes)
    return hasRoom ? "a taker waits although there is work and room" : nil
  }
}
