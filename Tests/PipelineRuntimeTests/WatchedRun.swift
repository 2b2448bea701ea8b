import Flow
import PipelineRuntime
import Stages
import Synchronization
import VirtualTime

/// A run under a schedule, whose output has to be a prefix of what is wanted at every moment.
struct WatchedRun {
  /// Nil if it got stuck or wrote something else: then `flaw` tells.
  let outcome: RunOutcome?
  let flaw: String
  let written: [String]

  init(
    _ plan: Plan, _ lines: [String], cuts: [Int], wanted: [String],
    launcher: any Launcher = NoLauncher(), on executor: StepExecutor
  ) {
    let torn = Mutex<[String]?>(nil)
    let sink = ListSink { written in
      if !wanted.starts(with: written) { torn.withLock { $0 = written } }
    }
    let runner = Runner(
      plan,
      RunPorts(
        source: ListSource(lines, cuts: cuts), sink: sink, launcher: launcher, clock: executor))
    let outcome = executor.run { await runner.run() }
    written = sink.lines
    if outcome == nil {
      flaw = "stuck, written \(sink.lines) of \(wanted)"
      self.outcome = nil
    } else if let torn = torn.withLock({ $0 }) {
      flaw = "not a prefix: \(torn) of \(wanted)"
      self.outcome = nil
    } else {
      flaw = ""
      self.outcome = outcome
    }
  }
}
