import Flow

/// The moves of the gatherer.
extension GatherWorld {
  mutating func collect() -> String? {
    let answer = machine.collect()
    if answer == nil && !plan.hasGaps {
      return gathered(machine.wait(gatherer: Self.gathererWaiter), else: .waiting)
    }
    return gathered(answer, else: .empty)
  }

  mutating func gathered(_ what: Machine.Collected?, else otherwise: Gatherer) -> String? {
    switch what {
    case nil: gatherer = otherwise
    case .outputs(let given)?:
      gatherer = .ready
      if given.isEmpty { return "nothing was collected" }
      return receive(given)
    case .last(let given, let closing)?:
      gatherer = .ended(closing)
      if let flaw = receive(given) { return flaw }
      return ended(closing)
    case .stopped?:
      gatherer = .stopped
      return isStopped ? nil : "it stopped by itself"
    }
    return nil
  }

  mutating func receive(_ given: [Given]) -> String? {
    if isStopped { return "results came after the stop" }
    for one in given {
      guard held[one.unit]?.first == one else { return "\(one) came, which counts no more" }
      held[one.unit]?.removeFirst()
      collected.append(one)
      if one.isLast {
        ring.removeAll { $0 == one.unit }
        held[one.unit] = nil
      }
    }
    return misplaced
  }
}
