import Flow
import Lines
import Stages
import Synchronization

/// What is lent to the work on one item: an attempt of a stage, or a branch of one.
protocol ItemScope: Attempt {
  /// What the lanes of a chain within the work share.
  var course: Course { get }
  /// By stage of a group: the item's turn.
  var turns: [String: Turn] { get }
  /// Later items need not wait for this work any more.
  func passTurns()
  /// Results together with what they cause beside the stream. As `emit`.
  func emit(_ results: Batch, effects: [Effect]) async -> Bool
  /// What is caused beside the stream without a result.
  func emit(effects: [Effect]) async -> Bool
}

extension ItemScope {
  var clock: any TimerClock { course.clock }
  var launcher: any Launcher { course.launcher }
  var client: any HTTPClient { course.client }

  func emit(_ results: Batch) async -> Bool { await emit(results, effects: []) }

  func sleep(for duration: Duration) async -> Bool {
    await clock.sleep(until: clock.now + duration, phase: .work, cancellation)
  }
}

/// A part of the work on an item whose results are kept until they are taken: a branch, or what
/// becomes a field.
final class KeptScope: ItemScope {
  /// How much the parts of one item may keep together, in bytes; more is `isOverdrawn`.
  final class Budget: Sendable {
    private let left = Mutex(Policy.maxResult)
    var isOverdrawn: Bool { left.withLock { $0 < 0 } }
    func spend(_ bytes: Int) -> Bool {
      left.withLock { left in
        left -= bytes
        return left >= 0
      }
    }
  }

  let cancellation: Cancellation
  let stage: String
  private let outer: any ItemScope
  private let line: UInt64?
  private let budget: Budget
  private let kept = Mutex((results: [Batch](), effects: [Effect]()))

  /// - Parameters:
  ///   - stage: the path that messages of children name.
  ///   - line: the input line of the item.
  ///   - cancellation: ends this part alone; the outer one does not reach it by itself.
  init(
    _ outer: any ItemScope, stage: String, line: UInt64?, _ cancellation: Cancellation,
    _ budget: Budget
  ) {
    self.outer = outer
    self.stage = stage
    self.line = line
    self.cancellation = cancellation
    self.budget = budget
  }

  /// What the work gave, and what it caused.
  var results: (batches: [Batch], effects: [Effect]) { kept.withLock { ($0.results, $0.effects) } }

  var course: Course { outer.course }
  var turns: [String: Turn] { outer.turns }
  var number: Int { outer.number }
  var ordinal: Int { outer.ordinal }
  func passTurns() { outer.passTurns() }
  func progress() { outer.progress() }
  var countsSilence: Bool { outer.countsSilence }
  func standStill(_ stands: Bool) { outer.standStill(stands) }
  func forward(errorLine: [UInt8]) { course.onErrorLine?(stage, line, errorLine) }

  func emit(_ results: Batch, effects: [Effect]) async -> Bool {
    progress()
    let bytes = effects.reduce(results.isEmpty ? 0 : results.weight) { $0 + $1.bytes }
    guard budget.spend(bytes), !cancellation.isCancelled else { return false }
    kept.withLock { kept in
      if !results.isEmpty { kept.results.append(results.compacted()) }
      kept.effects += effects
    }
    return true
  }

  func emit(effects: [Effect]) async -> Bool { await emit(Batch(), effects: effects) }
}
