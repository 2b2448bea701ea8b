import Flow
import Lines
import PipelineModel
import Stages
import Synchronization

/// One attempt at one item, as the work sees it.
final class ItemAttempt: ItemScope {
  let cancellation: Cancellation
  /// The place of the item among all that the stage was given, from 0.
  let ordinal: Int
  /// Which attempt at the item it is, from 1.
  let number: Int
  private let line: UInt64?
  private let turnstiles: Turnstiles
  private let gather: Gather<ItemSupply, Output, Cause>
  private let lane: Lane
  private let limits: LimitTimers?
  private let held = Mutex((bytes: 0, isTooLarge: false))
  /// How many wait for room: the stages of a group may at once. The attempt is not busy until none
  /// does, as its limits stand still until then.
  private let waiting = Mutex(0)

  init(
    _ number: Int, at ordinal: Int, of line: UInt64?,
    _ gather: Gather<ItemSupply, Output, Cause>, _ lane: Lane, _ cancellation: Cancellation,
    _ limits: LimitTimers?, _ turnstiles: Turnstiles
  ) {
    self.ordinal = ordinal
    self.turnstiles = turnstiles
    self.number = number
    self.line = line
    self.gather = gather
    self.cancellation = cancellation
    self.limits = limits
    self.lane = lane
  }

  var stage: String { lane.stage.name }
  /// What the lane shares with the others of its chain.
  var course: Course { lane.course }
  private var policy: Policy { lane.stage.policy }

  /// Results that have to wait for the end of the attempt have outgrown what may wait.
  var isTooLarge: Bool { held.withLock { $0.isTooLarge } }

  /// Results together with what they cause beside the stream.
  func emit(_ results: Batch, effects: [Effect]) async -> Bool {
    progress()
    if policy.emitsInput {
      return effects.isEmpty ? !cancellation.isCancelled : await give(Output(effects: effects))
    }
    var output = Output(batch: results, effects: effects)
    output.batch.covered = 0..<0
    output.counts.given = results.count
    return await give(output)
  }

  func emit(effects: [Effect]) async -> Bool { await give(Output(effects: effects)) }

  func forward(errorLine: [UInt8]) { course.onErrorLine?(stage, line, errorLine) }

  var turns: [String: Turn] { turnstiles.turns(ordinal, within: course.turns) }
  func passTurns() { turnstiles.pass(ordinal) }

  func progress() { if countsSilence { limits?.restartIdle() } }
  var countsSilence: Bool { policy.limits.idle != nil }

  func standStill(_ stands: Bool) {
    if stands { limits?.pause() } else { limits?.resume() }
  }

  private func give(_ output: Output) async -> Bool {
    let weight = output.bytes
    if policy.holdsResults {
      let fits = held.withLock { held in
        held.bytes += weight
        held.isTooLarge = held.bytes > Policy.maxResult
        return !held.isTooLarge
      }
      if !fits { return false }
    }
    var waited = false
    let goesOn = await gather.emit(ordinal, output, bytes: weight) {
      waited = true
      wait(1)
    }
    if waited { wait(-1) }
    return goesOn
  }

  private func wait(_ more: Int) {
    let (before, now) = waiting.withLock { waiting in
      defer { waiting += more }
      return (waiting, waiting + more)
    }
    if more > 0 { limits?.pause() } else { limits?.resume() }
    if before == 0 { lane.end(.busy) } else if now == 0 { lane.begin(.busy) }
  }
}
