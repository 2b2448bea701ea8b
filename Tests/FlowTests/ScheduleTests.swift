import Flow
import TestSupport
import Testing
import VirtualTime

/// The real queue and the real gather, under schedules drawn from seeds. A failing one names its seed.
struct ScheduleTests {
  static let capacities = [1, 2, 3, 4, 64]
  /// For each of 5 capacities and 8 workers: 10,000 in all.
  static let schedules = LongRun.isAsked ? 10_000 : 125

  @Test(arguments: capacities, [true, false])
  func `every outcome is that of doing one unit after another`(capacity: Int, keepsOrder: Bool) {
    var endings: Set<LaneOutcome.Ending> = []
    for workers in 1...8 {
      for index in 0..<Self.schedules {
        let seed = UInt64((capacity * 8 + workers) * 100_000 + index)
        let setup = LaneCase.drawn(
          seed, capacity: capacity, workers: workers, keepsOrder: keepsOrder, timed: true)
        let executor = StepExecutor(seed: seed)
        let lane = Lane(setup, clock: executor)
        let outcome = executor.run(onStep: { lane.checkQueues() }, { await lane.run() })
        endings.insert(outcome?.ending ?? .none)
        guard let flaw = LaneOutcome.flaw(outcome, of: setup, timers: executor.timerCount) else {
          continue
        }
        Issue.record("\(flaw): \(setup), wrote \(String(describing: outcome))")
        return
      }
    }
    #expect(endings == [.end, .failure, .stop, .force], "not every ending was tried")
  }

  @Test func `the same seed makes the same choices and the same outcome`() {
    for seed in UInt64(0)..<200 {
      let setup = LaneCase.drawn(seed, capacity: 2, workers: 3, keepsOrder: false, timed: true)
      let runs = (0..<2).map { _ in
        let executor = StepExecutor(seed: seed)
        let lane = Lane(setup, clock: executor)
        let outcome = executor.run { await lane.run() }
        return (executor.trace, executor.steps, outcome)
      }
      #expect(runs[0] == runs[1], "seed \(seed)")
    }
  }

  @Test(arguments: capacities)
  func `on the default executor, with threads, the outcome is the same`(capacity: Int) async {
    for workers in 1...8 {
      for index in 0..<(LongRun.isAsked ? 5_000 : 50) {
        let seed = UInt64((capacity * 8 + workers) * 100_000 + index)
        let setup = LaneCase.drawn(
          seed, capacity: capacity, workers: workers, keepsOrder: index % 2 == 0, timed: false)
        let outcome = await Lane(setup, clock: nil).run()
        if let flaw = LaneOutcome.flaw(outcome, of: setup, timers: 0) {
          Issue.record("\(flaw): \(setup), wrote \(outcome)")
          return
        }
      }
    }
  }
}

extension LaneOutcome {
  enum Ending { case none, end, failure, stop, force }

  var ending: Ending {
    switch closing {
    case nil: .stop
    case .end?: .end
    case .cut(999)?: .force
    case .cut?: .failure
    }
  }

  /// What is wrong with the outcome of a run; nil if nothing is.
  static func flaw(_ outcome: LaneOutcome?, of setup: LaneCase, timers: Int) -> String? {
    guard let outcome else { return "nothing could run any more" }
    if let flaw = outcome.flaw { return flaw }
    if outcome.readerEnds != 1 { return "the reader ended \(outcome.readerEnds) times" }
    if timers > 0 { return "\(timers) timers were left" }
    if setup.plan.bounds.keepsOrder { return outcome.flawInOrder(setup) }
    return outcome.flawWithoutOrder(setup)
  }

  private func flawInOrder(_ setup: LaneCase) -> String? {
    let (given, end) = setup.plan.reference
    if written != Array(given.prefix(written.count)) { return "no prefix" }
    switch setup.disturbance {
    case .stop(let lines) where lines <= given.count:
      return closing == nil && written.count == lines ? nil : "not the first \(lines) lines"
    case .breakOff where closing == .cut(999): return nil
    case .none, .stop, .breakOff:
      if written != given { return "not all that comes before the end" }
      return closing == end ? nil : "it ended by \(String(describing: closing))"
    }
  }

  private func flawWithoutOrder(_ setup: LaneCase) -> String? {
    var seen: [Int] = []
    for (index, given) in written.enumerated() {
      if seen.last == given.unit, !written[index - 1].isLast { continue }
      let isApart = index > 0 && !written[index - 1].isLast
      if isApart || seen.contains(given.unit) { return "results of a unit came apart" }
      seen.append(given.unit)
    }
    for unit in seen.dropLast()
    where written.filter({ $0.unit == unit }) != setup.plan.results(unit) {
      return "results of unit \(unit) are missing"
    }
    guard closing != nil, closing != .cut(999) else { return nil }
    if let failure { return closing == .cut(failure) ? nil : "it ended without its failure" }
    return seen.count == setup.plan.deeds.count ? nil : "only \(seen) came"
  }
}
