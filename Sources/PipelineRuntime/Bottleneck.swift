import Flow

/// What holds a run back between two readings of its counters.
///
/// Each candidate is given the share of the time for which it, and nobody else, kept the run waiting:
///
/// - a stage: having input and room for its results, and not being through. For a stage with one
///   worker this is being busy. With several it is the larger of two: the share for which input
///   lay there that no worker had taken, less the time without room for results (a slow item at the
///   head keeps the others from running ahead, so that the stage holds the run back although most
///   of its workers are idle), and the mean share for which its workers were busy;
/// - the output: the last stage had no room for its results;
/// - the input: the first stage had nothing to do.
///
/// The largest share is the bottleneck, of equal ones the stage furthest downstream. Within a group
/// that runs for each item it is looked for further, among the stages in there.
package enum Bottleneck: Sendable, Equatable {
  case input(share: Double)
  case output(share: Double)
  /// The index of a stage in the reading.
  case stage(Int, share: Double)

  /// Nil when no time has passed or nothing was done in it.
  package init?(from before: RunReading, to after: RunReading) {
    let interval = Interval(before, after)
    let outer = after.stages.indices.filter { after.stages[$0].depth == 0 }
    guard let first = outer.first, let last = outer.last, interval.nanoseconds > 0 else {
      return nil
    }
    var found = Bottleneck.input(share: interval.share(of: \.starved, at: first))
    var most = found.share
    for index in outer where interval.load(at: index) >= most {
      most = interval.load(at: index)
      found = .stage(index, share: most)
    }
    let blocked = interval.share(of: \.blocked, at: last)
    if blocked > most { found = .output(share: blocked) }
    if found.share == 0 { return nil }
    if case .stage(let index, let share) = found {
      found = .stage(interval.busiest(within: index), share: share)
    }
    self = found
  }

  /// From 0 to 1, of the time between the readings.
  package var share: Double {
    switch self {
    case .input(let share), .output(let share), .stage(_, let share): share
    }
  }
}

/// What happened between two readings of one run.
package struct Interval {
  private let before: RunReading
  private let after: RunReading

  /// `before` may be without stages: then it is the beginning.
  package init(_ before: RunReading, _ after: RunReading) {
    self.before = before
    self.after = after
  }

  package var nanoseconds: Int64 { (after.instant - before.instant).nanoseconds }

  /// The mean share of the time for which the stage's workers were busy, from 0 to 1; 0 where that is
  /// not counted.
  package func busyShare(at index: Int) -> Double {
    share(of: \.busy, at: index) / Double(max(after.stages[index].workers, 1))
  }

  /// Items that the stage has taken in a second.
  package func takenPerSecond(at index: Int) -> Double {
    guard nanoseconds > 0 else { return 0 }
    let earlier = before.stages.isEmpty ? 0 : before.stages[index].values.lines.taken
    let taken = after.stages[index].values.lines.taken - earlier
    return Double(taken) / (Double(nanoseconds) / 1e9)
  }

  /// Summed over all who were in the state: may be above 1.
  func share(of state: KeyPath<StageCounters.Values, Stretches>, at index: Int) -> Double {
    guard nanoseconds > 0 else { return 0 }
    let late = after.stages[index].values[keyPath: state].nanoseconds(at: after.instant)
    let early =
      before.stages.isEmpty
      ? 0 : before.stages[index].values[keyPath: state].nanoseconds(at: before.instant)
    return max(0, Double(late - early) / Double(nanoseconds))
  }

  /// The share for which the stage kept the run waiting.
  func load(at index: Int) -> Double {
    let busy = busyShare(at: index)
    guard after.stages[index].isFanOut else { return min(busy, 1) }
    let held = share(of: \.engaged, at: index) - share(of: \.blocked, at: index)
    return min(max(busy, held), 1)
  }

  /// Inside a group the stage with the most work, or its only one; else the stage itself.
  func busiest(within index: Int) -> Int {
    let depth = after.stages[index].depth + 1
    let inner = after.stages.indices.dropFirst(index + 1).prefix { after.stages[$0].depth >= depth }
    let all = inner.filter { after.stages[$0].depth == depth }
    if all.count == 1 { return busiest(within: all[0]) }
    let own = all.filter { after.stages[$0].countsBusy }
    let most = own.max { share(of: \.busy, at: $0) < share(of: \.busy, at: $1) }
    return most.map(busiest(within:)) ?? index
  }
}
