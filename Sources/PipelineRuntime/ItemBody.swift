import Flow
import Lines
import Stages

/// What is done with one item in one attempt.
protocol ItemBody: Sendable {
  /// Gives results through `attempt`. Throws the failure of the stage, or of a stage inside it.
  func attempt(_ item: Item, _ attempt: ItemAttempt) async throws(ItemError)
}

/// A failure of the stage itself, or one that a stage inside it met.
enum ItemError: Error {
  case own(Failure)
  case inner(StageFailure)
}

/// A performer of the catalogue.
struct PerformerBody: ItemBody {
  let performer: any Performer

  func attempt(_ item: Item, _ attempt: ItemAttempt) async throws(ItemError) {
    do { try await performer.perform(item, attempt) } catch { throw .own(error) }
  }
}

/// A computation that has limits, attempts or a rate: item by item, looked at in between.
struct TransformBody: ItemBody {
  let make: @Sendable () -> any Transform
  let delimiter: UInt8

  func attempt(_ item: Item, _ attempt: ItemAttempt) async throws(ItemError) {
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
