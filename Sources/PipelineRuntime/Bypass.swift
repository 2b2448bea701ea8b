import Flow
import Lines
import Stages

/// The two ends of a group that some items are led around: they are marked at the first, pass by every
/// stage in between in their place, and lose the mark at the second.
struct BypassMark: SerialWork {
  let level: Int
  let stage: PlannedStage
  /// Of a group: error records pass by it. Of `rescue`: they are what it takes, each as a record like
  /// any other, and all else passes by.
  let takesErrors: Bool
  /// Items for which it is false are led around too; nil without an `if`.
  var predicate: (any Predicate)?

  mutating func step(_ batch: Batch, _ cursor: inout Cursor) async -> Step {
    var marked = Retagging(batch)
    var failed: StageFailure?
    while cursor.item < batch.count, failed == nil {
      let index = cursor.item
      do throws(Failure) {
        if batch.bypass(index) == 0 { try mark(index, of: &marked, like: batch) }
        cursor.advance()
      } catch {
        failed = stage.failure(error, at: batch.number(index))
      }
    }
    let part = failed == nil ? marked.changed : marked.changed.slice(0..<cursor.item)
    var output = Output(batch: part)
    output.counts.taken = part.itemCount
    output.counts.given = part.itemCount
    return Step(outputs: [output], status: failed.map(Step.Status.failed) ?? .used)
  }

  private mutating func mark(
    _ index: Int, of marked: inout Retagging, like batch: Batch
  ) throws(Failure) {
    let isError = batch.kind(index) == .error
    guard takesErrors else {
      if !isError, try !goesThrough(batch, index) { marked.setBypass(level, at: index) }
      return
    }
    if isError, try goesThrough(batch, index) {
      marked.setKind(.record, at: index)
    } else {
      marked.setBypass(level, at: index)
    }
  }

  private mutating func goesThrough(_ batch: Batch, _ index: Int) throws(Failure) -> Bool {
    try predicate?.holds(batch, index) ?? true
  }

  mutating func finish() async -> Step { Step(outputs: [], status: .used) }
}

struct BypassEnd: SerialWork {
  let level: Int

  mutating func step(_ batch: Batch, _ cursor: inout Cursor) async -> Step {
    let batch = batch.withoutBypass(level)
    cursor = Cursor(item: batch.count)
    var output = Output(batch: batch)
    output.counts.taken = batch.itemCount
    output.counts.given = batch.itemCount
    return Step(outputs: [output], status: .used)
  }

  mutating func finish() async -> Step { Step(outputs: [], status: .used) }
}

/// `rescue` item by item: what goes through its stages is a record like any other.
struct RescueBody: ItemBody {
  let body: any ItemBody

  func attempt(_ item: Item, _ attempt: any ItemScope) async throws(ItemError) {
    try await body.attempt(item.asRecord, attempt)
  }
}

extension Item {
  fileprivate var asRecord: Item { batch.asKind(.record).item(0) }
}
