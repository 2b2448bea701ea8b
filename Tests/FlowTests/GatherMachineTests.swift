import Flow
import Testing
import TestSupport
import VirtualTime

struct GatherMachineTests {
  /// What one unit may do.
  private static let holding: [[Deed]] = [
    [.finish(1)], [.finish(0)], [.emit(1), .finish(0)], [.emit(2), .emit(2), .finish(1)],
    [.emit(2), .retract, .emit(1), .finish(1)], [.fail(0)], [.emit(1), .fail(1)],
  ]
  private static let streaming: [[Deed]] = [
    [.finish(1)], [.emit(1), .finish(0)], [.emit(2), .emit(2), .finish(1)], [.emit(1), .fail(1)],
  ]

  private func bounds(_ lines: Int, _ bytes: Int, streams: Bool, keepsOrder: Bool) -> GatherBounds {
    var bounds = GatherBounds(lines: lines, bytes: bytes, streams: streams, keepsOrder: keepsOrder)
    bounds.frontBytes = 2
    return bounds
  }

  /// Visits all states of as many cases as `states` allow, drawn from a fixed seed; with
  /// STREAMLINE_LONG set of fifty times as many.
  private func explore(
    states: Int, seed: UInt64, _ draw: (inout SplitMix64) -> GatherCase
  ) {
    var random = SplitMix64(seed: seed)
    var left = LongRun.isAsked ? states * 50 : states
    while left > 0 {
      let plan = draw(&random)
      let result = Exploration.of(GatherWorld(plan))
      left -= result.states
      if let flaw = result.flaw {
        Issue.record("\(plan): \(flaw)")
        return
      }
    }
  }

  @Test(arguments: [true, false], [true, false])
  func `two units, others coming between: every state keeps the invariants and has a way to an end`(
    streams: Bool, keepsOrder: Bool
  ) {
    let kinds = streams ? Self.streaming : Self.holding
    explore(states: 6_000, seed: 1) { random in
      let bounds = bounds(
        1 + random.next(below: 3), 1 + random.next(below: 3), streams: streams,
        keepsOrder: keepsOrder)
      let deeds = (0..<2).map { _ in kinds[random.next(below: kinds.count)] }
      return GatherCase(bounds, workers: 2, deeds: deeds, hasGaps: true)
    }
  }

  @Test(arguments: [true, false], [true, false])
  func `up to four units: every state keeps the invariants and has a way to an end`(
    streams: Bool, keepsOrder: Bool
  ) {
    let kinds = streams ? Self.streaming : Self.holding
    explore(states: 10_000, seed: 2) { random in
      let bounds = bounds(
        1 + random.next(below: 3), 1 + random.next(below: 3), streams: streams,
        keepsOrder: keepsOrder)
      let workers = 1 + random.next(below: 3)
      let units = 1 + random.next(below: workers == 3 ? 3 : 4)
      let first = 1 + random.next(below: units)
      let chunk = 1 + random.next(below: 2)
      let choice = chunk == 1 ? kinds : [[.emit(1), .finish(0)]]
      return GatherCase(
        bounds, workers: workers,
        deeds: (0..<units).map { _ in choice[random.next(below: choice.count)] },
        offers: first < units ? [first, units - first] : [first],
        chunk: chunk,
        closing: random.next(below: 3) == 0 ? .cut(77) : .end,
        closesEarly: random.next(below: 2) == 0)
    }
  }
}
