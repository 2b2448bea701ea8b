import Flow
package import Lines
import PipelineModel
import Stages

/// What the lanes of one chain share: the outermost run, or one item's way through a group.
final class Course: Sendable {
  let clock: any TimerClock
  let launcher: any Launcher
  let client: any HTTPClient
  let shutdown: Shutdown
  let committer: any Committer
  let delimiter: UInt8
  /// By stage: what is shown what leaves it.
  let taps: [String: any Tap]
  let onErrorLine: ErrorLine?
  /// Nil where nobody wants to see what the workers are at.
  let trace: Trace?
  /// By stage: the turn of the item whose way this is, where permits go out in item order.
  let turns: [String: Turn]
  /// One item's way through a group: its counts and effects travel with its results.
  let isInner: Bool

  init(
    clock: any TimerClock, launcher: any Launcher, client: any HTTPClient, shutdown: Shutdown,
    committer: any Committer, delimiter: UInt8, taps: [String: any Tap], onErrorLine: ErrorLine?,
    trace: Trace?, turns: [String: Turn], isInner: Bool
  ) {
    self.clock = clock
    self.launcher = launcher
    self.client = client
    self.shutdown = shutdown
    self.committer = committer
    self.delimiter = delimiter
    self.taps = taps
    self.onErrorLine = onErrorLine
    self.trace = trace
    self.turns = turns
    self.isInner = isInner
  }

  /// What a chain inside one item's way shares.
  func inner(
    _ shutdown: Shutdown, _ committer: any Committer, _ turns: [String: Turn]
  ) -> Course {
    Course(
      clock: clock, launcher: launcher, client: client, shutdown: shutdown, committer: committer,
      delimiter: delimiter, taps: taps, onErrorLine: onErrorLine, trace: trace, turns: turns,
      isInner: true)
  }
}

extension Course {
  /// What a branch shares that is a stream, as the chain around it is.
  func branch(_ shutdown: Shutdown) -> Course {
    Course(
      clock: clock, launcher: launcher, client: client, shutdown: shutdown, committer: committer,
      delimiter: delimiter, taps: taps, onErrorLine: onErrorLine, trace: trace, turns: turns,
      isInner: isInner)
  }
}

/// Is shown every batch that leaves a stage, in order where the stage stands in the main stream.
package protocol Tap: Sendable {
  func show(_ batch: Batch) async
}

/// A line that a child wrote to its stderr: stage, input line, text.
package typealias ErrorLine = @Sendable (String, UInt64?, [UInt8]) -> Void

/// A failure that a policy absorbed, told in order as the item leaves.
package typealias AbsorbedFailure = @Sendable (StageFailure) -> Void

/// Lets what items cause beside the stream take effect.
protocol Committer: Sendable {
  /// Counts are committed at the stage as they come, so that an output without effects needs no
  /// `commit`, only `PlannedStage.commit`.
  var countsAtOnce: Bool { get }

  /// Commits effects and counts of an output that leaves `stage`; counts only when all effects have
  /// taken place. What went wrong, if the stage can not go on.
  func commit(_ output: Output, of stage: PlannedStage) async -> CommitFailure?
}

struct CommitFailure: Sendable {
  var failure: StageFailure
  /// How many items of the output, from its first, may still leave.
  var passed = 0
}

/// In the outermost chain effects take place as the items leave.
struct DirectCommitter: Committer {
  let delimiter: UInt8
  var onAbsorbed: AbsorbedFailure?
  var countsAtOnce: Bool { true }

  func commit(_ output: Output, of stage: PlannedStage) async -> CommitFailure? {
    for effect in output.effects {
      switch effect {
      case .count(let stage, let counts, let number):
        if let failure = stage.commit(counts, at: number) { return failure }
      case .write(let write):
        if let failure = await self.write(write, output, stage) { return failure }
      case .absorbed(let failure): onAbsorbed?(failure)
      }
    }
    return stage.commit(output.counts, at: output.number)
  }

  private func write(
    _ write: SideWrite, _ output: Output, _ stage: PlannedStage
  ) async -> CommitFailure? {
    do throws(SideFileFailure) {
      try await write.port.write(write.bytes, to: write.path, delimiter: delimiter)
      return nil
    } catch {
      let passed = min(write.item(at: error.written, delimiter: delimiter), output.batch.count)
      var failure = error.failure
      if let cause = write.failure {
        // The item that was to be put aside is neither dropped nor counted.
        failure.remedy = "the failure that was to be put aside: \(cause.failure.message)"
        return CommitFailure(failure: stage.failure(failure, at: cause.number))
      }
      let number = passed < output.batch.count ? output.batch.number(passed) : output.number
      return CommitFailure(failure: stage.failure(failure, at: number), passed: passed)
    }
  }
}

extension PlannedStage {
  /// Commits counts of items that leave in the outermost chain.
  func commit(_ counts: LineCounts, at number: UInt64?) -> CommitFailure? {
    if counters.commit(counts, limit: policy.maxErrors) { return nil }
    return CommitFailure(failure: failure(tooManyErrors(with: counts.absorbed), at: number))
  }

  /// With `more` than have been counted.
  func tooManyErrors(with more: Int) -> Failure {
    let absorbed = counters.snapshot.lines.absorbed + more
    return Failure(
      .stage, "\(absorbed) items have failed, more than its 'max_errors' allows",
      remedy: "see the failures with 'on_error: collect', or raise 'max_errors'")
  }

  /// Stages whose share of failed items is too large, judged when all items have left.
  var failureAtEnd: StageFailure? {
    if !counters.passesAtEnd(policy.maxErrors) { return failure(tooManyErrors(with: 0), at: nil) }
    for stage in inner { if let failure = stage.failureAtEnd { return failure } }
    return nil
  }
}

/// Inside an item's own run nothing takes effect yet: it travels with the item's results.
struct TravellingCommitter: Committer {
  let attempt: any ItemScope
  var countsAtOnce: Bool { false }

  func commit(_ output: Output, of stage: PlannedStage) async -> CommitFailure? {
    var effects = output.effects
    if output.counts != LineCounts() {
      effects.append(.count(stage, output.counts, number: output.number))
    }
    if !effects.isEmpty { _ = await attempt.emit(effects: effects) }
    return nil
  }
}
