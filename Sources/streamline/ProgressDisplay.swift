import Flow
import PipelineRuntime

/// What `--progress` draws.
struct ProgressDisplay {
  init?(_ options: RunOptions, _ plan: Plan, _ clock: any TimerClock, _ inputSize: UInt64?) {
    return nil
  }
  func start() {}
  func stop() {}
}
