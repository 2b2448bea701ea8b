package import Flow
import PipelineModel

/// What all stages of a run have done up to one moment: what the summary and the progress show.
package struct RunReading: Sendable {
  package var instant: Instant
  /// In the order of the file, those of an item's own run behind their group.
  package var stages: [StageReading]
  /// Items that the first stage has taken, and that the last one has given.
  package var taken = 0
  package var given = 0

  package init(at instant: Instant, _ stages: [StageReading] = []) {
    self.instant = instant
    self.stages = stages
    taken = stages.first?.values.lines.taken ?? 0
    given = stages.last { $0.depth == 0 }?.values.lines.given ?? 0
  }

  /// All input lines below this number are done with: they have left the last stage, or were dropped
  /// on the way. A stage that holds nothing has done what the one before it has.
  package var completeBelow: UInt64 {
    stages.filter { $0.depth == 0 && !$0.isIdle }.map(\.values.completeBelow).min() ?? .max
  }
}

/// What one stage has done up to one moment.
package struct StageReading: Sendable {
  package var name: String
  package var kind: String
  /// 0 in the stream of the run; more inside groups that run for each item.
  package var depth: Int
  /// How many may work at once, over all runs of the groups around it.
  package var workers: Int
  package var values: StageCounters.Values
  /// How full the queue into it is, from 0 to 1; nil where there is more than one.
  package var queueFill: Double?
  /// Whether the stage has more than one worker or works item by item: then work is handed out and
  /// gathered.
  package var isFanOut: Bool
  /// False inside groups that only compute: only the time of the whole group is counted there.
  package var countsBusy = true

  package init(
    name: String, kind: String, depth: Int = 0, workers: Int = 1, isFanOut: Bool = false,
    values: StageCounters.Values, queueFill: Double? = nil
  ) {
    self.name = name
    self.kind = kind
    self.depth = depth
    self.workers = workers
    self.isFanOut = isFanOut
    self.values = values
    self.queueFill = queueFill
  }

  /// It has nothing in its queue and nothing in work.
  var isIdle: Bool {
    (queueFill ?? 0) == 0 && !values.busy.isOpen && !values.engaged.isOpen
      && !values.blocked.isOpen
  }
}

extension Plan {
  /// How far all stages are at `now`.
  package func reading(at now: Instant) -> RunReading {
    var reading = RunReading(at: now, stages.flatMap { $0.readings(depth: 0, copies: 1) })
    // The ends of a group with an `if` count as stages do, but are not shown.
    reading.taken = stages.first?.counters.snapshot.lines.taken ?? 0
    reading.given = stages.last?.counters.snapshot.lines.given ?? 0
    return reading
  }
}

extension PlannedStage {
  /// Begin or end of a group that is part of the stream: it only marks items.
  package var isMark: Bool { definition.isStreamGroup && !isByItem }

  fileprivate func readings(depth: Int, copies: Int) -> [StageReading] {
    if isMark { return [] }
    var countsBusy = true
    if case .items(let body) = running {
      let inner = (body as? RescueBody)?.body ?? body
      if let group = inner as? GroupBody { countsBusy = group.countsBusy }
    }
    let workers = workers.multipliedReportingOverflow(by: copies)
    let all = workers.overflow ? Int.max : workers.partialValue
    let own = StageReading(
      name: name, kind: definition.kind, depth: depth, workers: all, isFanOut: isFanOut,
      values: counters.snapshot, queueFill: counters.queueFill)
    return [own]
      + inner.flatMap { $0.readings(depth: depth + 1, copies: all) }.map { reading in
        var reading = reading
        reading.countsBusy = reading.countsBusy && countsBusy
        return reading
      }
  }
}
