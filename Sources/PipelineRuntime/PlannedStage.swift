package import Flow
package import Lines
package import PipelineModel
package import Stages

/// One stage ready to run: what belongs to it as written in the file, shared by all items, workers
/// and copies of it.
package final class PlannedStage: Sendable {
  /// How the runtime runs it.
  package enum Running: Sendable {
    /// In one task, batch by batch.
    case serial(@Sendable () -> any SerialWork)
    /// By workers that take whole batches.
    case batches(@Sendable () -> TransformWorker)
    /// By workers that take items.
    case items(any ItemBody)
  }

  package let definition: StageDefinition
  package let running: Running
  package let counters = StageCounters()
  package let workers: Int
  package let bounds: GatherBounds
  package let queue: (lines: Int, bytes: Int)
  let policy: Policy
  /// The work itself where it has something to check before the first line.
  let performer: (any Performer)?
  /// The stages of a group that runs for each item by itself.
  package let inner: [PlannedStage]

  package var name: String { definition.name }
  package var stageClass: StageClass { definition.manual.stageClass(for: definition.arguments) }

  init(
    _ definition: StageDefinition, _ running: Running, policy: Policy, workers: Int,
    bounds: GatherBounds, queue: (lines: Int, bytes: Int), performer: (any Performer)? = nil,
    inner: [PlannedStage] = []
  ) {
    self.definition = definition
    self.running = running
    self.policy = policy
    self.workers = workers
    self.bounds = bounds
    self.queue = queue
    self.performer = performer
    self.inner = inner
  }

  func failure(_ failure: Failure, at number: UInt64?, last: UInt64? = nil) -> StageFailure {
    StageFailure(
      stage: name, place: definition.place, number: number, lastNumber: last, failure: failure)
  }
}

/// Work that goes through the stream in one task.
package protocol SerialWork {
  /// Works on `batch` from `cursor` on.
  mutating func step(_ batch: Batch, _ cursor: inout Cursor) async -> Step
  /// What it holds, at the end of the stream; called until it is `used`.
  mutating func finish() async -> Step
}

/// What one step of work gave.
package struct Step: Sendable {
  package enum Status: Sendable {
    /// The batch is used up.
    case used
    /// There is more in it.
    case more
    /// It wants no more input.
    case enough
    case failed(StageFailure)
  }
  var outputs: [Output]
  var status: Status
}

/// What happens to an item that fails, from the common keys.
struct Policy: Sendable {
  enum Absorption: Sendable {
    case fail, skip, pass, collect
    case replace(Template)
    case deadLetter(SidePort)
  }
  var absorption = Absorption.fail
  var retry: RetryPolicy?
  var limits = Limits()
  var maxErrors: MaxErrors?
  var emitsInput = false
  var limiter: RateLimiter?
  /// Random draws are a function of this, the item's number and the attempt.
  var seed: UInt64 = 0
  var maxLine = Framing.defaultMaxLine

  var absorbs: Bool { if case .fail = absorption { false } else { true } }
  /// The largest result of one item that has to wait for the end of its attempt, in bytes.
  static let maxResult = 16 << 20

  /// Results can not leave before the attempt has ended.
  var holdsResults: Bool { absorbs || (retry?.attempts ?? 1) > 1 || emitsInput }
}
