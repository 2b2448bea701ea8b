import Flow
import Lines
import Stages

/// The two ends of a group that has an `if`: items for which it is false are marked at the first, pass
/// by every stage in between in their place, and lose the mark at the second.
struct BypassMark: SerialWork {
  let level: Int
  let stage: PlannedStage
  var predicate: any Predicate

  mutating func step(_ batch: Batch, _ cursor: inout Cursor) async -> Step {
    var marked = batch
    var failed: StageFailure?
    while cursor.item < batch.count, failed == nil {
      let index = cursor.item
      do throws(Failure) {
        if batch.bypass(index) == 0 && batch.kind(index) != .error,
          try !predicate.holds(batch, index)
        {
          marked.setBypass(level, at: index)
        }
        cursor.advance()
      } catch {
        failed = stage.failure(error, at: batch.number(index))
      }
    }
    let part = failed == nil ? marked : marked.slice(0..<cursor.item)
    var output = Output(batch: part)
    output.counts.taken = part.itemCount
    output.counts.given = part.itemCount
    return Step(outputs: [output], status: failed.map(Step.Status.failed) ?? .used)
  }

  mutating func finish() async -> Step { Step(outputs: [], status: .used) }
}

struct BypassEnd: SerialWork {
  let level: Int

  mutating func step(_ batch: Batch, _ cursor: inout Cursor) async -> Step {
    var batch = batch
    batch.clearBypass(level)
    cursor = Cursor(item: batch.count)
    var output = Output(batch: batch)
    output.counts.taken = batch.itemCount
    output.counts.given = batch.itemCount
    return Step(outputs: [output], status: .used)
  }

  mutating func finish() async -> Step { Step(outputs: [], status: .used) }
}
