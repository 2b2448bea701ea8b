import Flow
import Lines
import Stages

/// What is done with one item in one attempt.
protocol ItemBody: Sendable {
  /// Gives results through `attempt`. Throws the failure of the stage, or of a stage inside it.
  func attempt(_ item: Item, _ attempt: any ItemScope) async throws(ItemError)
}

/// A failure of the stage itself, or one that a stage inside it met.
enum ItemError: Error {
  case own(Failure)
  case inner(StageFailure)
}

/// A performer of the catalogue.
struct PerformerBody: ItemBody {
  let performer: any Performer

  func attempt(_ item: Item, _ attempt: any ItemScope) async throws(ItemError) {
    do { try await performer.perform(item, attempt) } catch { throw .own(error) }
  }
}

/// Work that is given a part of each item, or whose result becomes a field of it.
struct FieldBody: ItemBody {
  let body: any ItemBody
  let field: ItemField

  func attempt(_ item: Item, _ attempt: any ItemScope) async throws(ItemError) {
    var worker = field.worker()
    let given: Item
    do { given = try worker.given(item.batch, 0).item(0) } catch { throw .own(error) }
    guard worker.takesResult else { return try await body.attempt(given, attempt) }
    let budget = KeptScope.Budget()
    let scope = KeptScope(
      attempt, stage: attempt.stage, line: item.number, attempt.cancellation, budget)
    try await body.attempt(given, scope)
    if budget.isOverdrawn { throw .own(.fieldTooLarge) }
    let (results, effects) = scope.results
    var out = BatchBuilder(viewing: item.batch, delimiter: attempt.course.delimiter)
    do { try worker.put(results, for: item.batch, 0, into: &out) } catch { throw .own(error) }
    _ = await attempt.emit(out.take(covering: 0..<0), effects: effects)
  }
}

/// A computation that has limits, attempts or a rate: item by item, looked at in between.
struct TransformBody: ItemBody {
  let make: @Sendable () -> any Transform
  let delimiter: UInt8

  func attempt(_ item: Item, _ attempt: any ItemScope) async throws(ItemError) {
    var transform = make()
    var cursor = Cursor()
    var out = BatchBuilder(viewing: item.batch, delimiter: delimiter)
    while !attempt.cancellation.isCancelled {
      let progress: Progress
      var failure: Failure?
      do { progress = try transform.process(item.batch, &cursor, upTo: 1, into: &out) } catch {
        failure = error
        progress = .done
      }
      let results = out.take(covering: 0..<0)
      if !results.isEmpty, await !attempt.emit(results) { return }
      if let failure { throw .own(failure) }
      if progress != .full { return }
    }
  }
}
