import PipelineRuntime

/// The counters of every stage, for people or as JSON.
struct SummaryText {
  private let plan: Plan
  private let elapsed: Duration

  init(_ plan: Plan, _ elapsed: Duration) {
    self.plan = plan
    self.elapsed = elapsed
  }

  var text: String {
    plan.allStages.map { stage in
      let counts = stage.counters.snapshot
      return "\(stage.name): \(counts.lines.taken) in, \(counts.lines.given) out\n"
    }.joined()
  }

  var json: String { "" }
}
