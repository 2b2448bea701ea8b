import Flow

/// The moves of the feeder.
extension GatherWorld {
  mutating func demand() -> String? {
    if let flaw = fed(machine.demand(), otherwise: .full) { return flaw }
    guard feeder == .full, !plan.hasGaps else { return nil }
    return fed(machine.wait(feeder: Self.feederWaiter), otherwise: .waiting)
  }

  mutating func fed(_ answer: Bool?, otherwise: Feeder) -> String? {
    feeder = answer.map { $0 ? .allowed : .gone } ?? otherwise
    return feeder == .gone && !isOverForTakers ? "the feeder was sent away without reason" : nil
  }

  mutating func offer() -> String? {
    guard offered < plan.offers.count else {
      machine.closeInput(plan.closing)
      feeder = .gone
      return nil
    }
    let start = plan.offers.prefix(offered).reduce(0, +)
    let count = plan.offers[offered]
    let isWanted = machine.offer(Numbers(next: start, end: start + count, chunk: plan.chunk))
    if !isWanted {
      feeder = .gone
      return isOverForTakers ? nil : "an offer was refused without reason"
    }
    offered += 1
    feeder = .ready
    guard plan.closesEarly, offered == plan.offers.count else { return nil }
    machine.closeInput(plan.closing)
    feeder = .gone
    return nil
  }
}
